"""Obstacles that were declared: what touches them, what it costs, and the way around."""

from pathlib import Path

import numpy as np
import pytest
import torch

from wm_core.config import BoxConfig, ConfigError, PlannerConfig, RobotConfig, parse_config
from wm_core.planning import MpcPlanner
from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.detours import detours, with_detours
from wm_core.planning.objectives import Obstacles
from wm_core.planning.prior import Guesses
from wm_core.protocols import Candidates, Objective
from wm_core.types import Goal, PlannerState, Pose

WALL = BoxConfig(lower=(0.4, -0.03, 0.0), upper=(0.6, 0.03, 0.25))  # m, as reach_around has it
QUICK = PlannerConfig(deadline=60.0, horizon=8)


@pytest.fixture(scope="module")
def batched(arm):
    return BatchedKinematics(arm.chain())


def at(arm, robot, position):
    """(J,) rad with the tool there, pointing down."""
    return arm.inverse(Pose(np.array(position), np.array(robot.tool_orientation)), np.array(robot.home))


def moving(start, end, steps=1):
    """One candidate from `start` to `end`, (J,) rad, in equal steps."""
    path = torch.tensor(np.linspace(start, end, steps + 1)[1:], dtype=torch.float32)[None]
    nothing = torch.zeros(1, steps, 3)
    return Candidates(nothing, path, nothing, nothing, nothing, torch.tensor(start, dtype=torch.float32))


def with_one_sphere(robot, radius=0.02):
    """The same arm with a body of one sphere, in the middle of its flange."""
    sphere = {"joint": "panda_joint7", "offset": (0.0, 0.0, 0.107), "radius": radius}
    return RobotConfig.model_validate(robot.model_dump() | {"body": (sphere,)})


class TestBody:
    def test_points_are_where_the_tool_is(self, arm, batched):
        # The tool as a point of the last joint's frame: the last placement of the chain.
        offset = torch.tensor(arm.chain().placements[-1][:3, 3], dtype=torch.float32)
        joints = np.random.default_rng(0).uniform(arm.lower, arm.upper, (5, 2, 7))
        carried = [torch.zeros(0, 3)] * 6 + [torch.stack([offset, offset])]
        points = batched.points(torch.tensor(joints, dtype=torch.float32), carried)
        assert points.shape == (5, 2, 2, 3)
        assert points[3, 1, 0].numpy() == pytest.approx(arm.forward(joints[3, 1]).position, abs=1e-5)

    def test_points_of_the_first_joint_turn_about_the_vertical(self, batched):
        # Joint 1 is 0.333 m above the base; a quarter turn brings x to y.
        carried = [torch.tensor([[0.1, 0.0, 0.0]])] + [torch.zeros(0, 3)] * 6
        point = batched.points(torch.tensor([torch.pi / 2, 0, 0, 0, 0, 0, 0]), carried)
        assert point[0].numpy() == pytest.approx([0.0, 0.1, 0.333], abs=1e-5)

    def test_a_sphere_at_an_unknown_joint_is_refused(self, robot):
        data = robot.model_dump() | {"body": ({"joint": "elbow", "offset": (0, 0, 0), "radius": 0.1},)}
        with pytest.raises(ConfigError, match="'elbow', which is not in joint_names"):
            parse_config(RobotConfig, data, "arm.yaml")

    def test_the_pandas_spheres_hold_its_collision_meshes(self, robot):
        # What the simulator collides with: hand and fingers, from shut to open, sit on link 7 (see the URDF).
        half = 0.5**0.5
        turn = np.array([[half, half, 0.0], [-half, half, 0.0], [0.0, 0.0, 1.0]])
        finger, other = mesh("finger"), mesh("finger") * [-1.0, -1.0, 1.0]
        fingers = [part + [0.0, side * q, 0.0584] for q in (0.0, 0.04) for side, part in ((1, finger), (-1, other))]
        on_flange = np.concatenate([mesh("hand"), *fingers]) @ turn.T + [0.0, 0.0, 0.107]
        parts = {5: mesh("link5"), 6: mesh("link6"), 7: np.concatenate([mesh("link7"), on_flange])}
        for number, vertices in parts.items():
            spheres = [sphere for sphere in robot.body if sphere.joint == f"panda_joint{number}"]
            away = [np.linalg.norm(vertices - sphere.offset, axis=1) - sphere.radius for sphere in spheres]
            assert np.min(away, axis=0).max() < 0.005  # m, well inside Obstacles.margin


