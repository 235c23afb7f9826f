"""Tell about, and change, the states of lifecycle nodes."""

from __future__ import annotations

import argparse
import sys
from typing import Any, Optional

from .node import (
    APPEAR_SECONDS,
    DISCOVERY_SECONDS,
    absolute,
    cli_node,
    is_hidden,
    spin_for,
    spin_until,
)

ANSWER_SECONDS = 2.0
_GET_STATE = '/get_state'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can follow `ros2 lifecycle`."""
    verbs = parser.add_subparsers(title='Verbs', metavar='<verb>')
    get = verbs.add_parser('get', help='get the state of one or all lifecycle nodes')
    get.add_argument('node_name', nargs='?', help='name of the node; all if not given')
    get.set_defaults(main=get_main)
    change = verbs.add_parser('set', help='trigger a state transition')
    change.add_argument('node_name', help='name of the node')
    change.add_argument('transition', help='label or id of the transition')
    change.set_defaults(main=set_main)


def get_main(args: argparse.Namespace) -> Optional[str]:
    """Print the state of one node, or of all."""
    from lifecycle_msgs.srv import GetState

    with cli_node() as node:
        if args.node_name is not None:
            if not _appears(node, absolute(args.node_name)):
                return 'Node not found'
            names = [absolute(args.node_name)]
        else:
            spin_for(node, DISCOVERY_SECONDS)
            names = [name for name in _lifecycle_nodes(node) if not is_hidden(name)]
        for name in sorted(names):
            state = _call(node, GetState, f'{name}{_GET_STATE}').current_state
            prefix = '' if args.node_name is not None else f'{name}: '
            print(f'{prefix}{state.label} [{state.id}]')
    return None


def set_main(args: argparse.Namespace) -> Optional[str]:
    """Ask a node for a transition."""
    from lifecycle_msgs.srv import ChangeState, GetAvailableTransitions

    name = absolute(args.node_name)
    with cli_node() as node:
        if not _appears(node, name):
            return 'Node not found'
        found = _call(node, GetAvailableTransitions, f'{name}/get_available_transitions')
        available = [description.transition for description in found.available_transitions]
        wanted = [t for t in available if args.transition in (t.label, str(t.id))]
        if not wanted:
            return 'Unknown transition requested, available ones are:' + ''.join(
                f'\n- {t.label} [{t.id}]' for t in available)
        request = ChangeState.Request(transition=wanted[0])
        if _call(node, ChangeState, f'{name}/change_state', request).success:
            print('Transitioning successful')
        else:
            print('Transitioning failed', file=sys.stderr)
    return None


def _lifecycle_nodes(node: Any) -> list[str]:
    return [
        service[:-len(_GET_STATE)] for service, types in node.get_service_names_and_types()
        if service.endswith(_GET_STATE) and 'lifecycle_msgs/srv/GetState' in types]


def _appears(node: Any, name: str) -> bool:
    return spin_until(node, lambda: name in _lifecycle_nodes(node), APPEAR_SECONDS)


def _call(node: Any, service_type: type, name: str, request: Any = None) -> Any:
    """Call a service and return the response. A question (no `request`) is asked again when it gets no answer.

    A service may be found before the way back to us is, and its answer is then lost.
    """
    import rclpy

    client = node.create_client(service_type, name)
    client.wait_for_service()
    future = client.call_async(request or service_type.Request())
    rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_SECONDS if request is None else None)
    while not future.done():
        future = client.call_async(service_type.Request())
        rclpy.spin_until_future_complete(node, future, timeout_sec=ANSWER_SECONDS)
    return future.result()
