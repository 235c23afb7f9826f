"""What the actions of launch_ros make of names, parameters and remappings."""

from pathlib import Path
from typing import List

import pytest
import yaml
from launch import LaunchContext
from launch.actions import DeclareLaunchArgument, GroupAction, SetLaunchConfiguration
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution, SubstitutionFailure
from launch_ros.actions import Node, PushRosNamespace, SetParameter
from launch_ros.descriptions import ParameterFile, ParameterValue
from launch_ros.parameter_descriptions import ParameterValue as SameParameterValue
from launch_ros.substitutions import FindPackageShare

X = LaunchConfiguration('x')


@pytest.fixture
def ros_arguments(recorder):
    """Return a function that launches nodes and returns the arguments of the last."""
    def arguments_of(*entities, **configurations):
        assert recorder.launch(*entities, arguments=configurations) == 0
        return entities[-1].process_details['cmd'][1:]
    return arguments_of


@pytest.fixture
def parameters(ros_arguments):
    """Return a function that returns the node name and parameters in a node's only file."""
    def parameters_of(parameters, *before, name='n', namespace='/ns', **configurations):
        arguments = ros_arguments(
            *before, Node(executable='true', name=name, namespace=namespace,
                          parameters=[parameters]), **configurations)
        path = arguments[arguments.index('--params-file') + 1]
        (node, content), = yaml.unsafe_load(Path(path).read_text()).items()
        return node, content['ros__parameters']
    return parameters_of


def test_plain_node(ros_arguments):
    assert ros_arguments(Node(executable='true')) == ['--ros-args']


def test_order_of_arguments(ros_arguments, tmp_path):
    file = tmp_path / 'p.yaml'
    file.write_text('{}')
    node = Node(
        executable='true', name='n', namespace='ns', arguments=['-a', X], parameters=[str(file)],
        ros_arguments=['--log-level', 'debug'], remappings=[('a', 'b'), ('c', ['d', X])])
    assert ros_arguments(node, x='1') == [
        '-a', '1', '--ros-args', '--log-level', 'debug', '--ros-args', '-r', '__node:=n',
        '-r', '__ns:=/ns', '--params-file', str(file), '-r', 'a:=b', '-r', 'c:=d1']
    assert node.node_name == '/ns/n'


def test_executable_of_a_package(recorder, package):
    program = package.executable('program', 'pass')
    node = Node(package=package.name, executable='program')
    assert recorder.launch(node) == 0
    assert node.process_details['cmd'][0] == str(program)
    assert node.process_details['name'].startswith('program-')


@pytest.mark.parametrize('names', [('some_package', 'missing'), ('no_such_package', 'program')])
def test_executable_that_is_not_there(recorder, package, names):
    package.executable('program', 'pass')
    assert recorder.launch(Node(package=names[0], executable=names[1])) == 1


def test_name_of_the_process_is_not_that_of_the_node(ros_arguments):
    node = Node(executable='true', name='n', exec_name='shown')
    ros_arguments(node)
    assert node.process_details['name'].startswith('shown-')


@pytest.mark.parametrize('given, pushed, expected', [
    (None, [], None),
    ('', [], '/'),
    ('ns', [], '/ns'),
    ('/ns/', [], '/ns'),
    (None, ['outer'], '/outer'),
    ('ns', ['outer'], '/outer/ns'),
    ('/ns', ['outer'], '/ns'),
    ('ns', ['a', 'b'], '/a/b/ns'),
    ('ns', ['a', '/b'], '/b/ns'),
])
def test_namespaces(ros_arguments, given, pushed, expected):
    arguments = ros_arguments(
        *map(PushRosNamespace, pushed), Node(executable='true', namespace=given))
    assert arguments == ['--ros-args', *([] if expected is None else ['-r', f'__ns:={expected}'])]


def test_pushed_namespace_ends_with_the_group(ros_arguments):
    inner = Node(executable='true', name='i')
    ros_arguments(GroupAction([PushRosNamespace('a'), inner]), Node(executable='true', name='o'))
    assert inner.node_name == '/a/i'


@pytest.mark.parametrize('kwargs', [{'name': 'no spaces'}, {'namespace': 'no spaces'}])
def test_invalid_names_fail(recorder, kwargs):
    assert recorder.launch(Node(executable='true', **kwargs)) == 1


def test_invalid_pushed_namespace_fails(recorder):
    assert recorder.launch(PushRosNamespace('no spaces')) == 1


def test_parameter_types_are_kept(parameters):
    given = {
        's': 'text', 'number_in_text': '5', 'i': 3, 'f': 1.0, 'b': True, 'empty': '',
        'strings': ['a', '1'], 'ints': [1, 2], 'floats': [1.0, 2.0], 'mixed': [1, 2.5],
        'bools': [True, False], 'outer': {'inner': {'deep': 1}}}
    node, got = parameters(given)
    assert node == '/ns/n'
    assert {name: list(v) if isinstance(v, (list, tuple)) else v for name, v in got.items()} == {
        's': 'text', 'number_in_text': '5', 'i': 3, 'f': 1.0, 'b': True, 'empty': '',
        'strings': ['a', '1'], 'ints': [1, 2], 'floats': [1.0, 2.0], 'mixed': [1.0, 2.5],
        'bools': [True, False], 'outer.inner.deep': 1}
    assert type(got['f']) is float


