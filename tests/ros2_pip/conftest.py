"""Helpers for tests that hold for tools/ros2_pip and for the real packages alike."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from launch import LaunchDescription, LaunchDescriptionSource, LaunchService
from launch.actions import IncludeLaunchDescription, OpaqueFunction, RegisterEventHandler
from launch.event_handler import EventHandler
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """Keep ROS traffic on this machine, and log files out of the home directory."""
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'log'))
    monkeypatch.setenv('PYTHONUNBUFFERED', '1')


class Recorder:
    """Launches entities in this process and keeps what they came to."""

    def __init__(self):
        self.values = []
        self.events = []

    def note(self, text):
        """Return an action that keeps what a substitution performs to."""
        def keep(context):
            subs = normalize_to_list_of_substitutions(text)
            self.values.append(perform_substitutions(context, subs))
        return OpaqueFunction(function=keep)

    def launch(self, *entities, arguments=(), noninteractive=True):
        """Launch, return the code that the launch service returned."""
        asyncio.set_event_loop(asyncio.new_event_loop())
        source = LaunchDescriptionSource(LaunchDescription([self._watch_events(), *entities]))
        service = LaunchService(noninteractive=noninteractive)
        service.include_launch_description(LaunchDescription([
            IncludeLaunchDescription(source, launch_arguments=list(dict(arguments).items()))]))
        return service.run()

    def of(self, *types):
        """Return the events of these types, in order."""
        return [event for event in self.events if isinstance(event, types)]

    def _watch_events(self):
        def keep(event):
            self.events.append(event)
            return False
        return RegisterEventHandler(EventHandler(matcher=keep))


@pytest.fixture
def recorder():
    return Recorder()


class Package:
    """An installed ROS package with launch files and executables."""

    def __init__(self, prefix, name):
        self.prefix = prefix
        self.name = name
        self.share = prefix / 'share' / name
        self.share.mkdir(parents=True)
        index = prefix / 'share/ament_index/resource_index/packages'
        index.mkdir(parents=True)
        (index / name).touch()

    def launch_file(self, name, body):
        """Add a launch file; the body is what the launch description contains."""
        path = self.share / 'launch' / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(LAUNCH_FILE.format(body=body, python=sys.executable))
        return path

    def executable(self, name, code):
        """Add a Python program."""
        path = self.prefix / 'lib' / self.name / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!{sys.executable}\n' + textwrap.dedent(code))
        path.chmod(0o755)
        return path


LAUNCH_FILE = '''
from launch import LaunchDescription
from launch.actions import *
from launch.conditions import *
from launch.event_handlers import *
from launch.substitutions import *
PYTHON = {python!r}
def generate_launch_description():
    return LaunchDescription([
{body}
    ])
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    made = Package(tmp_path / 'prefix', 'some_package')
    path = os.pathsep.join(filter(None, [str(made.prefix), os.environ.get('AMENT_PREFIX_PATH')]))
    monkeypatch.setenv('AMENT_PREFIX_PATH', path)
    return made


class Ros2:
    """Runs the `ros2` command of the environment that runs the tests."""

    def __init__(self):
        beside = Path(sys.executable).parent / 'ros2'
        self.program = str(beside) if beside.exists() else shutil.which('ros2')
        self.started = []

    def __call__(self, *args, timeout=30.0):
        """Run to the end; return code, stdout and stderr."""
        return subprocess.run(
            [self.program, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=timeout)

    def start(self, *args):
        """Start, for tests that signal it."""
        return self.start_program(self.program, *args)

    def start_program(self, *cmd):
        """Start another program."""
        process = RunningCommand([str(part) for part in cmd])
        self.started.append(process)
        return process


class RunningCommand:
    """A command whose output is read while it runs."""

    def __init__(self, cmd):
        self.process = subprocess.Popen(
            cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = ''
        os.set_blocking(self.process.stdout.fileno(), False)

    def wait_for(self, pattern, timeout=20.0):
        """Return the match of the pattern in the output so far."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            self.output += (self.process.stdout.read() or b'').decode()
            match = re.search(pattern, self.output)
            if match:
                return match
            time.sleep(0.02)
        raise AssertionError(f'no {pattern!r} in:\n{self.output}')

    def end(self, number=signal.SIGINT, timeout=30.0):
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout=30.0):
        """Return the exit code once it ended; the output is complete then."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            self.output += (self.process.stdout.read() or b'').decode()
            time.sleep(0.02)
        code = self.process.wait(timeout=0.1)
        self.output += (self.process.stdout.read() or b'').decode()
        return code


@pytest.fixture
def ros2():
    command = Ros2()
    yield command
    for running in command.started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


@pytest.fixture
def is_running():
    def check(pid):
        """Whether the process exists and is not a zombie."""
        try:
            return Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[0] != 'Z'
        except FileNotFoundError:
            return False
    return check
