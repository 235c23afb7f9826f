"""Joining ROS namespaces."""

from __future__ import annotations

from typing import Optional


def prefix_namespace(base: Optional[str], namespace: Optional[str]) -> Optional[str]:
    """Return `namespace` below `base` where it is relative; None where both are."""
    if namespace is None:
        joined = base
    elif not base or namespace.startswith('/'):
        joined = namespace
    else:
        joined = f"{'' if base == '/' else base}/{namespace}"
    return joined if joined in (None, '/') else joined.rstrip('/')


def make_namespace_absolute(namespace: Optional[str]) -> Optional[str]:
    """Return the namespace with a leading slash."""
    if namespace is None or namespace.startswith('/'):
        return namespace
    return f'/{namespace}'
