"""The kernel of tool motion, compiled for the CPU: it makes what tensors make, and keeps every limit where it goes its own way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from wm_core.planning.batched_kinematics import BatchedKinematics
from wm_core.planning.tool_motion import ToolMotion

HORIZON, STEP, MAX_STEP, COUNT = 6, 0.2, 0.05, 4000


@pytest.fixture(scope="module")
def kinematics(arm):
    return BatchedKinematics(arm.chain())


@pytest.fixture(scope="module")
def motion(kinematics, limits, robot):
    return ToolMotion(kinematics, limits, np.array(robot.home), np.array(robot.tool_orientation), MAX_STEP, STEP)


@pytest.fixture(scope="module")
def kernel(motion, tool_launch_on_cpu):
    return motion.by(tool_launch_on_cpu)


@pytest.fixture(scope="module")
def drawn(kinematics, limits):
    """Starts all over the workspace, many near its edges and near joint limits, some fast, and actions of any length."""
    random, generator = np.random.default_rng(0), torch.Generator().manual_seed(0)
    joints = random.uniform(limits.lower + 0.02, limits.upper - 0.02, (40 * COUNT, len(limits.lower)))
    tool = kinematics.forward(torch.as_tensor(joints, dtype=torch.float32))[0].numpy()
    joints = joints[((tool > limits.workspace_lower) & (tool < limits.workspace_upper)).all(-1)][:COUNT]
    assert len(joints) == COUNT
    velocity = limits.velocity * random.uniform(-0.7, 0.7, joints.shape) * random.choice([0.0, 0.3, 1.0], (COUNT, 1))
    actions = 1.5 * torch.randn(COUNT, HORIZON, 3, generator=generator)
    return actions, *(torch.as_tensor(part, dtype=torch.float32) for part in (joints, velocity))


@pytest.fixture(scope="module")
def broken(motion, drawn):
    """(S,), which candidates tensors do not get right at once."""
    found = []

    def look(candidates, begin, wanted, kinematics, keeper, careful):
        found.append(keeper.broken(keeper.allowed(begin), begin, candidates.joint_path, candidates.tool_position).any(1))
        return candidates

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wm_core.planning.tool_motion.mend", look)
        motion.candidates(*drawn)
    return found[0]


def test_it_makes_what_tensors_make(motion, kernel, drawn, broken):
    found, expected = kernel.candidates(*drawn), motion.candidates(*drawn)
    kept = ~broken
    assert 0.05 * COUNT < broken.sum() < 0.5 * COUNT
    # Starts are anywhere, some near a singularity, where rounding is blown up: of a step of 50 mm a tenth of a
    # millimetre is asked for in 999 of 1000, and 2 mm in all.
    for name, most, worst in (("tool_position", 1e-4, 2e-3), ("displacements", 1e-4, 2e-3), ("tool_rotation", 1e-3, 1e-2)):
        apart = (getattr(found, name) - getattr(expected, name))[kept].flatten(1).abs().amax(-1)
        assert torch.quantile(apart, 0.999) < most and apart.max() < worst, name
    assert torch.equal(found.limited, expected.limited)
    assert found.limited[broken].all()


def test_what_is_reported_is_what_the_joints_do(kernel, kinematics, drawn):
    found = kernel.candidates(*drawn)  # those that go carefully among them
    position, rotation = kinematics.forward(found.joint_path)
    assert found.tool_position.numpy() == pytest.approx(position.numpy(), abs=1e-5)
    assert found.tool_rotation.numpy() == pytest.approx(rotation.numpy(), abs=1e-5)
    begin = kinematics.forward(drawn[1])[0]
    assert (begin + found.displacements.sum(1)).numpy() == pytest.approx(position[:, -1].numpy(), abs=1e-5)


def test_where_a_joint_stands_at_its_limit_it_makes_what_tensors_make_too(motion, kernel, kinematics):
    # Stretched out, the elbow at its limit, the hand askew: place comes first, and the turn waits.
    joints = torch.tensor([[-0.254, 1.647, -0.011, -0.01, 0.032, 1.037, 0.55], [0.1, 1.4, 0.1, -0.2, 0.1, 1.0, 0.7]])
    start, actions = joints.repeat_interleave(100, 0), torch.randn(200, HORIZON, 3, generator=torch.Generator().manual_seed(2))
    found, expected = kernel.candidates(actions, start), motion.candidates(actions, start)
    apart = (found.tool_position - expected.tool_position).flatten(1).abs().amax(-1)
    # Tensors go again from the first broken step of any candidate, the kernel from each one's own: few differ by more
    # than rounding. Without the turn that waits every candidate would stand still.
    assert torch.quantile(apart, 0.9) < 1e-4
    assert (found.displacements.norm(dim=-1) > 0.01).float().mean() > 0.9


def test_one_start_for_all_and_rows_with_a_gripper(kernel, home):
    start = torch.as_tensor(home, dtype=torch.float32)
    rows = torch.randn(70, HORIZON, 4, generator=torch.Generator().manual_seed(1))  # not a multiple of a block
    found = kernel.candidates(rows[..., :-1], start, torch.zeros(7)).joint_path
    assert torch.equal(found, kernel.candidates(rows[..., :-1].contiguous(), start.expand(70, -1)).joint_path)
    assert torch.equal(found, kernel.candidates(rows.mT.contiguous().mT[..., :-1], start).joint_path)


def test_what_is_no_number_stays_none(kernel, home):
    # A NaN that became a motion would be scored as one.
    actions = torch.zeros(2, HORIZON, 3)
    actions[1, 2, 0] = torch.nan
    found = kernel.candidates(actions, torch.as_tensor(home, dtype=torch.float32))
    assert found.joint_path[0].isfinite().all() and found.joint_path[1, :2].isfinite().all()
    assert found.tool_position[1, 2:].isnan().all()
