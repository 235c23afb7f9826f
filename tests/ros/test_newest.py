"""Only the newest messages are taken, and an executor does not wake up for the others."""

import threading
import time

import pytest
import rclpy
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

from wm_ros.newest import NewestMessages
from wm_ros.newest_joints import NewestJointStates


@pytest.fixture
def talk(ros):
    """talk(depth) -> what takes, what spins, and a function that publishes messages bearing these numbers."""

    def start(depth):
        spinner = ros()
        node = spinner.add(rclpy.create_node("listener"))
        newest = NewestMessages(node, JointState, "joint_states", depth)
        speaker = spinner.add(rclpy.create_node("speaker"))
        publisher = speaker.create_publisher(JointState, "joint_states", QoSProfile(depth=100))
        spinner.until(publisher.get_subscription_count)

        def say(*numbers):
            for number in numbers:
                publisher.publish(JointState(position=[float(number)]))

        return newest, spinner, say

    return start


def numbers(messages):
    return [message.position[0] for message in messages]


def test_the_newest_are_taken_in_order_and_each_once(talk):
    newest, spinner, say = talk(2)
    say(*range(50))
    seen = []
    spinner.until(lambda: seen.append(numbers(newest.take())) or 49.0 in seen[-1])
    assert max(map(len, seen)) <= 2
    assert sum(seen, []) == sorted(set(sum(seen, [])))
    assert newest.take() == []
    say(50)
    assert numbers(spinner.until(newest.take)) == [50.0]


def test_a_flood_does_not_wake_the_executor(talk):
    newest, spinner, say = talk(2)
    ended, sent = threading.Event(), []

    def flood():
        while not ended.wait(0.002):
            say(len(sent))
            sent.append(True)

    flooding = threading.Thread(target=flood)
    flooding.start()
    woken = 0
    end = time.monotonic() + 0.5
    try:
        while time.monotonic() < end:
            spinner.spin_once(0.1)
            woken += 1
    finally:
        ended.set()
        flooding.join()
    assert len(sent) > 20 and woken < 0.25 * len(sent)
    assert numbers(newest.take()) == [len(sent) - 2.0, len(sent) - 1.0]


ARM = ("panda_joint1", "panda_joint2")


@pytest.fixture
def shared(ros):
    """What takes the arm's joint states, what spins, and a function that publishes such a message of these joints."""
    spinner = ros()
    node = spinner.add(rclpy.create_node("listener"))
    newest = NewestJointStates(node, ARM)
    speaker = spinner.add(rclpy.create_node("speaker"))
    publisher = speaker.create_publisher(JointState, "joint_states", QoSProfile(depth=100))
    spinner.until(publisher.get_subscription_count)
    return newest, spinner, lambda names, number: publisher.publish(JointState(name=list(names), position=[float(number)] * len(names)))


def test_a_gripper_that_tells_of_itself_more_often_does_not_push_the_arm_out(shared):
    newest, spinner, say = shared
    for number in range(3):
        say(ARM, number)
    for number in range(10):  # what comes in 20 ms of 500 Hz
        say(["finger"], 100 + number)
    seen = []
    spinner.until(lambda: seen.extend(newest.take()) or 2.0 in numbers(seen))
    assert {tuple(message.name) for message in seen} == {ARM} and numbers(seen) == sorted(numbers(seen))


def test_where_nobody_tells_of_the_arm_another_is_handed_out_in_the_end(shared):
    newest, spinner, say = shared
    began = time.monotonic()
    found = spinner.until(newest.take, each=lambda: say(["fr3_joint1"], 1))
    assert list(found[-1].name) == ["fr3_joint1"] and time.monotonic() - began > 0.5
