"""The ROS 2 nodes of the planner and the guard: thin wrappers of `wm_core`."""
