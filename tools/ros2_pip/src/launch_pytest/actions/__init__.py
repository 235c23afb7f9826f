"""Actions for launch tests."""

from .ready_to_test import ReadyToTest

__all__ = ['ReadyToTest']
