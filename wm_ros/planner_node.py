"""Lifecycle node `planner`: camera frames, joint states and a goal in, proposals for the guard out.

Configure loads the model, activate starts the planning thread. Nothing but diagnostics is published unless active.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import Sequence

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from wm_core.history import ObservationHistory
from wm_ros.goal_run import Clocks, RunSettings
from wm_ros.goal_server import GoalServer, Session
from wm_ros.guard_watch import GuardWatch
from wm_ros.health import HealthReporter
from wm_ros.parameters import ParameterError, declare_parameters, read_parameters
from wm_ros.paired_views import PairedViews
from wm_ros.planner_inputs import CAMERA, WATCH_CAMERA, PlannerInputs
from wm_ros.planner_loop import PlannerLoop
from wm_ros.planner_parameters import PlannerParameters
from wm_ros.planner_tools import PlannerTools, explain
from wm_ros.planner_topics import PlannerTopics
from wm_ros.process import StartupError, run
from wm_ros.rates import check_rates, slow_plans
from wm_ros.twins import has_living_twin

# s of frames for the gate: it is shown one a model step, also of the time that a slow plan takes
_REMEMBER = 1.0


class PlannerNode(LifecycleNode):
    """Wires the planner loop to topics and to the lifecycle."""

    def __init__(self) -> None:
        """Raises `StartupError`."""
        super().__init__("planner")
        self._health = HealthReporter(self, "planner")
        try:
            declare_parameters(self, PlannerParameters, read_only=False)
        except ParameterError as error:
            raise StartupError(f"planner: {error}") from error
        self._tools: PlannerTools | None = None
        self._topics: PlannerTopics | None = None
        self._inputs: PlannerInputs | None = None
        self._loop: PlannerLoop | None = None
        self._goals = GoalServer(self, self._health)
        self._health.ok("lifecycle", "unconfigured")

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Loads everything; on failure the node says why and stays unconfigured."""
        started = time.monotonic()
        try:
            self._settings = read_parameters(self, PlannerParameters)
            self._tools = self._load()
            check_rates(self._settings, self._tools)
            self._inputs = self._make_inputs(self._settings, self._tools)
            self._guard = GuardWatch(self._settings.rejection_time)
            self._topics = PlannerTopics(self, self._health, self._settings, self._tools, self._inputs, self._guard)
        except Exception as error:  # a missing file or a damaged one raises anything; all of it is for the user
            self._health.error("configure", explain(error))
            return TransitionCallbackReturn.FAILURE
        self._health.clear("configure")
        self._health.ok("gate", self._gate())
        if not self._tools.sees:
            self._health.ok(CAMERA, "not needed: there is no model to look")
        self._health.ok("obstacles", ", ".join(box.name for box in self._tools.obstacles) or "none are declared")
        if self._tools.doubts:
            self._health.warn("robot", "; ".join(self._tools.doubts))
        else:
            self._health.ok("robot", "its file fits its URDF")
        self._health.ok("lifecycle", "inactive")
        slow = slow_plans(self._settings, self._tools)
        if slow is not None:
            self.get_logger().warning(slow)
        self.get_logger().info(f"configured for '{self._tools.name}' in {time.monotonic() - started:.1f} s")
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Starts the planning thread, unless another node bears this name."""
        if has_living_twin(self):
            name = self.get_fully_qualified_name()
            self._health.error("lifecycle", f"another node is named {name}: activation refused, end the other one")
            return TransitionCallbackReturn.FAILURE
        chosen = self._settings
        settings = RunSettings(
            chosen.horizon,
            chosen.take_over,
            chosen.rest_speed,
            chosen.settle_time,
            chosen.no_progress_time,
            chosen.no_progress_time_object,
            chosen.camera_period,
        )
        clocks = Clocks(self._topics.now, time.monotonic)
        self._topics.active = True
        self._loop = PlannerLoop(
            self._tools, self._inputs, self._guard, self._topics, settings, clocks, chosen.replan_period
        )
        self._goals.open(Session(self._loop, self._tools, chosen.goal_defaults()))
        self._health.ok("lifecycle", "active")
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Ends the goal and proposes a stop."""
        self._stop("the planner was deactivated")
        self._health.ok("lifecycle", "inactive")
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Frees the model."""
        self._unload()
        self._health.ok("lifecycle", "unconfigured")
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """From any state."""
        self.close()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """A transition raised: back to unconfigured."""
        self.close()
        self._health.error("lifecycle", "a transition failed; the node is unconfigured again")
        return TransitionCallbackReturn.SUCCESS

    def failed(self, error: Exception) -> None:
        """A callback raised; the planning thread goes on."""
        self._health.error("callbacks", f"exception: {type(error).__name__}: {error}")

    def close(self) -> None:
        """Ends the goal, proposes a stop, stops the thread."""
        self._stop("the planner is shutting down")
        self._unload()

    def destroy_node(self) -> None:
        """The action server is not the node's own to destroy."""
        self._goals.destroy()
        super().destroy_node()

    def _load(self) -> PlannerTools:
        # Late, and only here: torch takes seconds to import, and an unconfigured node does not need it.
        from wm_ros.planner_load import load_tools

        return load_tools(self, self._settings)

    @staticmethod
    def _make_inputs(parameters: PlannerParameters, tools: PlannerTools) -> PlannerInputs:
        period, remember = parameters.camera_period, 0.0 if tools.gate is None else _REMEMBER
        moments = partial(ObservationHistory, tools.history, tools.step, period)
        paired = None
        if tools.views > 1:
            # A working second camera has a picture within half of its period of every moment.
            paired = PairedViews(WATCH_CAMERA, moments(), 0.5 * period, parameters.max_frame_age, remember)
        return PlannerInputs(
            moments() if tools.sees else None,
            parameters.max_frame_age,
            parameters.max_state_age,
            parameters.frozen_after,
            tools.gripper,
            remember=remember,
            watched=ObservationHistory(1, tools.step, period) if tools.looks_twice else None,
            paired=paired,
        )

    def _gate(self) -> str:
        if self._tools.gate is None:
            return "none"
        return f"watches through {'two cameras' if self._tools.watches else 'one camera'} while a goal is pursued"

    def _stop(self, why: str) -> None:
        self._goals.close()
        if self._loop is not None:
            self._loop.close(why)
            self._loop = None
        if self._topics is not None:
            self._topics.active = False

    def _unload(self) -> None:
        if self._topics is not None:
            self._topics.destroy()
        self._topics = self._inputs = self._tools = None


def main(args: Sequence[str] | None = None) -> None:
    """Entry point."""
    # Before torch is loaded: a spinning OpenMP thread turns a plan of 40 ms into one of a second on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # The planning thread asks for the interpreter after each of its hundreds of torch calls; by default it would then
    # wait up to 5 ms for a callback that is running.
    sys.setswitchinterval(0.0005)
    sys.exit(run(PlannerNode, args))


if __name__ == "__main__":
    main()
