"""One typed configuration tree, a file a part of it."""

from wm_core.config.backend import BackendName
from wm_core.config.boxes import BoxConfig
from wm_core.config.card import ModelCardConfig
from wm_core.config.gripper import GripperConfig
from wm_core.config.model import MetricWeights, WorldModelConfig
from wm_core.config.obstacles import ObstacleConfig, ObstaclesConfig, load_obstacles
from wm_core.config.planner import HandlingConfig, ObjectiveWeights, PlannerConfig, StandstillConfig
from wm_core.config.robot import JointLimitsConfig, RobotConfig, SphereConfig
from wm_core.config.safety import SafetyConfig
from wm_core.config.strict import ConfigError, Strict, load_config, parse_config, save_config
from wm_core.config.training import LossConfig, PriorConfig, RefineConfig, TrainingConfig

__all__ = [
    "BackendName",
    "BoxConfig",
    "ConfigError",
    "GripperConfig",
    "HandlingConfig",
    "JointLimitsConfig",
    "LossConfig",
    "MetricWeights",
    "ModelCardConfig",
    "ObjectiveWeights",
    "ObstacleConfig",
    "ObstaclesConfig",
    "PlannerConfig",
    "PriorConfig",
    "RefineConfig",
    "RobotConfig",
    "SafetyConfig",
    "SphereConfig",
    "StandstillConfig",
    "Strict",
    "TrainingConfig",
    "WorldModelConfig",
    "load_config",
    "load_obstacles",
    "parse_config",
    "save_config",
]
