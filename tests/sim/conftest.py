"""Makes tabletops, and drives their tools by ground truth."""

import numpy as np
import pytest

from sim.environment import PandaTabletop
from wm_core.types import Command, Pose


@pytest.fixture(scope="module")
def tabletop():
    """Makes environments with small pictures, each set of options once a module."""
    made = {}

    def make(**options):
        key = tuple(sorted(options.items()))
        if key not in made:
            made[key] = PandaTabletop(**{"image_size": 48, **options})
        return made[key]

    yield make
    for environment in made.values():
        environment.close()


@pytest.fixture(scope="session")
def go():
    """Steps the tool toward a point (3,) m until it is within 5 mm of it; returns the observations and what was felt."""

    def run(environment, point, gripper=0, speed=0.03, most=30):
        seen, felt = [], []
        while not seen or (np.linalg.norm(point - environment.tool_position()) > 0.005 and len(seen) < most):
            way = np.asarray(point) - environment.tool_position()
            aim = environment.tool_position() + way * min(1.0, speed / max(np.linalg.norm(way), 1e-9))
            joints = environment.observe().joints.position
            pose = Pose(aim, np.array(environment.robot.tool_orientation))
            seen.append(environment.step(Command(environment.kinematics.inverse(pose, joints), gripper), 0.2))
            felt.append(environment.felt())
        return seen, felt

    return run
