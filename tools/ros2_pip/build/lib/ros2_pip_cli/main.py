"""Entry point of the `ros2` command."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Optional, Sequence, Union

from . import launch_command, lifecycle_command, pkg_command, run_command, topic_command

_COMMANDS = {
    'launch': launch_command,
    'lifecycle': lifecycle_command,
    'pkg': pkg_command,
    'run': run_command,
    'topic': topic_command,
}


def main(argv: Optional[Sequence[str]] = None) -> Union[int, str, None]:
    """Run the command line; return the exit code, or the text of an error."""
    parser = argparse.ArgumentParser(
        prog='ros2', description='The part of the ros2 command that this project uses.')
    parser.set_defaults(main=None)
    commands = parser.add_subparsers(title='Commands', metavar='<command>')
    for name, module in _COMMANDS.items():
        description = module.__doc__.strip().splitlines()[0]
        command = commands.add_parser(name, help=description, description=description)
        command.set_defaults(parser=command)
        module.add_arguments(command)
    args = parser.parse_args(argv)
    sys.stdout.reconfigure(line_buffering=True)
    if args.main is None:
        getattr(args, 'parser', parser).print_help()
        return 0
    try:
        return args.main(args)
    except KeyboardInterrupt:
        return int(signal.SIGINT)
    except RuntimeError as error:
        return str(error)
