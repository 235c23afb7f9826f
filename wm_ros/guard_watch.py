"""What the planner learns from the guard: whether its proposals get through."""

from __future__ import annotations

import threading

from wm_ros.guard_logic import GuardCounts


class GuardWatch:
    """Reads the guard's statistics. Times are s on the steady clock; safe to use from several threads."""

    def __init__(self, patience: float) -> None:
        """patience: s of nothing but rejections that end a goal."""
        self._patience = patience
        self._lock = threading.Lock()
        self._counts: GuardCounts | None = None
        self._refused_since: float | None = None

    def update(self, counts: GuardCounts, steady: float) -> bool:
        """The guard's newest statistics. -> whether it refused something since the last."""
        with self._lock:
            before, self._counts = self._counts, counts
            if before is None:
                return False
            passed = counts.accepted + counts.clipped > before.accepted + before.clipped
            if passed:
                self._refused_since = None
            elif counts.rejected > before.rejected and self._refused_since is None:
                self._refused_since = steady
            return counts.rejected > before.rejected

    def reset(self) -> None:
        """A new goal begins with a clean slate."""
        with self._lock:
            self._refused_since = None

    def refusing(self, steady: float) -> str | None:
        """The guard's reason, if it has refused everything for too long."""
        with self._lock:
            since = self._refused_since
            if since is None or steady - since < self._patience or self._counts is None:
                return None
            return self._counts.last_reason
