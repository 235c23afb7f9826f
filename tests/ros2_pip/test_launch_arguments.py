"""How launch arguments come to their values."""

import pytest
from launch import LaunchContext
from launch.actions import (
    DeclareLaunchArgument,
    GroupAction,
    IncludeLaunchDescription,
    SetLaunchConfiguration,
)
from launch.conditions import IfCondition, UnlessCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import (
    EnvironmentVariable,
    FindExecutable,
    LaunchConfiguration,
    PathJoinSubstitution,
    PythonExpression,
    SubstitutionFailure,
    TextSubstitution,
)

X = LaunchConfiguration('x')


def test_default_is_used_where_nothing_is_given(recorder):
    assert recorder.launch(DeclareLaunchArgument('x', default_value='7'), recorder.note(X)) == 0
    assert recorder.values == ['7']


def test_given_value_wins_over_default(recorder):
    recorder.launch(
        DeclareLaunchArgument('x', default_value='7'), recorder.note(X), arguments={'x': '8'})
    assert recorder.values == ['8']


def test_default_may_be_made_of_other_arguments(recorder):
    recorder.launch(
        DeclareLaunchArgument('y', default_value='a'),
        DeclareLaunchArgument('x', default_value=[LaunchConfiguration('y'), '/b']),
        recorder.note(X))
    assert recorder.values == ['a/b']


def test_undeclared_argument_is_set_all_the_same(recorder):
    recorder.launch(recorder.note(X), arguments={'x': '8'})
    assert recorder.values == ['8']


def test_missing_required_argument_fails_before_anything_runs(recorder):
    assert recorder.launch(recorder.note('ran'), DeclareLaunchArgument('x')) == 1
    assert recorder.values == []


def test_missing_required_argument_behind_a_condition_fails_when_visited(recorder):
    code = recorder.launch(
        recorder.note('ran'), DeclareLaunchArgument('x', condition=IfCondition('true')))
    assert code == 1
    assert recorder.values == ['ran']


@pytest.mark.parametrize('value, code', [('a', 0), ('c', 1)])
def test_value_must_be_a_choice(recorder, value, code):
    argument = DeclareLaunchArgument('x', choices=['a', 'b'])
    assert recorder.launch(argument, arguments={'x': value}) == code


def test_default_must_be_a_choice():
    with pytest.raises(RuntimeError, match='not in provided choices'):
        DeclareLaunchArgument('x', default_value='c', choices=['a', 'b'])


def test_empty_choices_are_refused():
    with pytest.raises(RuntimeError, match='choices'):
        DeclareLaunchArgument('x', choices=[])


def test_descriptions():
    def described(**kwargs):
        return DeclareLaunchArgument('x', **kwargs).description

    assert described() == 'no description given'
    assert described(description='The x') == 'The x'
    assert described(choices=['a']) == "One of: ['a']"
    assert described(description='The x', choices=['a']) == "The x. Valid choices are: ['a']"
    assert described(description='The x.', choices=['a']) == "The x. Valid choices are: ['a']"


def test_undefined_configuration_fails(recorder):
    assert recorder.launch(recorder.note(X)) == 1


def test_configuration_default():
    context = LaunchContext()
    assert LaunchConfiguration('x', default='d').perform(context) == 'd'
    assert LaunchConfiguration('x', default=5).perform(context) == '5'
    with pytest.raises(SubstitutionFailure, match="'x' does not exist"):
        X.perform(context)


def test_group_scopes_what_is_set_within(recorder):
    recorder.launch(
        DeclareLaunchArgument('x', default_value='outer'),
        GroupAction([SetLaunchConfiguration('x', 'inner'), recorder.note(X)]),
        recorder.note(X))
    assert recorder.values == ['inner', 'outer']


def test_unscoped_group_does_not(recorder):
    recorder.launch(
        DeclareLaunchArgument('x', default_value='outer'),
        GroupAction([SetLaunchConfiguration('x', 'inner')], scoped=False),
        recorder.note(X))
    assert recorder.values == ['inner']


def test_include_passes_arguments_and_leaks_them(recorder, package):
    path = package.launch_file('inner.launch.py', "DeclareLaunchArgument('x'),")
    recorder.launch(
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(path)), launch_arguments={'x': '3'}.items()),
        recorder.note(X))
    assert recorder.values == ['3']


def test_include_sees_configurations_of_the_outer_file(recorder, package):
    path = package.launch_file(
        'inner.launch.py', "DeclareLaunchArgument('x', default_value='inner'),")
    recorder.launch(
        SetLaunchConfiguration('x', 'outer'),
        IncludeLaunchDescription(PythonLaunchDescriptionSource([str(path)])),
        recorder.note(X))
    assert recorder.values == ['outer']


def test_include_without_required_argument_fails(recorder, package):
    path = package.launch_file('inner.launch.py', "DeclareLaunchArgument('x'),")
    include = IncludeLaunchDescription(PythonLaunchDescriptionSource(str(path)))
    assert recorder.launch(include) == 1


def test_include_of_a_missing_file_fails(recorder):
    include = IncludeLaunchDescription(PythonLaunchDescriptionSource('/nowhere/a.launch.py'))
    assert recorder.launch(include) == 1


@pytest.mark.parametrize('text, holds', [
    ('true', True), ('True', True), ('1', True), (' true ', True),
    ('false', False), ('False', False), ('0', False)])
def test_conditions(text, holds):
    context = LaunchContext()
    assert IfCondition(text).evaluate(context) is holds
    assert UnlessCondition(text).evaluate(context) is not holds


@pytest.mark.parametrize('text', ['yes', 'on', '', '2'])
def test_other_words_are_no_condition(recorder, text):
    action = recorder.note('ran')
    assert recorder.launch(GroupAction([action], condition=IfCondition(text))) == 1
    assert recorder.values == []


def test_substitutions(monkeypatch):
    context = LaunchContext()
    context.launch_configurations['x'] = '2'
    monkeypatch.setenv('SOME_VARIABLE', 'value')
    assert TextSubstitution(text='t').perform(context) == 't'
    assert PathJoinSubstitution(['/a', X, 'b']).perform(context) == '/a/2/b'
    assert PythonExpression([X, ' * 3 == 6']).perform(context) == 'True'
    assert PythonExpression('floor(pi)').perform(context) == '3'
    assert PythonExpression(["'", X, "' in ['1', '2']"]).perform(context) == 'True'
    assert EnvironmentVariable('SOME_VARIABLE').perform(context) == 'value'
    assert EnvironmentVariable('NO_VARIABLE', default_value='d').perform(context) == 'd'
    assert FindExecutable(name='sh').perform(context).endswith('/sh')
    for missing in (EnvironmentVariable('NO_VARIABLE'), FindExecutable(name='no-such-program')):
        with pytest.raises(SubstitutionFailure):
            missing.perform(context)


def test_text_is_refused_where_it_is_none():
    with pytest.raises(TypeError):
        PathJoinSubstitution(['a', 5])
    with pytest.raises(TypeError):
        TextSubstitution(text=5)
