"""What one batch of training holds."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Windows:
    """A batch of windows of T moments, V views.

    images: (B, T, 3V, h, w) uint8; joints: (B, T, J) rad; gripper: (B, T) m opening, 0 where there is none.
    tool, object: (B, T, 3) m, ground truth; the object's is for probes and diagnosis, never for a loss of the latent.
    actions: (B, T - 1, A) as commanded; carried: (B, T - 1, 3) m and touch: (B, T - 1), see `wm_core.types.Felt`.
    carried_before: (B, 3) m and touched_before: (B,), summed from the episode's beginning to the window's.
    place: (B, T, 3) m and certainty: (B, T), of the object as a hand that held it knew it, see `HeldPlaces`.
    """

    images: Tensor
    joints: Tensor
    gripper: Tensor
    tool: Tensor
    object: Tensor
    actions: Tensor
    carried: Tensor
    touch: Tensor
    carried_before: Tensor
    touched_before: Tensor
    place: Tensor
    certainty: Tensor
