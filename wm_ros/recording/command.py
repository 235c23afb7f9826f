"""`ros2 run wm_ros wm_record`"""

from __future__ import annotations

import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from wm_core.cli.console import errors, kept_in, output, progress_bar
from wm_core.cli.running import run

if TYPE_CHECKING:
    import numpy as np

    from wm_core.config import RobotConfig
    from wm_core.kinematics.urdf_arm import UrdfArm
    from wm_core.training.recording import Recording
    from wm_ros.client import PlannerClient
    from wm_ros.recording.drive import Drive
    from wm_ros.recording.listener import Listener

_LOOKING = 0.05  # s between two looks at what has come
_DESCRIPTION = 10.0  # s to wait for robot_description, where the robot file names no URDF
_PLANNER = 30.0  # s to wait for a planner that takes goals
_NAME = "wm_record"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def record(
    out: Annotated[Path, typer.Option(help="Folder of the dataset; a recording that was stopped goes on.")],
    robot: Annotated[str, typer.Option(help="Robot: a name or the path of a YAML file, as of the launch file.")] = "panda",
    episodes: Annotated[int, typer.Option(min=1, help="Episodes in all, those of earlier times too.")] = 200,
    drive: Annotated[
        bool, typer.Option("--drive", help="Move the arm all over its workspace, through a planner and guard that run. Else somebody else moves it.")
    ] = False,
    camera_topic: Annotated[str, typer.Option(help="Camera images.")] = "camera/image_raw",
    joint_states_topic: Annotated[str, typer.Option(help="Measured joints.")] = "joint_states",
    namespace: Annotated[str, typer.Option(help="Of planner and topics.")] = "",
    image_transport: Annotated[Literal["raw", "compressed"], typer.Option(help="Pictures as they are, or on TOPIC/compressed.")] = "raw",
    image_reliability: Annotated[Literal["reliable", "best_effort"], typer.Option(help="QoS of the camera.")] = "reliable",
    camera_period: Annotated[float, typer.Option(min=0.005, max=1.0, help="Longest time between two frames of a working camera, s.")] = 0.1,
    steps: Annotated[int, typer.Option(min=8, help="Actions in one episode.")] = 40,
    step: Annotated[float, typer.Option(min=0.05, max=2.0, help="Time of one action, s: the model's step.")] = 0.2,
    max_step: Annotated[float, typer.Option(min=0.005, max=0.5, help="Longest way of the tool in a step, m.")] = 0.05,
    image_size: Annotated[int, typer.Option(min=16, max=256, help="Side of the stored frames, pixels, a multiple of 16.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of the ways that --drive goes.")] = 0,
) -> None:
    """Record what an arm and its camera do, as a dataset for `wm train`: tool motion, seen by one camera."""
    missing = [name for name in ("rclpy", "wm_interfaces") if find_spec(name) is None]
    if missing:
        raise ValueError(f"{' and '.join(missing)} cannot be imported: source ROS 2 and ros2_ws/install/setup.bash first")
    from wm_core.resources import find_robot
    from wm_core.training.recording import Recording, recording_manifest
    from wm_ros.client import PlannerClient
    from wm_ros.recording.cutter import Cut, EpisodeCutter
    from wm_ros.recording.listener import CameraSource, Listener
    from wm_ros.recording.session import Session
    from wm_ros.robot_source import load_robot

    if camera_period > step:
        raise typer.BadParameter(f"--camera-period {camera_period:g} s is above --step {step:g} s: a moment might have no picture")
    _check_names(namespace, camera_topic, joint_states_topic)
    known = find_robot(robot)
    recording = Recording(out, recording_manifest(known.name, episodes, steps, step, image_size, max_step))
    if recording.episodes >= episodes:  # nothing is waited for, and no arm moves
        _tell_end(recording, steps, out)
        return
    with PlannerClient(known.joint_names, namespace, name=_NAME) as client, kept_in(out, _NAME):
        arm = load_robot(client.node, robot, _DESCRIPTION)[1]
        source = CameraSource(camera_topic, image_transport, image_reliability)
        listener = Listener(client.node, known.joint_names, source, joint_states_topic)
        cutter = EpisodeCutter(arm, Cut(steps, step, camera_period, max_step, image_size))
        mover = _drive(client, known, arm, listener, seed, recording.episodes) if drive else None
        with closing(Session(recording, listener, cutter, mover)) as session, progress_bar() as progress:
            bar = progress.add_task("episodes", total=episodes, completed=recording.episodes, note="")
            while recording.episodes < episodes:
                time.sleep(_LOOKING)
                for said in session.look():
                    progress.console.print(f"{_NAME}: {said}", markup=False, highlight=False, soft_wrap=True)
                progress.update(bar, completed=recording.episodes, note=listener.problem())
    _tell_end(recording, steps, out)


def _check_names(namespace: str, *topics: str) -> None:
    from rclpy.exceptions import NameValidationException
    from rclpy.validate_namespace import validate_namespace
    from rclpy.validate_topic_name import validate_topic_name

    try:
        validate_namespace(f"/{namespace.removeprefix('/')}")  # as of a node, which may leave out the slash
        for topic in topics:
            validate_topic_name(topic)
    except NameValidationException as error:
        raise ValueError(" ".join(str(error).replace("^", "").split())) from error


def _tell_end(recording: Recording, steps: int, out: Path) -> None:
    output.print(f"{recording.episodes} episodes of {steps} actions in {out}", highlight=False, soft_wrap=True)


def _drive(client: PlannerClient, robot: RobotConfig, arm: UrdfArm, listener: Listener, seed: int, episode: int) -> Drive:
    from wm_ros.client import PlannerTimeout
    from wm_ros.recording.drive import Drive
    from wm_ros.recording.roaming import Roaming

    try:
        client.wait_until_active(_PLANNER)
    except PlannerTimeout as error:
        raise PlannerTimeout(f"{error}; --drive goes through planner and guard: start them first, as by arm_planner.launch.py") from error
    box = robot.workspace
    errors.print(
        f"{_NAME}: moves '{robot.name}' all over {box.lower} to {box.upper} m of its base; Ctrl-C brings it to rest",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip

    def tool() -> np.ndarray | None:
        joints = listener.joints
        return None if joints is None else arm.forward(joints.position).position

    return Drive(client, Roaming(box, seed, episode), tool)


def main() -> None:
    """Entry point of `wm_record`."""
    run(app, _NAME)