def mesh(name):
    """(N, 3) m, the vertices of one of the Panda's collision meshes."""
    import pybullet_data

    text = (Path(pybullet_data.getDataPath()) / "franka_panda" / "meshes" / "collision" / f"{name}.obj").read_text()
    return np.array([line.split()[1:4] for line in text.splitlines() if line.startswith("v ")], dtype=float)


class TestCost:
    def test_it_keeps_the_contract(self, robot, batched):
        assert isinstance(Obstacles(1.0, batched, robot, [WALL]), Objective)

    def test_a_robot_without_a_body(self, robot, batched):
        with pytest.raises(ValueError, match="has no body"):
            Obstacles(1.0, batched, robot.model_copy(update={"body": ()}), [WALL])

    def test_by_hand(self, arm, robot, batched):
        # The flange is 0.105 m above a tool that points down. A sphere of 2 cm there, with a box that ends 4 cm above it:
        # 2 cm are between them, 0.5 cm less than the clearance of 2.5 cm, all along a step that stands still.
        joints = at(arm, robot, (0.5, 0.0, 0.2))
        box = BoxConfig(lower=(0.4, -0.1, 0.305 + 0.04), upper=(0.6, 0.1, 0.9))
        term = Obstacles(1.0, batched, with_one_sphere(robot), [box])
        assert float(term.gap(torch.tensor(joints, dtype=torch.float32))) == pytest.approx(0.02, abs=3e-4)
        assert term.cost(moving(joints, joints)).tolist() == pytest.approx([0.005], abs=3e-4)
        # 1 cm nearer it touches, at each of the three moments that are looked at
        nearer = BoxConfig(lower=(0.4, -0.1, 0.305 + 0.029), upper=(0.6, 0.1, 0.9))
        assert float(Obstacles(1.0, batched, with_one_sphere(robot), [nearer]).cost(moving(joints, joints))) > 3e4 - 1

    def test_the_nearest_of_several_boxes_counts(self, arm, robot, batched):
        joints = torch.tensor(at(arm, robot, (0.5, 0.2, 0.15)), dtype=torch.float32)
        far = BoxConfig(lower=(-0.6, -0.5, 0.0), upper=(-0.5, -0.4, 0.1))
        alone, both = (Obstacles(1.0, batched, robot, boxes).gap(joints) for boxes in ([WALL], [far, WALL]))
        assert float(both) == float(alone)

    def test_passing_through_between_two_clear_moments_is_touching(self, arm, robot, batched):
        # A sheet of 2 mm halfway along 10 cm: both ends of the step are 3 cm from it with the sphere, its middle is in it.
        ends = [at(arm, robot, (0.5, y, 0.3)) for y in (-0.05, 0.05)]
        sheet = BoxConfig(lower=(0.3, -0.001, 0.0), upper=(0.7, 0.001, 0.9))
        term = Obstacles(1.0, batched, with_one_sphere(robot), [sheet])
        assert all(float(term.gap(torch.tensor(end, dtype=torch.float32))) > 0.02 for end in ends)
        assert float(term.cost(moving(*ends))) > Obstacles.touch_cost


class TestDetours:
    def test_legs(self):
        ways = detours(8)
        assert ways.shape == (48, 8, 3) and len(ways.unique(dim=0)) == 48
        assert torch.equal(ways.norm(dim=-1), torch.ones(48, 8))  # full speed
        up_then_left = torch.tensor([[0.0, 0.0, 1.0]] * 4 + [[0.0, 1.0, 0.0]] * 4)
        assert any(torch.equal(way, up_then_left) for way in ways)
        assert detours(1).shape == (48, 1, 3)  # no room for a second leg

    def test_beside_a_prior(self):
        generator = torch.Generator().manual_seed(0)
        alone = with_detours(None, 40, 8, 4, generator)
        assert alone.modes == () and alone.samples.shape == (20, 8, 4) and not alone.samples[..., 3].any()
        prior = Guesses((torch.ones(8, 3),), torch.full((30, 8, 3), 0.3))
        both = with_detours(prior, 40, 8, 3, generator)
        # 30 and half of 40 are more than 40: ten of the prior's give way
        assert both.modes == prior.modes and both.samples.shape == (40, 8, 3)
        assert torch.equal(both.samples[:20], prior.samples[:20])


