"""World-model planning without ROS: torch, numpy and Pinocchio."""
