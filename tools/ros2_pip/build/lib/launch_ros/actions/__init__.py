"""Actions for ROS nodes."""

from .lifecycle_node import LifecycleNode
from .node import Node
from .push_ros_namespace import PushROSNamespace
from .set_parameter import SetParameter

PushRosNamespace = PushROSNamespace

__all__ = ['LifecycleNode', 'Node', 'PushROSNamespace', 'PushRosNamespace', 'SetParameter']
