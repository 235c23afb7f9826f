"""Substitutions that look into installed ROS packages."""

from .executable_in_package import ExecutableInPackage
from .find_package import FindPackagePrefix, FindPackageShare

__all__ = ['ExecutableInPackage', 'FindPackagePrefix', 'FindPackageShare']
