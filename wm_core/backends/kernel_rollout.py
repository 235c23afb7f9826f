"""Rollouts of an MLP predictor on an NVIDIA GPU: all steps of all samples are one launch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from wm_core.backends.errors import BackendError
from wm_core.backends.fused import FusedRollout
from wm_core.backends.rollout_weights import Gate, Layer, RolloutWeights
from wm_core.cuda import KernelError, Launch, compile_kernels

SOURCE = Path(__file__).with_name("rollout.cu")
SAMPLES, TILE = 8, 16  # that blocks imagine together; units of a layer, and inputs, that are multiplied at once


@dataclass(frozen=True)
class Team:
    """Blocks that compute for the same samples, and see each other's memory; warps of each."""

    blocks: int
    warps: int

    @property
    def threads(self) -> int:
        """Of a block."""
        return 32 * self.warps

    @property
    def registers(self) -> int:
        """That a thread can have: a multiprocessor has 65,536 of them, and an instruction can name 255."""
        return min(255, 65536 // self.threads)


# On any GPU, and on those that have clusters of blocks (from compute capability 9 on) while all of them are at work at once:
# each block of two reads half of the weights, and what they tell each other takes less time than the other half.
ALONE, PAIR = Team(1, 16), Team(2, 16)


class KernelRollout(FusedRollout):
    """`rollout.cu` for one predictor; a single step (`next`) is computed as in `FusedRollout`.

    Factors have 11 bits, sums and what is carried from step to step are float32.
    """

    def __init__(self, weights: RolloutWeights, teams: Mapping[Team, Launch], most: int = 0) -> None:
        """teams: the kernel, compiled with `kernel_options` for each of them. most: samples that `PAIR` is for, where it is
        there. Raises `BackendError` for layers that the kernel does not know.
        """
        _check(weights)
        super().__init__(weights)
        self._teams, self._most = teams, most
        self._tiles, self._numbers = _tiles(weights), _numbers(weights)
        self._shared = {team: shared_bytes(weights, team) for team in teams}

    @torch.no_grad()
    def rollout(self, latent: Tensor, actions: Tensor) -> Tensor:
        """See `Rollout`."""
        samples, horizon, _ = actions.shape
        futures = latent.new_empty(samples, self._history + horizon, self._latent)
        team = PAIR if samples <= self._most else ALONE
        blocks = -(-samples // SAMPLES) * team.blocks
        arguments = [latent.contiguous(), actions.contiguous(), self._tiles, self._numbers, futures, samples, horizon]
        self._teams[team](blocks, team.threads, arguments, self._shared[team])
        return futures.unfold(1, self._history, 1)[:, 1:].mT  # (S, H, K, D), windows that overlap


def compiled_rollout(weights: RolloutWeights) -> KernelRollout:
    """Raises `BackendError` for weights that are on no GPU, that the kernel does not know, and where it cannot be compiled."""
    device = weights.action_scale.device
    if device.type != "cuda":
        raise BackendError(f"backend 'fused-cuda' computes on an NVIDIA GPU, and the model is on {device}")
    _check(weights)
    gpu, kernels = torch.cuda.get_device_properties(device), {}
    room, needed = gpu.shared_memory_per_block_optin, shared_bytes(weights, ALONE)
    if needed > room:
        raise BackendError(f"backend 'fused-cuda' needs {needed} bytes of a block's memory for this model, and the GPU has {room}")
    pairs = gpu.major >= 9 and shared_bytes(weights, PAIR) <= room
    try:
        for team in (ALONE, PAIR) if pairs else (ALONE,):
            options = *kernel_options(weights, team), f"--maxrregcount={team.registers}"
            kernels[team] = compile_kernels(SOURCE, device, options)["rollout"]
            kernels[team].allow_shared(shared_bytes(weights, team))
    except KernelError as error:
        raise BackendError(f"backend 'fused-cuda' has no kernel: {error}") from error
    return KernelRollout(weights, kernels, SAMPLES * gpu.multi_processor_count // PAIR.blocks if pairs else 0)


def kernel_options(weights: RolloutWeights, team: Team) -> tuple[str, ...]:
    """What the source is compiled with."""
    numbers = {
        "CLUSTER": team.blocks,
        "WARPS": team.warps,
        "LATENT": weights.latent,
        "HISTORY": weights.history,
        "ACTION": weights.action,
        "HIDDEN": len(weights.predictor[0].bias),
        "LAYERS": len(weights.predictor) - 2,
        "TOUCH": 0 if weights.gate is None else len(weights.gate.layers[0].bias),
        "MIDDLE": 0 if weights.gate is None else len(weights.gate.layers[1].bias),
    }
    return tuple(f"-D{name}={value}" for name, value in numbers.items())


def shared_bytes(weights: RolloutWeights, team: Team) -> int:
    """Of shared memory that a block takes: the sum of what the source lays out there."""
    warps, hidden = team.blocks * team.warps, len(weights.predictor[0].bias)
    seen = -(-(weights.history * weights.latent + weights.action) // TILE) * TILE
    halves = _span(seen) + _span(hidden)
    numbers = 4 * warps + _parts(weights.latent, warps) * (weights.latent + 4)  # sums of units, changes
    if weights.gate is not None:
        touch, middle, _ = (len(layer.bias) for layer in weights.gate.layers)
        halves, numbers = halves + _span(touch), numbers + _parts(middle, warps) * (middle + 4)
    return SAMPLES * (2 * halves + 4 * numbers) + 4 * len(_numbers(weights)) + TILE


def as_tiles(weight: Tensor) -> Tensor:
    """(out, in), multiples of 16 -> halves, in the order in which a warp's threads hold them for m16n8k16.

    Of the 16 x 16 numbers of a tile, thread 4 g + q has rows g and g + 8 of columns 2 q, 2 q + 1, then those of 8 columns on
    (PTX ISA, "Matrix fragments for mma.m16n8k16").
    """
    rows, columns = (size // TILE for size in weight.shape)
    parts = weight.reshape(rows, 2, 8, columns, 2, 4, 2)  # tile, + 8, g, tile, + 8, q, + 1
    return parts.permute(0, 3, 2, 5, 4, 1, 6).reshape(-1).half()


def _tiles(weights: RolloutWeights) -> Tensor:
    gate = weights.gate
    firsts = [weights.predictor[0]] + ([] if gate is None else [gate.layers[0]])
    entered = torch.cat([layer.weight for layer in firsts])
    seen = weights.history * weights.latent
    # Of the action's columns, so that actions are handed over in m.
    entered = torch.cat([entered[:, :seen], entered[:, seen:] * weights.action_scale], dim=1)
    matrices = [pad(entered, (0, -entered.shape[1] % TILE)), *(layer.weight for layer in weights.predictor[1:])]
    if gate is not None:
        matrices.append(gate.layers[1].weight)
    return torch.cat([as_tiles(matrix) for matrix in matrices])


def _numbers(weights: RolloutWeights) -> Tensor:
    """The `Numbers` of the source, in its order."""
    first, *between, last = weights.predictor
    gate, norms = weights.gate, [layer.norm for layer in weights.predictor[:-1]]
    touch = None if gate is None else gate.layers[0]
    firsts = [first] if touch is None else [first, touch]
    parts = [layer.bias for layer in firsts] + [layer.norm[0] for layer in firsts] + [layer.norm[1] for layer in firsts]
    parts += [layer.bias for layer in between] + [layer.norm[0] for layer in between] + [layer.norm[1] for layer in between]
    parts += [last.bias, last.bias.new_tensor([norm[2] for norm in norms])]
    if gate is not None:
        middle, logit = gate.layers[1:]
        felt = (0, weights.latent - weights.visual)
        read, back = pad(gate.read, felt), pad(gate.back, felt)
        parts += [last.bias.new_tensor([touch.norm[2]]), middle.bias, logit.weight.flatten(), logit.bias]
        parts += [read.flatten(), back.flatten()]
    return torch.cat(parts).float().contiguous()


def _check(weights: RolloutWeights) -> None:
    *before, last = weights.predictor
    known = len(before) >= 2 and all(map(_normed, before)) and last.norm is None and not last.silu
    sizes = [weights.latent, *(len(layer.bias) for layer in before)]
    known = known and len(set(sizes[1:])) == 1
    if weights.gate is not None:
        known = known and _known_gate(weights.gate)
        sizes += [len(layer.bias) for layer in weights.gate.layers[:2]]
    if not known:
        raise BackendError(
            "backend 'fused-cuda' knows predictors of three or more layers, as wide as each other and with layer norm and SiLU "
            "after all but the last, and touch heads of three; this model has others"
        )
    if any(size % TILE for size in sizes):
        raise BackendError(f"backend 'fused-cuda' needs latents and layers that are multiples of {TILE}, not {sizes}")


def _known_gate(gate: Gate) -> bool:
    first, middle, last = gate.layers if len(gate.layers) == 3 else (None, None, None)
    return first is not None and _normed(first) and _plain(middle, True) and _plain(last, False) and len(last.bias) == 1


def _normed(layer: Layer) -> bool:
    return layer.norm is not None and layer.silu


def _plain(layer: Layer, active: bool) -> bool:
    return layer.norm is None and layer.silu is active


def _span(width: int) -> int:
    return width + 8


def _parts(width: int, warps: int) -> int:
    tiles = width // TILE
    return 1 if tiles > warps // 2 else warps // tiles
