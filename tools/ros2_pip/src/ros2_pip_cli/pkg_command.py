"""Tell about packages."""

from __future__ import annotations

import argparse
from typing import Optional

from ament_index_python.packages import (
    PackageNotFoundError,
    get_package_prefix,
    get_package_share_directory,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can follow `ros2 pkg`."""
    verbs = parser.add_subparsers(title='Verbs', metavar='<verb>')
    prefix = verbs.add_parser('prefix', help='output the prefix path of a package')
    prefix.add_argument('package_name', help='name of the package')
    prefix.add_argument(
        '--share', action='store_true', help='output the share directory instead')
    prefix.set_defaults(main=prefix_main)


def prefix_main(args: argparse.Namespace) -> Optional[str]:
    """Print the path."""
    find = get_package_share_directory if args.share else get_package_prefix
    try:
        print(find(args.package_name))
    except (PackageNotFoundError, ValueError):
        return 'Package not found'
    return None
