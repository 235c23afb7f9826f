"""The `ros2` command: launch, run, pkg prefix, topic list|echo|hz, lifecycle get|set."""