class TestPlanner:
    @pytest.mark.parametrize("seed", range(20))
    def test_it_gets_around_without_touching(self, robot, arm, fakes, batched, seed):
        random = np.random.default_rng(seed)
        side = random.choice([-1.0, 1.0])
        start, goal = (
            np.array([0.5 + random.uniform(-0.06, 0.06), way * random.uniform(0.17, 0.22), random.uniform(0.1, 0.18)])
            for way in (side, -side)
        )
        planner = MpcPlanner(robot, arm, QUICK, fakes.LinearWorldModel(arm), threads=1).with_obstacles([WALL])
        gap = Obstacles(1.0, batched, robot, [WALL]).gap
        joints, state, target = at(arm, robot, start), PlannerState(seed=seed), Goal(image=fakes.goal_image(goal))
        for row in range(25):
            plan, state = planner.plan([fakes.observe(joints, 0.2 * row)] * 2, target, state)
            between = np.linspace(joints, plan.joint_path[0], 9)
            assert float(gap(torch.tensor(between, dtype=torch.float32)).min()) > 0.005
            joints = plan.joint_path[0]
            if np.linalg.norm(arm.forward(joints).position - goal) < 0.02:
                return
        pytest.fail(f"{100 * np.linalg.norm(arm.forward(joints).position - goal):.1f} cm are left")

    def test_without_a_way_it_stays(self, robot, arm, fakes, batched):
        # Joint goals are not helped around: straight through the wall is refused, and what is left is safe.
        planner = MpcPlanner(robot, arm, QUICK, threads=1, obstacles=[WALL])
        gap = Obstacles(1.0, batched, robot, [WALL]).gap
        joints, state = at(arm, robot, (0.5, 0.2, 0.12)), PlannerState(seed=0)
        target = Goal(joints=at(arm, robot, (0.5, -0.2, 0.12)))
        for row in range(8):
            plan, state = planner.plan([fakes.observe(joints, 0.2 * row)], target, state)
            path = torch.tensor(np.vstack([joints, plan.joint_path]), dtype=torch.float32)
            assert float(gap(path).min()) > 0.005
            joints = plan.joint_path[0]

    def test_without_obstacles_nothing_changes(self, robot, arm, home, fakes):
        planner = MpcPlanner(robot, arm, QUICK, fakes.LinearWorldModel(arm), threads=1)
        goal = Goal(image=fakes.goal_image([0.5, 0.2, 0.2]))
        plans = [
            each.plan([fakes.observe(home, 0.0)] * 2, goal, PlannerState(3))[0]
            for each in (planner, planner.with_obstacles([WALL]).with_obstacles([]))
        ]
        assert np.array_equal(plans[0].joint_path, plans[1].joint_path)
        assert "obstacles" not in {term.name for term in plans[0].terms}

    def test_among_obstacles_a_small_budget_grows_to_the_least_and_a_large_one_stays(self, robot, arm):
        small, large = (PlannerConfig(samples=size, iterations=5, horizon=size // 8) for size in (32, 512))
        sizes = [MpcPlanner(robot, arm, config, obstacles=[WALL]).config for config in (small, large)]
        assert [(size.samples, size.iterations, size.horizon) for size in sizes] == [(128, 5, 8), (512, 5, 64)]
        assert MpcPlanner(robot, arm, small).config == small

    def test_another_model_keeps_the_obstacles(self, robot, arm, fakes):
        planner = MpcPlanner(robot, arm, QUICK, threads=1, obstacles=[WALL])
        assert planner.with_world_model(fakes.LinearWorldModel(arm)).obstacles == (WALL,)
