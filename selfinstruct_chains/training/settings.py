"""All that can be said of a fine-tuning: frozen, closed, every default here alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import yaml as pyyaml
from annotated_types import Ge, Gt, Le, Lt

from selfinstruct_chains.config.base import Closed, Count, Positive, Real, Whole
from selfinstruct_chains.files import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHIPPED_BASE = "smollm2-135m-instruct"
"""The embedded model's own weights (`models.embedded.SHIPPED`)."""

Method = Literal["lora", "full"]
PromptStyle = Literal["plain", "chat"]
"""How a model is asked: by `asked.plain_prompt`, or by its own chat template."""
Precision = Literal["fp32", "bf16"]

_RATES: dict[Method, float] = {"lora": 5e-4, "full": 2e-5}


class Lora(Closed):
    """The adapter's shape."""

    rank: Annotated[Whole, Ge(1), Le(1024)] = 16
    alpha: Annotated[Real, Gt(0)] = 32
    """The adapter counts alpha / rank times."""
    dropout: Annotated[Real, Ge(0), Lt(1)] = 0.05
    targets: str | tuple[str, ...] = "all-linear"
    """Names of the layers that get one, as PEFT has them."""


class TuneSettings(Closed):
    """How a model is fine-tuned. What is None is chosen when it begins, and said."""

    base: str = SHIPPED_BASE
    """A local folder, a Hub id, a GGUF file (also `hf:owner/repo/file.gguf`), or the embedded model's name."""
    method: Method = "lora"
    lora: Lora = Lora()
    prompt: PromptStyle = "plain"
    include_seeds: bool = False
    """The seed tasks of a run too."""
    validation: Annotated[Real, Ge(0), Lt(1)] = 0
    """Share of the instructions to set aside, for a loss that is measured at each checkpoint."""
    max_tokens: Annotated[Whole, Ge(8)] = 512
    """Examples with more tokens are left out, and counted; none is cut."""
    min_examples: Positive = 10
    """With fewer there is nothing to learn from, and it is refused."""
    epochs: Annotated[Real, Gt(0)] = 1
    max_steps: Positive | None = None
    """Goes before `epochs`."""
    batch_size: Positive = 8
    """Examples at a time, on each device."""
    accumulate: Positive = 1
    """Batches to a step."""
    learning_rate: Annotated[Real, Gt(0)] | None = None
    """None: 5e-4 for LoRA, 2e-5 for full."""
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup: Annotated[Real, Ge(0), Lt(1)] = 0.03
    """Share of the steps."""
    weight_decay: Annotated[Real, Ge(0)] = 0
    gradient_checkpointing: bool = False
    """Less memory for about a fifth more time."""
    precision: Precision | None = None
    """None: bf16 where the processor has instructions for it, else fp32."""
    threads: Positive | None = None
    """None: as many as there are cores for this process."""
    device: Literal["auto", "cpu"] = "auto"
    seed: Count = 42
    checkpoint_every: Positive = 50
    """Steps."""
    checkpoints_kept: Annotated[Whole, Ge(2)] = 2
    report_to: tuple[str, ...] = ()
    """Where transformers' Trainer shall report to: "tensorboard", "wandb", ...; each needs its package."""
    merged: bool = True
    """Write the whole model too, base and adapter in one, as a folder for transformers."""
    gguf: bool = True
    """Write GGUF files, for llama.cpp, and a chain file that uses them."""

    @property
    def rate(self) -> float:
        """The learning rate, chosen by method where none is given."""
        return self.learning_rate or _RATES[self.method]


FREE = frozenset({"threads", "device", "checkpoint_every", "checkpoints_kept", "report_to", "merged", "gguf"})
"""What may differ when a fine-tuning goes on: it shapes no weights, or hardly."""


def load_settings(file: Path | None, overrides: Mapping[str, Any]) -> TuneSettings:
    """The settings of a YAML file, and those that `overrides` has by dotted key over them.

    Raises:
        ConfigError: naming the file and the key, and what is allowed.
    """
    raw = yaml.read(yaml.Source(file, str(file))) if file else {}
    for dotted, value in overrides.items():
        *above, last = dotted.split(".")
        section = raw
        for part in above:
            below = section.get(part)
            section[part] = dict(below) if isinstance(below, dict) else {}
            section = section[part]
        section[last] = value
    return yaml.validate(
        TuneSettings, raw, lambda key: f"--set {key}" if key in overrides else f"{file or '--set'}: {key}"
    )


def settings_text(settings: TuneSettings) -> str:
    """The settings as a YAML file that `load_settings` reads."""
    text: str = pyyaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return text
