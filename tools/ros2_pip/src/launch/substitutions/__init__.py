"""Substitutions."""

from ..substitution import TextSubstitution
from .environment_variable import EnvironmentVariable
from .find_executable import FindExecutable
from .launch_configuration import LaunchConfiguration
from .path_join_substitution import PathJoinSubstitution
from .python_expression import PythonExpression
from .substitution_failure import SubstitutionFailure

__all__ = [
    'EnvironmentVariable',
    'FindExecutable',
    'LaunchConfiguration',
    'PathJoinSubstitution',
    'PythonExpression',
    'SubstitutionFailure',
    'TextSubstitution',
]
