"""The last gate before the controller. Shares no code with the model and imports no torch."""

from wm_core.safety.trajectory_filter import Following, TrajectoryFilter, Verdict, count_outside

__all__ = ["Following", "TrajectoryFilter", "Verdict", "count_outside"]
