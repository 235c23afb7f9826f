"""Run a launch file."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can follow `ros2 launch`."""
    parser.add_argument(
        '-n', '--noninteractive', action='store_true', default=not sys.stdin.isatty(),
        help='run without a terminal associated')
    parser.add_argument('-d', '--debug', action='store_true', help='be more verbose')
    parser.add_argument(
        '-s', '--show-args', '--show-arguments', action='store_true',
        help='show the arguments that may be given to the launch file')
    parser.add_argument(
        '-a', '--show-all-subprocesses-output', action='store_true',
        help='show the output of all processes, whatever the launch file says')
    parser.add_argument('package_name', help='name of a package, or path of a launch file')
    parser.add_argument('launch_file_name', nargs='?', help='name of the launch file')
    parser.add_argument(
        'launch_arguments', nargs='*', help="'<name>:=<value>' (for duplicates, last one wins)")
    parser.set_defaults(main=main)


def main(args: argparse.Namespace) -> int:
    """Launch the file, or show its arguments."""
    arguments = list(args.launch_arguments)
    if os.path.isfile(args.package_name):
        path = args.package_name
        if args.launch_file_name is not None:
            arguments.insert(0, args.launch_file_name)
    else:
        path = find_launch_file(args.package_name, args.launch_file_name)
    if args.show_all_subprocesses_output:
        os.environ['OVERRIDE_LAUNCH_PROCESS_OUTPUT'] = 'both'
    if args.show_args:
        return show_arguments(path)
    return launch_file(path, arguments, args.noninteractive, args.debug)


def find_launch_file(package_name: str, file_name: str) -> str:
    """Return the path of the one file of this name in the package's share directory."""
    try:
        share = get_package_share_directory(package_name)
    except (PackageNotFoundError, ValueError) as error:
        raise RuntimeError(f"Package '{package_name}' not found: {error}") from error
    found = [
        os.path.join(root, name)
        for root, _, names in os.walk(share) for name in names if name == file_name]
    if not found:
        raise RuntimeError(
            f"file '{file_name}' was not found in the share directory of package "
            f"'{package_name}' which is at '{share}'")
    if len(found) > 1:
        paths = ', '.join(f"'{path}'" for path in found)
        raise RuntimeError(
            f"file '{file_name}' was found more than once in the share directory of package "
            f"'{package_name}': [{paths}]")
    return found[0]


def parse_launch_arguments(arguments: list[str]) -> list[tuple[str, str]]:
    """Split '<name>:=<value>' texts; the last one of a name wins."""
    parsed: dict[str, str] = {}
    for argument in arguments:
        name, separator, value = argument.partition(':=')
        if not (name and separator and value):
            raise RuntimeError(
                f"malformed launch argument '{argument}', expected format '<name>:=<value>'")
        parsed[name] = value
    return list(parsed.items())


def launch_file(path: str, arguments: list[str], noninteractive: bool, debug: bool) -> int:
    """Launch the file with these arguments and return the exit code."""
    from launch import LaunchDescription, LaunchService
    from launch.actions import IncludeLaunchDescription

    include = IncludeLaunchDescription(
        path, launch_arguments=parse_launch_arguments(arguments))
    service = LaunchService(argv=arguments, noninteractive=noninteractive, debug=debug)
    service.include_launch_description(LaunchDescription([include]))
    return service.run()


def show_arguments(path: str) -> int:
    """Print the arguments that the launch file, and files it includes, declare."""
    from launch.launch_description_sources import get_launch_description_from_python_launch_file
    from launch.utilities import describe_substitutions

    description = get_launch_description_from_python_launch_file(str(Path(path)))
    arguments = description.get_launch_arguments()
    print("Arguments (pass arguments as '<name>:=<value>'):")
    for argument in arguments:
        mark = '*' if argument._conditionally_included else ''
        print(f"\n    '{argument.name}':{mark}\n        {argument.description}")
        if argument.default_value is not None:
            default = describe_substitutions(argument.default_value)
            print(f'        (default: {default})')
    if not arguments:
        print('\n  No arguments.')
    elif any(argument._conditionally_included for argument in arguments):
        print('\n* argument(s) which are only used if specific conditions occur')
    return 0
