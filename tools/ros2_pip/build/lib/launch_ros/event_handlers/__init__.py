"""Handlers for events of ROS nodes."""

from .on_state_transition import OnStateTransition

__all__ = ['OnStateTransition']
