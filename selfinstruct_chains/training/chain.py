"""A chain file that answers with the tuned model, inside the process: the embedded chain with other weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml as pyyaml

from selfinstruct_chains.files import shipped, yaml
from selfinstruct_chains.files.chain import named_after

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.training.settings import PromptStyle

_HEAD = """\
# The model that was fine-tuned here, inside the process. All else is the shipped chain "embedded", whose settings and
# whose classification threshold are those of another model. kind is that of the prompts that it was trained with.
"""


def chain_text(weights: Path, style: PromptStyle, title: str) -> str:
    """The chain file.

    Args:
        weights: the GGUF file; the chain is named after its folder.
        style: how the model was asked in training.
        title: what it is, in words.
    """
    raw: dict[str, Any] = yaml.read(yaml.Source(shipped.CHAINS / "embedded.yaml", "chains/embedded.yaml"))
    raw = {"name": named_after(weights.resolve().parent.name), **raw, "description": title}
    raw["model"] |= {"name": str(weights.resolve()), "kind": "chat" if style == "chat" else "completion"}
    text: str = pyyaml.safe_dump(raw, sort_keys=False, allow_unicode=True, width=120)
    return _HEAD + text
