"""Cameras that draw in a process of their own, because drawing takes longer than physics may wait."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import deque
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from sim.camera import CameraView, SceneCamera
from sim.look import Look
from sim.part import Part
from sim.scene import Scene, SceneState
from wm_core.config import BoxConfig
from wm_core.types import Frame

_STALLED = 10.0  # s after which a picture that does not come means that the renderer hangs
_LOADING = 60.0  # s that it may take to begin: on a machine that is busy imports take long, and replacing it begins anew


class RendererDied(RuntimeError):
    """No more frames will come; the message says why."""


class RenderProcess:
    """Draws scene states on request, one at a time, each as the cameras see it that are asked for; no call waits for the drawing.

    The child has its own copy of the scene and ends with the parent, whichever way that ends.
    """

    def __init__(
        self,
        width: int = 128,
        height: int = 128,
        views: tuple[CameraView, ...] = (CameraView(),),
        part: Part = Part(),
        obstacles: tuple[BoxConfig, ...] = (),
    ) -> None:
        """views: one a camera; their pictures are of one size. obstacles: are in all of them."""
        self.width, self.height = width, height
        context = multiprocessing.get_context("spawn")
        # One each: the first picture of a moment is read while the second one is drawn.
        self._pixels = tuple(context.RawArray("B", width * height * 3) for _ in views)
        self._pipe, theirs = context.Pipe()
        scene = views, part, obstacles
        self._child = context.Process(
            target=_serve, args=(theirs, self._pixels, width, height, *scene), name="wm_sim_renderer", daemon=True
        )
        self._child.start()
        theirs.close()  # the child's death must be the end of the pipe
        self._busy_since: float | None = time.monotonic()  # until it reports that its scene is loaded
        self._patience = _LOADING
        self._asked: deque[int] = deque()  # the cameras whose pictures are to come

    @property
    def pid(self) -> int:
        """Of the child."""
        return int(self._child.pid or 0)

    @property
    def busy(self) -> bool:
        """Whether it still draws what was requested last, or loads."""
        return self._busy_since is not None

    def request(self, state: SceneState, stamp: float, cameras: tuple[int, ...] = (0,)) -> bool:
        """Asks for pictures of `state`. False, and nothing asked, while busy: ask again with a newer state.

        cameras: which of the views, in the order in which they are drawn and come.
        """
        if self.busy:
            return False
        self._busy_since, self._asked = time.monotonic(), deque(cameras)
        try:
            self._pipe.send((state, stamp, cameras))  # far smaller than a pipe's buffer, which is empty: does not block
        except OSError:
            pass  # dead: `poll` says so
        return True

    def poll(self, timeout: float = 0.0) -> Frame | None:
        """The next of the requested frames once it is there; waits for it at most `timeout` s. Raises `RendererDied`."""
        try:
            if not self._pipe.poll(max(0.0, timeout)):
                self._check_stalled()
                return None
            kind, value = self._pipe.recv()
        except (EOFError, OSError):
            raise RendererDied(f"the renderer (pid {self.pid}) died, {self._exit()}") from None
        if kind == "failed":
            raise RendererDied(f"the renderer (pid {self.pid}) failed: {value}")
        frame = self._frame(self._asked.popleft(), value) if kind == "frame" else None
        self._busy_since, self._patience = time.monotonic() if self._asked else None, _STALLED
        return frame

    def close(self) -> None:
        """Ends the child and waits for its end, a second at most."""
        self._pipe.close()
        self._child.terminate()
        self._child.join(1.0)
        if self._child.is_alive():
            self._child.kill()
            self._child.join()

    def _frame(self, camera: int, stamp: float) -> Frame:
        pixels = np.frombuffer(self._pixels[camera], dtype=np.uint8).reshape(self.height, self.width, 3)
        return Frame(pixels.copy(), stamp)  # a copy: the next picture is drawn into the same memory

    def _check_stalled(self) -> None:
        if self._busy_since is not None and time.monotonic() - self._busy_since > self._patience:
            raise RendererDied(f"the renderer (pid {self.pid}) has not answered for {self._patience:.0f} s")

    def _exit(self) -> str:
        self._child.join(0.5)
        code = self._child.exitcode
        return "exit code unknown" if code is None else f"by signal {-code}" if code < 0 else f"exit code {code}"


def _serve(
    pipe: Connection,
    pixels: tuple[Any, ...],
    width: int,
    height: int,
    views: tuple[CameraView, ...],
    part: Part,
    obstacles: tuple[BoxConfig, ...],
) -> None:
    # Ctrl-C reaches the whole process group; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        scene, cameras = Scene(), [SceneCamera(width, height, view) for view in views]
        scene.load(part, Look())
        scene.obstacles.place(obstacles)
        targets = [np.frombuffer(memory, dtype=np.uint8).reshape(height, width, 3) for memory in pixels]
        pipe.send(("ready", None))
        while True:
            state, stamp, asked = pipe.recv()
            scene.set_state(state)
            for camera in asked:
                targets[camera][:] = cameras[camera].render(scene)
                pipe.send(("frame", stamp))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the parent is gone
    except Exception as error:  # the parent must learn whatever it was
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
