"""Launch files written in Python."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

from ..launch_description import LaunchDescription
from ..launch_description_source import LaunchDescriptionSource
from ..some_substitutions_type import SomeSubstitutionsType


class InvalidPythonLaunchFileError(Exception):
    """A file is not a Python launch file."""


class PythonLaunchDescriptionSource(LaunchDescriptionSource):
    """Loads what a launch file's `generate_launch_description()` returns."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        super().__init__(None, launch_file_path)

    def _load(self, location: str) -> LaunchDescription:
        return get_launch_description_from_python_launch_file(location)


def get_launch_description_from_python_launch_file(
    python_launch_file_path: str,
) -> LaunchDescription:
    """Run a launch file as a module and return its launch description."""
    if not python_launch_file_path.endswith('.py'):
        raise InvalidPythonLaunchFileError(
            f"'{python_launch_file_path}': only launch files written in Python are supported")
    loader = SourceFileLoader('python_launch_file', python_launch_file_path)
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    if not hasattr(module, 'generate_launch_description'):
        raise InvalidPythonLaunchFileError(
            f"launch file at '{python_launch_file_path}' does not contain the required "
            "function 'generate_launch_description()'")
    return module.generate_launch_description()
