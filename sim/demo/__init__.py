"""Launches the simulated arm and drives it to three goals through the public ROS interface."""
