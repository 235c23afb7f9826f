"""Running a ROS node."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Iterable, Optional

import yaml
from launch import logging
from launch.actions import ExecuteProcess
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform
from rclpy.validate_namespace import validate_namespace
from rclpy.validate_node_name import validate_node_name

from ..evaluate_parameters import evaluate_parameter_dict
from ..namespaces import make_namespace_absolute, prefix_namespace
from ..parameter_descriptions import Parameter, ParameterFile
from ..substitutions import ExecutableInPackage

Remappings = Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]]


class Node(ExecuteProcess):
    """Runs an executable of a package as a ROS node.

    Name, namespace, parameters and remappings reach it as ROS arguments; parameters given as
    a dictionary through a temporary YAML file.
    """

    UNSPECIFIED_NODE_NAME = '<node_name_unspecified>'
    UNSPECIFIED_NODE_NAMESPACE = '<node_namespace_unspecified>'

    def __init__(
        self, *,
        executable: SomeSubstitutionsType,
        package: Optional[SomeSubstitutionsType] = None,
        name: Optional[SomeSubstitutionsType] = None,
        namespace: Optional[SomeSubstitutionsType] = None,
        exec_name: Optional[SomeSubstitutionsType] = None,
        parameters: Optional[list[Any]] = None,
        remappings: Optional[Remappings] = None,
        ros_arguments: Optional[Iterable[SomeSubstitutionsType]] = None,
        arguments: Optional[Iterable[SomeSubstitutionsType]] = None,
        **kwargs: Any,
    ) -> None:
        if parameters is not None and not isinstance(parameters, list):
            raise TypeError(f'Expecting list of parameters, got {parameters}')
        program = executable if package is None else ExecutableInPackage(executable, package)
        cmd = [program, *(arguments or ())]
        if ros_arguments is not None:
            cmd += ['--ros-args', *ros_arguments]
        super().__init__(cmd=cmd, name=exec_name, **kwargs)
        self._node_name_given = name
        self._node_namespace_given = namespace
        self._parameters = list(parameters or ())
        self._remappings = list(remappings or ())
        self._node_name: Optional[str] = None

    @property
    def node_name(self) -> str:
        """The name with its namespace; known once the action is executed."""
        if self._node_name is None:
            raise RuntimeError("cannot access 'node_name' before executing action")
        return self._node_name

    def is_node_name_fully_specified(self) -> bool:
        """Whether both name and namespace are given, rather than left to the program."""
        unspecified = (self.UNSPECIFIED_NODE_NAME, self.UNSPECIFIED_NODE_NAMESPACE)
        return not any(marker in self.node_name for marker in unspecified)

    def execute(self, context: LaunchContext) -> None:
        self._resolve_node(context)
        super().execute(context)
        self._warn_of_duplicate(context)

    def _resolve_node(self, context: LaunchContext) -> None:
        """Work out the name of the node and complete the command, once."""
        if self._node_name is not None:
            return
        name = self._resolve_name(context)
        namespace = self._resolve_namespace(context)
        self._node_name = prefix_namespace(
            namespace or self.UNSPECIFIED_NODE_NAMESPACE, name or self.UNSPECIFIED_NODE_NAME)
        ros_arguments = ['--ros-args']
        if name is not None:
            ros_arguments += ['-r', f'__node:={name}']
        if namespace is not None:
            ros_arguments += ['-r', f'__ns:={namespace}']
        ros_arguments += self._global_parameter_arguments(context)
        ros_arguments += self._parameter_arguments(context)
        ros_arguments += self._remapping_arguments(context)
        self.cmd += [normalize_to_list_of_substitutions(part) for part in ros_arguments]

    def _resolve_name(self, context: LaunchContext) -> Optional[str]:
        if self._node_name_given is None:
            return None
        name = perform(context, self._node_name_given)
        validate_node_name(name)
        return name

    def _resolve_namespace(self, context: LaunchContext) -> Optional[str]:
        given = self._node_namespace_given
        namespace = make_namespace_absolute(prefix_namespace(
            context.launch_configurations.get('ros_namespace'),
            None if given is None else perform(context, given)))
        if namespace is not None:
            validate_namespace(namespace)
        return namespace

    def _global_parameter_arguments(self, context: LaunchContext) -> list[str]:
        arguments: list[str] = []
        for name, value in context.launch_configurations.get('global_params', ()):
            arguments += ['-p', f'{name}:={value}']
        return arguments

    def _parameter_arguments(self, context: LaunchContext) -> list[str]:
        arguments: list[str] = []
        for parameter in self._parameters:
            if isinstance(parameter, Parameter):
                name, value = parameter.evaluate(context)
                arguments += ['-p', f'{name}:={yaml.dump(value)}']
            elif isinstance(parameter, Mapping):
                values = evaluate_parameter_dict(context, parameter)
                arguments += ['--params-file', self._write_parameter_file(values)]
            else:
                arguments += self._parameter_file_arguments(context, parameter)
        return arguments

    def _parameter_file_arguments(self, context: LaunchContext, file: Any) -> list[str]:
        if not isinstance(file, ParameterFile):
            file = ParameterFile(file)
        path = file.evaluate(context)
        if not path.is_file():
            logging.get_logger('launch_ros.actions.node').warning(
                'Parameter file path is not a file: %s', path)
            return []
        return ['--params-file', str(path)]

    def _write_parameter_file(self, values: dict[str, Any]) -> str:
        """Write a file for this node (or any, where its name is not known) alone."""
        node = self.node_name if self.is_node_name_fully_specified() else '/**'
        with tempfile.NamedTemporaryFile(
                'w', prefix='launch_params_', delete=False) as file:
            yaml.safe_dump({node: {'ros__parameters': values}}, file)
        return str(Path(file.name))

    def _remapping_arguments(self, context: LaunchContext) -> list[str]:
        arguments: list[str] = []
        for source, target in self._remappings:
            arguments += ['-r', f'{perform(context, source)}:={perform(context, target)}']
        return arguments

    def _warn_of_duplicate(self, context: LaunchContext) -> None:
        if not self.is_node_name_fully_specified():
            return
        names = [*context.get_locals_as_dict().get('ros_node_names', ()), self.node_name]
        context.extend_globals({'ros_node_names': names})
        count = names.count(self.node_name)
        if count > 1:
            logging.get_logger(self.process_details['name']).warning(
                'there are now at least %d nodes with the name %s created within this launch '
                'context', count, self.node_name)
