"""The memory that a fine-tuning needs, said before any weights are loaded, and what there is of it.

An estimate on the safe side, fitted to peaks that were measured on a CPU with SmolLM2-135M and a 270M Gemma.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import ConfigError

if TYPE_CHECKING:
    from selfinstruct_chains.training.settings import TuneSettings

_MEMINFO, _LIMIT, _USED = (
    Path("/proc/meminfo"),
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory.current"),
)
_GIB = 2**30
_PROGRAM = 0.8 * _GIB
"""torch, transformers and what they load."""
_ADAM = 16
"""Bytes for each weight that is trained: itself, its gradient, and AdamW's two moments, in 32 bits."""
_KEPT_HIDDEN, _KEPT_INNER = 20, 5
"""Numbers that a layer keeps for the way back, for each token: so many times its width, and that of its inner layer."""
_KEPT_SCORES, _HEAD = 3.5, 64
"""And of the scores of attention, for each two tokens of an example and each head: copies; the width of a head."""


class Shape(NamedTuple):
    """What of a model decides how much memory it takes."""

    parameters: int
    layers: int
    hidden: int
    inner: int
    vocabulary: int


def needed_memory(shape: Shape, settings: TuneSettings, precision: str, longest: int, device: str = "cpu") -> int:
    """Bytes at the peak of training.

    Args:
        shape: the model's.
        settings: method, batch size, and whether what a layer keeps is computed anew.
        precision: of the weights, and of what is computed.
        longest: tokens of the longest example.
        device: where it is trained. A CPU keeps most in 32 bits, also of a model in 16, and all scores of attention.
    """
    full = settings.method == "full"
    width = 4 if precision == "fp32" else 2
    tokens = settings.batch_size * longest
    adapter = 7 * 2 * settings.lora.rank * shape.hidden * 2 * shape.layers
    weights = shape.parameters * _ADAM if full else shape.parameters * width + adapter * _ADAM
    each = _KEPT_HIDDEN * shape.hidden + _KEPT_INNER * shape.inner
    if device == "cpu":
        width, each = 4, each + round(_KEPT_SCORES * longest * shape.hidden / _HEAD)
    kept = tokens * each * width
    kept *= 1 if settings.gradient_checkpointing else shape.layers
    scores = tokens * shape.vocabulary * 4 * 2  # the loss is taken in pieces, but not by every version
    return int(_PROGRAM + weights + kept + scores)


def free_memory() -> int | None:
    """Bytes that this process may still take, by the system and its control group; None where neither tells."""
    lines = _text(_MEMINFO).splitlines()
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit, used = _text(_LIMIT).strip(), _text(_USED).strip()
    if limit.isdecimal() and used.isdecimal():
        found.append(max(0, int(limit) - int(used)))
    return min(found, default=None)


def check_memory(needed: int, free: int | None, where: str = "free") -> str:
    """What to say of the memory.

    Raises:
        ConfigError: it can't fit: more is needed than there is.
    """
    if free is None:
        return f"about {gib(needed)} needed"
    if needed > free:
        raise ConfigError(
            f"about {gib(needed)} of memory is needed and {gib(free)} is {where}: a smaller --set batch_size, "
            "max_tokens or base, or --set gradient_checkpointing=true, needs less"
        )
    return f"about {gib(needed)} needed, {gib(free)} {where}"


def gib(count: float) -> str:
    """Bytes as people say them."""
    return f"{count / _GIB:.1f} GiB"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
