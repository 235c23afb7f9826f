"""A small stand-in for ROS 2's `launch_pytest`: launch tests with pytest; see `launch`.

    @launch_pytest.fixture
    def bringup():
        return launch.LaunchDescription([..., launch_pytest.actions.ReadyToTest()])

    @pytest.mark.launch(fixture=bringup)
    def test_it(bringup, launch_context):
        ...

A test may be a function (run in a thread, while launch runs), a coroutine, or a generator of
either kind that yields once: what follows runs after the launched system was shut down. So
does a test with `@pytest.mark.launch(fixture=..., shutdown=True)`.
"""

from . import actions, tools
from .fixture import fixture

__all__ = ['actions', 'fixture', 'tools']
