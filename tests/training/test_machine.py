"""Memory, cores and precision, by what systems say of themselves."""

from __future__ import annotations

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.training.memory import Shape, check_memory, needed_memory
from selfinstruct_chains.training.processor import cores, cpu_precision
from selfinstruct_chains.training.settings import TuneSettings

GIB = 2**30
SMOL = Shape(134_515_008, 30, 576, 1536, 49_152)
GEMMA = Shape(268_098_176, 18, 640, 2048, 262_144)


def test_precision_goes_by_the_instructions() -> None:
    assert cpu_precision("processor : 0\nflags\t\t: fpu avx512_bf16 amx_bf16 amx_tile\n")[0] == "bf16"
    assert cpu_precision("processor : 0\nflags\t\t: fpu avx512_bf16\n")[0] == "fp32"
    assert cpu_precision("")[0] == "fp32"


def test_cores_are_those_of_the_control_group() -> None:
    assert cores("50000 100000\n") == 1
    assert cores("max 100000\n") == cores("") >= 1


@pytest.mark.parametrize(
    ("shape", "precision", "length", "measured"),
    [(SMOL, "fp32", 256, 5.7), (SMOL, "fp32", 510, 19.0), (SMOL, "bf16", 256, 7.7), (GEMMA, "bf16", 256, 7.3)],
)
def test_the_estimate_covers_what_was_measured_and_is_not_its_double(
    shape: Shape, precision: str, length: int, measured: float
) -> None:
    """Gigabytes at the peak on a CPU, with LoRA of rank 16 and batches of 8."""
    found = needed_memory(shape, TuneSettings(), precision, length)

    assert measured * 1e9 < found < 2 * measured * 1e9


def test_a_gpu_keeps_less() -> None:
    """No scores of attention, and 16 bits of what is in 16."""
    cpu, gpu = (needed_memory(SMOL, TuneSettings(), "bf16", 512, device) for device in ("cpu", "cuda"))

    assert gpu < cpu / 2


def test_more_of_anything_needs_more() -> None:
    least = needed_memory(SMOL, TuneSettings(gradient_checkpointing=True), "bf16", 256)

    assert least < needed_memory(SMOL, TuneSettings(), "bf16", 256) < needed_memory(SMOL, TuneSettings(), "fp32", 256)
    assert needed_memory(SMOL, TuneSettings(), "fp32", 256) < needed_memory(
        SMOL, TuneSettings(method="full"), "fp32", 256
    )


def test_what_cannot_fit_is_refused_with_both_figures() -> None:
    with pytest.raises(ConfigError, match=r"8\.0 GiB of memory is needed and 2\.0 GiB is free: .*batch_size"):
        check_memory(8 * GIB, 2 * GIB)
    assert check_memory(2 * GIB, 8 * GIB) == "about 2.0 GiB needed, 8.0 GiB free"
    assert check_memory(2 * GIB, None) == "about 2.0 GiB needed"
