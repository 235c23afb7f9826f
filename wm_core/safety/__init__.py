"""The last gate before the controller. Shares no code with the model and imports no torch."""

from wm_core.safety.audit import Excess, find_outside
from wm_core.safety.trajectory_filter import TrajectoryFilter
from wm_core.safety.verdict import Following, Verdict

__all__ = ["Excess", "Following", "TrajectoryFilter", "Verdict", "find_outside"]
