"""Seconds and ROS times. In the core every stamp is a float of seconds, which keeps 0.2 us at today's epoch."""

from __future__ import annotations

from builtin_interfaces.msg import Duration, Time

_NANO = 1_000_000_000


def time_to_seconds(time: Time | Duration) -> float:
    """-> s; zero means 'now' or 'not set' in most interfaces, and stays 0.0."""
    return time.sec + time.nanosec / _NANO


def seconds_to_time(seconds: float) -> Time:
    """seconds: >= 0, because ROS times cannot be negative."""
    whole, nano = divmod(round(max(0.0, seconds) * _NANO), _NANO)
    return Time(sec=whole, nanosec=nano)


def seconds_to_duration(seconds: float) -> Duration:
    """Durations may be negative: the nanoseconds are always counted forwards."""
    whole, nano = divmod(round(seconds * _NANO), _NANO)
    return Duration(sec=whole, nanosec=nano)
