"""Cameras that survive their renderer."""

from __future__ import annotations

import time
from typing import Callable

from sim.render_process import RendererDied, RenderProcess
from sim.scene import SceneState
from wm_core.types import Frame

_PAUSE = 2.0  # s before a renderer that died is replaced, so that one that cannot live does not eat the machine


class LiveCamera:
    """Asks for pictures, of one moment at a time, and hands them out; a renderer that died is reported and replaced."""

    def __init__(self, start: Callable[[], RenderProcess], report: Callable[[str | None], None]) -> None:
        """start: makes a renderer. report: gets the reason when one died, None when frames come again."""
        self._start, self._report = start, report
        self._renderer: RenderProcess | None = start()
        self._restart_at = 0.0
        self._reported = False

    @property
    def waiting(self) -> bool:
        """Whether pictures are on their way."""
        return self._renderer is not None and self._renderer.busy

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        """Asks for a picture of each of these cameras; False when the renderer is busy or being replaced."""
        if self._renderer is None and time.monotonic() >= self._restart_at:
            self._renderer = self._start()
        return self._renderer is not None and self._renderer.request(state, stamp, cameras)

    def poll(self, timeout: float) -> Frame | None:
        """The next of the requested frames once it is there, waiting at most `timeout` s."""
        if self._renderer is None:
            return None
        try:
            frame = self._renderer.poll(timeout)
        except RendererDied as error:
            self.close()
            self._restart_at = time.monotonic() + _PAUSE
            self._reported = True
            self._report(f"{error}; it is replaced in {_PAUSE:.0f} s")
            return None
        if frame is not None and self._reported:
            self._reported = False
            self._report(None)
        return frame

    def close(self) -> None:
        """Ends the renderer."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
