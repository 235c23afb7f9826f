"""What the simulator node begins with."""

from __future__ import annotations

from dataclasses import dataclass

from sim.bench import Bench
from sim.camera import CameraView
from sim.look import Look
from sim.part import WORK_PIECE
from sim.scene import Scene
from sim.tasks import TASKS
from wm_core.config import BoxConfig
from wm_core.kinematics.urdf_arm import load_arm
from wm_core.resources import find_robot


@dataclass(frozen=True, eq=False)
class Workplace:
    """A scene as it is at first, and the camera that looks at it."""

    scene: Scene
    view: CameraView


def make_workplace(task: str, seed: int, gui: bool, obstacles: tuple[BoxConfig, ...] = ()) -> Workplace:
    """task: 'tabletop', the arm at home and a light cube somewhere; else a task as `PandaTabletop(task).reset(seed)`
    sets it out, without its goal. obstacles: stand there too, whatever else is at their place.
    """
    workplace = _set_out(task, seed, gui)
    workplace.scene.obstacles.place(obstacles)
    return workplace


def _set_out(task: str, seed: int, gui: bool) -> Workplace:
    if task == "tabletop":
        scene = Scene(gui)
        scene.reset(seed)
        return Workplace(scene, CameraView())
    robot, chosen = find_robot("panda"), TASKS[task]()
    bench = Bench(robot, load_arm(robot), (), 1, gui)
    bench.load(WORK_PIECE, Look())
    chosen.begin(bench, seed)
    return Workplace(bench.scene, chosen.view)
