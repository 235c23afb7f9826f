"""A gate on disk, beside the model that it watches. Nothing is unpickled."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from wm_core.config import load_config, save_config
from wm_core.model.checkpoint import model_hash
from wm_core.model.tensors import save_tensors
from wm_core.model.world_model import JepaWorldModel
from wm_core.monitor.calibrate import Calibrated
from wm_core.monitor.config import GateConfig
from wm_core.monitor.files import gate_files
from wm_core.monitor.gate import SurpriseGate
from wm_core.monitor.gaussian import Gaussians
from wm_core.monitor.signals import Statistics
from wm_core.monitor.usual_error import UsualError
from wm_core.monitor.usual_picture import UsualPicture
from wm_core.protocols import Kinematics


class GateError(ValueError):
    """The model has no usable gate; the message names what is wrong."""


def save_gate(gate: Calibrated, folder: Path, model_views: int = 1) -> GateConfig:
    """Writes both files into the folder of the model that it was fitted to; what was written comes back.

    model_views: cameras that the model sees with. A gate of more of them lies beside the model's own.
    """
    files = gate_files(gate.config.views, model_views)
    config = gate.config.model_copy(update={"model_sha256": model_hash(folder)})
    found = gate.statistics
    scenes = {_scene(camera): scene for camera, scene in enumerate(found.scenes)}
    parts = {"latent": found.latent, "early": found.early, "usual": found.usual, **scenes}
    tensors = {f"{part}.{name}": value for part, kept in parts.items() for name, value in kept.tensors().items()}
    save_tensors({name: value.cpu() for name, value in tensors.items()}, folder / files.tensors)
    save_config(config, folder / files.config)
    return config


def load_gate(
    folder: Path, world_model: JepaWorldModel, kinematics: Kinematics, cameras: int | None = None
) -> SurpriseGate:
    """The gate of `read_gate`, ready to watch."""
    found = read_gate(folder, world_model, cameras)
    return SurpriseGate(world_model, found.config, found.statistics, kinematics)


def read_gate(folder: Path, world_model: JepaWorldModel, cameras: int | None = None) -> Calibrated:
    """The gate of the model in `folder` that looks through `cameras` cameras, by default the model's own.

    It is on the model's device. Raises `GateError`, `ConfigError`.
    """
    own = world_model.config.views
    cameras = own if cameras is None else cameras
    files = gate_files(cameras, own)
    for name in (files.config, files.tensors):
        if not (folder / name).is_file():
            raise GateError(f"the model at {folder} has no gate for {cameras} camera(s): {name} is missing; {_fit(cameras, own)}")
    config = load_config(GateConfig, folder / files.config)
    if config.model_sha256 != model_hash(folder):
        raise GateError(f"{folder / files.config} was fitted to other weights; run `wm gate` again")
    if config.views != cameras:
        raise GateError(f"{folder / files.config} looks through {config.views} camera(s), expected {cameras}; {_fit(cameras, own)}")
    return Calibrated(config, _statistics(folder / files.tensors, cameras, world_model.device))


def _fit(cameras: int, own: int) -> str:
    """What to do for a gate that is not there."""
    return "run `wm gate`" if cameras <= own else f"run `wm gate` on episodes of `wm collect --views {cameras}`"


def _statistics(path: Path, cameras: int, device: torch.device) -> Statistics:
    try:
        tensors = load_file(path, device=str(device))
        latent, early = (Gaussians(**_fields(tensors, part)) for part in ("latent", "early"))
        scenes = tuple(UsualPicture(**_fields(tensors, _scene(camera))) for camera in range(cameras))
        found = Statistics(latent, early, UsualError(**_fields(tensors, "usual")), scenes)
    except (SafetensorError, TypeError) as error:
        raise GateError(f"{path} is damaged ({error}); run `wm gate` again") from error
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise GateError(f"{path} holds NaN or infinity; run `wm gate` again")
    return found


def _scene(camera: int) -> str:
    return f"scene_{camera}"


def _fields(tensors: dict[str, torch.Tensor], part: str) -> dict[str, torch.Tensor]:
    start = f"{part}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
