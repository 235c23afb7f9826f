# shellcheck shell=bash disable=SC1091
# Sourced by scripts that run ROS 2 nodes: the environment, the workspace, and nobody else's robot.
# Needs ROOT, the repository's folder, and a finished scripts/setup.

set +u  # activate and the setup files of ROS read unset variables
. "$ROOT/.venv/bin/activate"
. "$ROOT/ros2_ws/install/setup.bash"
set -u

# This machine only, and a domain of this run's own: what runs here must never reach an arm on the network.
export ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST
unset ROS_STATIC_PEERS
case "${ROS_DISTRO:-}" in
    foxy | galactic | humble) export ROS_LOCALHOST_ONLY=1 ;;
    *) unset ROS_LOCALHOST_ONLY ;;  # would override the discovery range
esac
export ROS_DOMAIN_ID=$((1 + $$ % 101))
# Idle OpenMP threads otherwise spin, and starve the simulator beside them.
export OMP_WAIT_POLICY=PASSIVE
