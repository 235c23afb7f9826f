"""A node in its executor: what is delivered, what is kept aside, what comes later, and what a callback raises."""

from __future__ import annotations

import time

import pytest
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.qos import QoSProfile
from std_msgs.msg import Int32

import wm_ros.executor
from wm_ros.executor import executor_of
from wm_ros.newest import NewestMessages


@pytest.fixture(params=["what rclpy has", "an rclpy without events"])
def pair(request, ros, monkeypatch):
    """A node, its executor, and a node of somebody else."""
    if request.param != "what rclpy has":
        monkeypatch.setattr(wm_ros.executor, "EventsExecutor", None)
    ros()
    node, other = rclpy.create_node("ours"), rclpy.create_node("theirs")
    executor = executor_of(node)
    yield node, executor, other
    executor.shutdown(timeout_sec=1.0)
    other.destroy_node()
    node.destroy_node()


def spin_until(executor, true, timeout=10.0):
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, f"not within {timeout} s"
        executor.spin_once(timeout_sec=0.1)


def talk(other, topic):
    publisher = other.create_publisher(Int32, topic, QoSProfile(depth=10))

    def say(*numbers):
        for number in numbers:
            publisher.publish(Int32(data=number))

    return publisher, say


def test_messages_come_to_callbacks_and_not_what_is_kept_aside(pair):
    node, executor, other = pair
    heard = []
    node.create_subscription(Int32, "heard", lambda message: heard.append(message.data), 10)
    aside = NewestMessages(node, Int32, "aside", depth=2)
    (to_hear, hear), (to_keep, keep) = talk(other, "heard"), talk(other, "aside")
    spin_until(executor, lambda: to_hear.get_subscription_count() and to_keep.get_subscription_count())
    before = time.time()
    keep(1, 2, 3)  # would raise if it were delivered
    hear(4, 5)
    taken = []
    spin_until(executor, lambda: taken.extend(aside.take_sent()) or (heard == [4, 5] and taken and taken[-1][0].data == 3))
    numbers = [message.data for message, _ in taken]
    assert numbers in ([2, 3], [1, 2, 3], [1, 3])  # the newest two at a time, however they came
    assert all(before <= sent <= time.time() for _, sent in taken)


def test_what_is_made_while_it_spins_is_heard_and_what_is_destroyed_is_not(pair):
    node, executor, other = pair
    steady, heard, ticks = Clock(clock_type=ClockType.STEADY_TIME), [], []
    publisher, say = talk(other, "late")

    def begin():
        node.destroy_timer(beginning)
        node.create_subscription(Int32, "late", lambda message: heard.append(message.data), 10)
        node.create_timer(0.01, lambda: ticks.append(time.monotonic()), clock=steady)

    beginning = node.create_timer(0.01, begin, clock=steady)
    spin_until(executor, publisher.get_subscription_count)
    say(7)
    spin_until(executor, lambda: heard == [7] and len(ticks) >= 20)
    # 19 gaps of 0.01 s: the timer neither ran twice nor with whatever else came.
    assert 0.15 < ticks[19] - ticks[0]


def test_a_callback_that_raises_ends_one_spin_and_no_more(pair):
    node, executor, other = pair
    heard = []

    def hear(message):
        if message.data == 1:
            raise ValueError("one")
        heard.append(message.data)

    node.create_subscription(Int32, "heard", hear, 10)
    publisher, say = talk(other, "heard")
    spin_until(executor, publisher.get_subscription_count)
    say(1, 2)
    with pytest.raises(ValueError, match="one"):
        spin_until(executor, lambda: False)
    spin_until(executor, lambda: heard == [2])


def test_a_node_that_is_gone_is_not_spun(pair):
    node, executor, _ = pair
    executor.remove_node(node)
    fired = []
    node.create_timer(0.01, lambda: fired.append(True))
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        executor.spin_once(timeout_sec=0.05)
    assert not fired
