# shellcheck shell=bash
# Sourced at the end of .venv/bin/activate (bash, zsh): makes colcon and ros2 work in this environment.
# scripts/setup copies it to .venv/bin/wm_activate_hook.sh and fills in @MODE@: `wheels` (ROS 2 from PyPI, the
# environment itself is the ament prefix) or `ros` (a sourced ROS 2, whose prefixes must stay).

# Everything this file or ros2_ws/install/setup.bash changes; `deactivate` puts it back.
_wm_names="AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH COLCON_DEFAULTS_FILE LD_LIBRARY_PATH PYTHONPATH"

_wm_each_name() { # command: call it with each name (zsh does not split variables into words)
    local name
    for name in $(echo "$_wm_names"); do "$1" "$name"; done
}

_wm_save() {
    eval "if [ -n \"\${$1+x}\" ]; then _wm_old_$1=\"\$$1\"; else unset _wm_old_$1; fi"
}

_wm_restore() {
    eval "if [ -n \"\${_wm_old_$1+x}\" ]; then export $1=\"\$_wm_old_$1\"; else unset $1; fi; unset _wm_old_$1"
}

# Activated twice: start from what was there before the first time.
if typeset -f _wm_venv_deactivate >/dev/null; then _wm_each_name _wm_restore; fi
_wm_each_name _wm_save

export COLCON_DEFAULTS_FILE="$VIRTUAL_ENV/share/wm_setup/colcon-defaults.yaml"
if [ "@MODE@" = wheels ]; then
    export AMENT_PREFIX_PATH="$VIRTUAL_ENV"
    export CMAKE_PREFIX_PATH="$VIRTUAL_ENV"
fi
# The wheels' bootstrapper marks a process whose LD_LIBRARY_PATH it has set. A shell started from another environment
# inherits the mark, and our Python would then not find its own libraries.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE

# Wrap the deactivate that activate has just defined.
eval "_wm_venv_$(typeset -f deactivate)"
deactivate() {
    _wm_each_name _wm_restore
    _wm_venv_deactivate "$@"
    unset -f _wm_each_name _wm_save _wm_restore _wm_venv_deactivate
    unset _wm_names
}
