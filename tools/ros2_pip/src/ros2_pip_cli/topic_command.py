"""Tell about topics."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Optional

from . import topic_echo, topic_hz
from .node import (
    APPEAR_SECONDS,
    DISCOVERY_SECONDS,
    absolute,
    cli_node,
    is_hidden,
    spin_for,
    spin_until,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can follow `ros2 topic`."""
    verbs = parser.add_subparsers(title='Verbs', metavar='<verb>')
    listing = verbs.add_parser('list', help='output a list of available topics')
    listing.add_argument('-t', '--show-types', action='store_true', help='show types too')
    listing.set_defaults(main=list_main)
    echo = verbs.add_parser('echo', help='output messages from a topic')
    echo.add_argument('topic_name', help="name of the topic, e.g. '/chatter'")
    echo.add_argument('message_type', nargs='?', help="e.g. 'std_msgs/msg/String'")
    echo.add_argument('--once', action='store_true', help='exit after the first message')
    echo.set_defaults(main=echo_main)
    hz = verbs.add_parser('hz', help='print the average publishing rate')
    hz.add_argument('topic_name', help="name of the topic, e.g. '/chatter'")
    hz.set_defaults(main=hz_main)


def list_main(args: argparse.Namespace) -> None:
    """Print the topics that are not hidden."""
    with cli_node() as node:
        spin_for(node, DISCOVERY_SECONDS)
        for name, types in sorted(node.get_topic_names_and_types()):
            if not is_hidden(name):
                print(f"{name} [{', '.join(types)}]" if args.show_types else name)


def echo_main(args: argparse.Namespace) -> None:
    """Print messages as YAML."""
    name = absolute(args.topic_name)
    with cli_node() as node:
        message_type = find_message_type(node, name, args.message_type)
        topic_echo.echo(node, name, message_type, once=args.once)


def hz_main(args: argparse.Namespace) -> None:
    """Print the rate every second."""
    name = absolute(args.topic_name)
    with cli_node() as node:
        topic_hz.print_rate(node, name, find_message_type(node, name, None))


def find_message_type(node, topic: str, type_name: Optional[str]) -> type:
    """Return the class of the messages of a topic, asking the graph where it is not given."""
    if type_name is None:
        types = {}

        def known() -> bool:
            types.update(node.get_topic_names_and_types())
            return topic in types

        if not spin_until(node, known, APPEAR_SECONDS):
            raise RuntimeError('Could not determine the type for the passed topic')
        type_name = types[topic][0]
    try:
        package, *middle, message = type_name.split('/')
        return getattr(import_module('.'.join([package, *(middle or ['msg'])])), message)
    except (AttributeError, ImportError, ValueError) as error:
        raise RuntimeError('The passed message type is invalid') from error
