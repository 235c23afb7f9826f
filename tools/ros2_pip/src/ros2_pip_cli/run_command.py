"""Run an executable of a package."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
from typing import Optional, Union

from ament_index_python.packages import PackageNotFoundError, get_package_prefix


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can follow `ros2 run`."""
    parser.add_argument('package_name', help='name of the package')
    parser.add_argument('executable_name', help='name of the executable')
    parser.add_argument(
        'argv', nargs=argparse.REMAINDER, help='arguments for the executable')
    parser.set_defaults(main=main)


def main(args: argparse.Namespace) -> Union[int, str]:
    """Run the executable and return its exit code."""
    path = find_executable(args.package_name, args.executable_name)
    return 'No executable found' if path is None else run(path, args.argv)


def find_executable(package_name: str, executable_name: str) -> Optional[str]:
    """Return the path of the one executable of this name, None if there is none."""
    try:
        prefix = get_package_prefix(package_name)
    except (PackageNotFoundError, ValueError) as error:
        raise RuntimeError(f"Package '{package_name}' not found") from error
    paths = [
        os.path.join(root, executable_name)
        for root, _, names in os.walk(os.path.join(prefix, 'lib', package_name))
        if executable_name in names]
    paths = [path for path in paths if os.access(path, os.X_OK)]
    if len(paths) > 1:
        raise RuntimeError('Multiple executables found:' + ''.join(f'\n- {p}' for p in paths))
    return paths[0] if paths else None


def run(path: str, argv: list[str]) -> int:
    """Run the program to its end; SIGTERM is passed on to it."""
    process = subprocess.Popen([path, *argv])
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while process.returncode is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            pass  # the terminal sent it to the process too, which is to end by itself
    code = process.returncode
    if code < 0:
        print('[ros2run]:', signal.strsignal(-code))
    elif code > 0:
        print(f'[ros2run]: Process exited with failure {code}')
    return code
