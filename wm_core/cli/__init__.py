"""`wm`: collect data, train a world model, evaluate it, plan with it, look at it."""

from wm_core.cli.app import main

__all__ = ["main"]
