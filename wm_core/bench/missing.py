"""Planners of others that are not installed."""


class MissingPackage(ImportError):
    """The message says which package it is and how to get it."""

    def __init__(self, package: str, missing: str | None) -> None:
        needed = "" if missing is None else f" (no module '{missing}')"
        super().__init__(f"{package} is not installed{needed}: pip install --no-deps -r requirements/bench.txt")
