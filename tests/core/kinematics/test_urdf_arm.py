"""Kinematics of the Panda against figures from its data sheet, and what a wrong URDF is told."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from wm_core.kinematics.urdf_arm import KinematicsError, UnreachableError, UrdfArm, load_arm, read_urdf
from wm_core.types import Pose


def test_forward_at_zero(arm):
    # Data sheet: all joints zero put the flange at x 0.088, z 0.333 + 0.316 + 0.384 - 0.107 = 0.926 m; the URDF's
    # hand and grasp target add 0.105 m further down: 0.821 m. Fingers point down: a half turn about x, then the hand's
    # -45 degrees about z.
    pose = arm.forward(np.zeros(7))
    assert pose.position == pytest.approx([0.088, 0.0, 0.821], abs=1e-6)
    assert np.abs(pose.orientation) == pytest.approx([np.cos(np.pi / 8), np.sin(np.pi / 8), 0.0, 0.0], abs=1e-6)


def test_home_points_the_fingers_down(arm, robot, home):
    assert abs(arm.forward(home).orientation @ np.array(robot.tool_orientation)) == pytest.approx(1.0, abs=1e-3)


def test_jacobian_is_the_derivative(arm, home):
    step = 1e-6
    for joint in range(7):
        change = step * np.eye(7)[joint]
        moved = (arm.forward(home + change).position - arm.forward(home - change).position) / (2 * step)
        assert arm.jacobian(home)[:3, joint] == pytest.approx(moved, abs=1e-6)


def test_inverse_undoes_forward(arm, robot, home):
    wanted = Pose(np.array([0.55, 0.2, 0.15]), np.array(robot.tool_orientation))
    joints = arm.inverse(wanted, home)
    assert arm.forward(joints).position == pytest.approx(wanted.position, abs=2e-4)
    assert np.all((joints >= arm.lower) & (joints <= arm.upper))


def test_unreachable(arm, home):
    with pytest.raises(UnreachableError, match="1.5"):
        arm.inverse(Pose(np.array([1.5, 0.0, 0.3])), home)


def test_wrong_joint_names_are_listed(robot):
    with pytest.raises(KinematicsError, match="elbow.*panda_joint1"):
        UrdfArm(read_urdf(robot), ("elbow",), robot.tool_link)
    with pytest.raises(KinematicsError, match="'claw'.*panda_hand"):
        UrdfArm(read_urdf(robot), robot.joint_names, "claw")


def test_joints_out_of_order_are_no_chain(robot):
    swapped = (robot.joint_names[1], robot.joint_names[0], *robot.joint_names[2:])
    with pytest.raises(KinematicsError, match=r"\['panda_joint2', 'panda_joint1', .*expected them in order from base to tool"):
        UrdfArm(read_urdf(robot), swapped, robot.tool_link).chain()


def test_threads_that_share_an_arm_get_their_own_poses(arm, home):
    places = [home, home + 0.3, home - 0.3, np.zeros(7)]
    expected = [arm.forward(place).position for place in places]

    def wrong(row: int) -> int:
        return sum(not np.array_equal(arm.forward(places[row]).position, expected[row]) for _ in range(5000))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    try:
        with ThreadPoolExecutor(len(places)) as threads:
            assert sum(threads.map(wrong, range(len(places)))) == 0
    finally:
        sys.setswitchinterval(before)


LIMIT = '<limit lower="-1" upper="1" velocity="2" effort="1"/>'


def two_joints(kind: str, axis: str = "0 0 1", limit: str = LIMIT) -> str:
    """XML of an arm whose second joint, the wrist, is of this kind."""
    return f"""<robot name="short"><link name="base"/><link name="upper"/><link name="hand"/>
    <joint name="elbow" type="revolute"><parent link="base"/><child link="upper"/><axis xyz="0 0 1"/>{LIMIT}</joint>
    <joint name="wrist" type="{kind}"><parent link="upper"/><child link="hand"/><axis xyz="{axis}"/>{limit}</joint></robot>"""


@pytest.mark.parametrize("axis", ["0 0 1", "0 1 1"])
@pytest.mark.parametrize("kind", ["continuous", "prismatic", "floating", "planar"])
def test_a_joint_that_is_not_revolute_is_named_with_its_kind(kind, axis):
    with pytest.raises(KinematicsError, match=f'joint \'wrist\' is {kind}: expected a revolute joint with limits, .*type="revolute"'):
        UrdfArm(two_joints(kind, axis), ("elbow", "wrist"), "hand")
    # Where it is not planned for it may be of any kind.
    assert UrdfArm(two_joints(kind, axis), ("elbow",), "hand").velocity == pytest.approx([2.0])


@pytest.mark.parametrize("axis", ["1 0 0", "0 1 0", "0 0 1", "0 0.6 0.8"])
def test_a_revolute_joint_may_turn_about_any_axis(axis):
    arm = UrdfArm(two_joints("revolute", axis), ("elbow", "wrist"), "hand")
    assert arm.chain().axes[1] == pytest.approx([float(part) for part in axis.split()])
    assert (arm.lower[1], arm.upper[1], arm.velocity[1]) == (-1.0, 1.0, 2.0)


def test_malformed_urdf(robot):
    with pytest.raises(KinematicsError, match="cannot be parsed"):
        load_arm(robot, "<robot")


STAND = """<link name="world"/><joint name="stand" type="fixed"><parent link="world"/><child link="panda_link0"/>
<origin xyz="1 0 0.8" rpy="0 0 1.5707963"/></joint></robot>"""


def test_an_arm_on_a_stand_tells_poses_from_its_foot_where_that_is_its_base_link(arm, robot, home):
    urdf = read_urdf(robot).replace("</robot>", STAND)
    stood, based = (UrdfArm(urdf, robot.joint_names, robot.tool_link, base) for base in (None, "panda_link0"))
    x, y, z = arm.forward(home).position
    # A quarter turn about z, a metre ahead and 0.8 m up.
    assert stood.forward(home).position == pytest.approx([1.0 - y, x, z + 0.8], abs=1e-6)
    assert based.forward(home).position == pytest.approx([x, y, z], abs=1e-6)
    assert based.jacobian(home) == pytest.approx(arm.jacobian(home), abs=1e-6)
    assert based.chain().placements == pytest.approx(arm.chain().placements, abs=1e-6)
    assert based.inverse(arm.forward(home), home + 0.1) == pytest.approx(arm.inverse(arm.forward(home), home + 0.1), abs=1e-4)


@pytest.mark.parametrize(
    ("base", "says"), [("panda_link3", "is moved by joint 'panda_joint3'"), ("foot", "base link 'foot' is not in the URDF")]
)
def test_a_base_link_that_cannot_be_is_named(robot, base, says):
    with pytest.raises(KinematicsError, match=says):
        UrdfArm(read_urdf(robot), robot.joint_names, robot.tool_link, base)
