"""The last gate before the controller. Shares no code with the model and imports no torch."""

from wm_core.safety.audit import Excess, find_outside
from wm_core.safety.body import Body
from wm_core.safety.clearance import Clearance
from wm_core.safety.gripper_filter import GripperFilter, split_fingers
from wm_core.safety.trajectory_filter import TrajectoryFilter
from wm_core.safety.verdict import Following, Rejected, Verdict

__all__ = [
    "Body",
    "Clearance",
    "Excess",
    "Following",
    "GripperFilter",
    "Rejected",
    "TrajectoryFilter",
    "Verdict",
    "find_outside",
    "split_fingers",
]
