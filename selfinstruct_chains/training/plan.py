"""A fine-tuning before it begins: all that it takes, looked at and found fit; nothing of the weights is loaded yet."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.training.bases import Base, find_base, load_tokenizer
from selfinstruct_chains.training.data import Examples, read_examples
from selfinstruct_chains.training.encoding import Fitting, fitting
from selfinstruct_chains.training.memory import check_memory, free_memory, needed_memory
from selfinstruct_chains.training.processor import Processor, choose_processor

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.training.settings import TuneSettings

_RATE = {"fp32": 1.0e10, "bf16": 1.4e10}
"""Weights times tokens that a CPU's thread trains on in a second, as measured; a GPU is quicker by far."""


class Plan(NamedTuple):
    """What is to be trained, on what, with what."""

    settings: TuneSettings
    processor: Processor
    base: Base
    tokenizer: Any
    examples: Examples
    train: Fitting
    validation: Fitting
    memory: str
    """What is needed and what there is, in words."""

    @property
    def steps(self) -> int:
        """Steps on one device, to the end."""
        batches = math.ceil(len(self.train.kept) / self.settings.batch_size)
        each = math.ceil(batches / self.settings.accumulate)
        return self.settings.max_steps or math.ceil(each * self.settings.epochs)

    @property
    def minutes(self) -> float | None:
        """About how long it takes on a CPU that is free; None where nothing is known."""
        if self.processor.device != "cpu":
            return None
        share = self.steps * self.settings.batch_size * self.settings.accumulate / max(1, len(self.train.kept))
        rate = _RATE[self.processor.precision] * min(self.processor.threads, 16)
        return share * self.train.tokens * self.base.shape.parameters / rate / 60


def make_plan(source: Path, settings: TuneSettings, *, is_done: bool = False) -> Plan:
    """Look at the data, the base and the machine.

    Args:
        source: a run's folder, or an export.
        settings: how it is trained.
        is_done: whether it is trained already, so that no memory is needed any more.

    Raises:
        DataError: the data can't be read, or too few examples of it can be trained on.
        RunError: the run folder is damaged.
        ConfigError: the base isn't there or unfit, a package is missing, or the memory does not suffice.
    """
    examples = read_examples(source, settings)
    processor = choose_processor(settings)
    base = find_base(settings.base)
    tokenizer = load_tokenizer(base)
    train, validation = (
        fitting(tokenizer, some, settings.prompt, settings.max_tokens) for some in (examples.train, examples.validation)
    )
    if len(train.kept) < settings.min_examples:
        why = left_out(train, settings.max_tokens) or "none left out"
        fewest = f"{settings.min_examples} are the fewest (--set min_examples=)"
        raise DataError(f"{source}: {len(train.kept)} examples to train on ({why}); {fewest}")
    longest = max(train.longest, validation.longest)
    memory = needed_memory(base.shape, settings, processor.precision, longest, processor.device)
    free = free_memory() if processor.device == "cpu" else _gpu_memory()
    told = "none needed, as it is done" if is_done else check_memory(memory, free)
    return Plan(settings, processor, base, tokenizer, examples, train, validation, told)


def left_out(found: Fitting, max_tokens: int) -> str:
    """How many examples were left out and why, in words; "" if none was."""
    parts = [f"{found.too_long:,} longer than {max_tokens:,} tokens"] if found.too_long else []
    parts += [f"{found.blank:,} with a blank output"] if found.blank else []
    return f"left out: {', '.join(parts)}" if parts else ""


def _gpu_memory() -> int:
    free, _ = needed("torch", "train").cuda.mem_get_info()
    return int(free)
