"""The path of an executable of a package."""

from __future__ import annotations

import os

from launch.launch_context import LaunchContext
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitutions import SubstitutionFailure
from launch.utilities import (
    describe_substitutions,
    normalize_to_list_of_substitutions,
    perform_substitutions,
)

from .find_package import FindPackagePrefix


class ExecutableInPackage(FindPackagePrefix):
    """Performs to the path of the executable in the `lib` directory of the package."""

    def __init__(
        self, executable: SomeSubstitutionsType, package: SomeSubstitutionsType,
    ) -> None:
        super().__init__(package)
        self.executable = normalize_to_list_of_substitutions(executable)

    def describe(self) -> str:
        return (f'ExecInPkg(pkg={describe_substitutions(self.package)}, '
                f'exec={describe_substitutions(self.executable)})')

    def perform(self, context: LaunchContext) -> str:
        package = perform_substitutions(context, self.package)
        executable = perform_substitutions(context, self.executable)
        directory = os.path.join(super().perform(context), 'lib', package)
        path = os.path.join(directory, executable)
        if not os.path.exists(directory):
            raise SubstitutionFailure(
                f"package '{package}' found at '{super().perform(context)}', but libexec "
                f"directory '{directory}' does not exist")
        if not (os.path.isfile(path) and os.access(path, os.X_OK)):
            raise SubstitutionFailure(
                f"executable '{executable}' not found on the libexec directory '{directory}' ")
        return path