@pytest.mark.parametrize('text, value', [
    ('5', 5), ('5.0', 5.0), ('true', True), ('some text', 'some text'), ("'5'", '5'),
    ('[1, 2]', [1, 2])])
def test_substitutions_are_read_as_yaml(parameters, text, value):
    got = parameters({'p': X}, x=text)[1]['p']
    assert (list(got) if isinstance(got, (list, tuple)) else got) == value


def test_text_and_substitutions_make_one_text(parameters):
    assert parameters({'p': ['a', X, 'b']}, x='1')[1] == {'p': 'a1b'}


def test_names_may_be_substitutions(parameters):
    assert parameters({X: 1}, x='name')[1] == {'name': 1}


@pytest.mark.parametrize('value_type, text, value', [
    (str, '5', '5'), (int, '5', 5), (float, '5', 5.0), (bool, 'true', True),
    (bool, '1', True), (float, '1e3', 1000.0),
    (List[int], '[1, 2]', [1, 2]), (List[float], '[1.0, 2.0]', [1.0, 2.0]), (None, '5', 5)])
def test_parameter_value_has_its_type(parameters, value_type, text, value):
    got = parameters({'p': ParameterValue(X, value_type=value_type)}, x=text)[1]['p']
    assert (list(got) if isinstance(got, (list, tuple)) else got) == value
    assert type(got) is type(value) or isinstance(value, list)
    assert ParameterValue is SameParameterValue


@pytest.mark.parametrize('value_type, text', [
    (int, 'no number'), (int, '5.0'), (bool, '5'), (List[float], '[1, 2]'), (None, '{a: 1}')])
def test_text_of_another_type_fails(recorder, value_type, text):
    value = ParameterValue(X, value_type=value_type)
    node = Node(executable='true', parameters=[{'p': value}])
    assert recorder.launch(SetLaunchConfiguration('x', text), node) == 1


@pytest.mark.parametrize('value, value_type', [('5', int), (5, float), (5, str), ([1], str)])
def test_other_values_are_not_converted(value, value_type):
    with pytest.raises(TypeError):
        ParameterValue(value, value_type=value_type)


@pytest.mark.parametrize('value', [[1, 'a', X], ['a', 1]])
def test_arrays_of_several_types_fail(recorder, value):
    node = Node(executable='true', parameters=[{'p': value}])
    assert recorder.launch(SetLaunchConfiguration('x', '1'), node) == 1


def test_structures_in_substitutions_fail(recorder):
    node = Node(executable='true', parameters=[{'p': X}])
    assert recorder.launch(SetLaunchConfiguration('x', '{a: 1}'), node) == 1


@pytest.mark.parametrize('kwargs', [{}, {'name': 'n'}, {'namespace': 'ns'}])
def test_parameters_are_for_any_node_where_its_name_is_not_known(ros_arguments, kwargs):
    arguments = ros_arguments(Node(executable='true', parameters=[{'p': 1}], **kwargs))
    path = arguments[arguments.index('--params-file') + 1]
    assert yaml.safe_load(Path(path).read_text()) == {'/**': {'ros__parameters': {'p': 1}}}


def test_parameter_files(ros_arguments, tmp_path):
    for name in ('a.yaml', 'b.yaml', 'c.yaml'):
        (tmp_path / name).write_text('{}')
    arguments = ros_arguments(
        DeclareLaunchArgument('x'),
        Node(executable='true', parameters=[
            tmp_path / 'a.yaml', PathJoinSubstitution([X, 'b.yaml']),
            ParameterFile(PathJoinSubstitution([X, 'c.yaml'])), str(tmp_path / 'missing.yaml')]),
        x=str(tmp_path))
    assert arguments == ['--ros-args', *(
        part for name in ('a.yaml', 'b.yaml', 'c.yaml')
        for part in ('--params-file', str(tmp_path / name)))]


def test_parameters_must_be_a_list():
    with pytest.raises(TypeError):
        Node(executable='true', parameters={'p': 1})


def test_set_parameter_is_for_the_nodes_of_its_scope(ros_arguments):
    inner = Node(executable='true', parameters=[])
    outer = ros_arguments(
        GroupAction([
            SetParameter('a', 1), SetParameter(name='use_sim_time', value=X), inner]),
        Node(executable='true'), x='true')
    assert inner.process_details['cmd'][1:] == [
        '--ros-args', '-p', 'a:=1', '-p', 'use_sim_time:=True']
    assert outer == ['--ros-args']


def test_find_package_share(package):
    context = LaunchContext()
    assert FindPackageShare(package.name).perform(context) == str(package.share)
    with pytest.raises((LookupError, SubstitutionFailure)):
        FindPackageShare('no_such_package').perform(context)


def test_node_without_name_has_none_before_execution():
    node = Node(executable='true', name='n')
    with pytest.raises(RuntimeError):
        node.node_name  # noqa: B018
