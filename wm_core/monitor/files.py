"""Where a model's gates are: its own, and one that also watches through cameras that the model does not see with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GateFiles:
    """Names in the model's folder."""

    config: str
    tensors: str

    def there(self, folder: Path) -> bool:
        """Whether the model in `folder` has this gate."""
        return (folder / self.config).is_file()


_OWN = GateFiles("gate.yaml", "gate.safetensors")
_WATCH = GateFiles("gate_watch.yaml", "gate_watch.safetensors")


def gate_files(cameras: int, model_views: int) -> GateFiles:
    """Of the gate that looks through `cameras` cameras, beside a model that sees with `model_views` of them."""
    return _WATCH if cameras > model_views else _OWN
