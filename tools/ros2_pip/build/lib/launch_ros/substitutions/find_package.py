"""Where packages are installed."""

from __future__ import annotations

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)


class FindPackagePrefix(Substitution):
    """Performs to the install prefix of a package."""

    def __init__(self, package: SomeSubstitutionsType) -> None:
        self.package = normalize_to_list_of_substitutions(package)

    def describe(self) -> str:
        return f'{type(self).__name__}(pkg={describe_substitutions(self.package)})'

    def find(self, package_name: str) -> str:
        """Return the directory; PackageNotFoundError if there is no such package."""
        return get_package_prefix(package_name)

    def perform(self, context: LaunchContext) -> str:
        return self.find(perform_substitutions(context, self.package))


class FindPackageShare(FindPackagePrefix):
    """Performs to the share directory of a package."""

    def find(self, package_name: str) -> str:
        return get_package_share_directory(package_name)
