"""GGUF files of a tuned model say what PEFT says; also without a training: the adapter is random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

# What PEFT asks of transformers is not ours to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")]

PROMPT = "Instruction: Name a river.\nOutput:"


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A tiny base, a random adapter to it and to all weights, and PEFT's first-token log-probabilities."""
    import peft
    import torch

    from selfinstruct_chains.training.bases import converted, find_base, load_model, load_tokenizer
    from tests.training.tiny import tiny_gguf

    folder = tmp_path_factory.mktemp("tuned")
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    base = find_base(str(tiny_gguf(folder / "tiny.gguf")))
    tokenizer, model = load_tokenizer(base), load_model(converted(base), torch.float32)
    patch.undo()
    torch.manual_seed(1)
    config = peft.LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False)
    adapted = peft.get_peft_model(model, config)
    adapted.save_pretrained(folder / "adapter")
    with torch.no_grad():
        logits = adapted(**tokenizer(PROMPT, return_tensors="pt")).logits[0, -1]
    adapted.merge_and_unload().save_pretrained(folder / "merged")
    return {"folder": folder, "base": base, "said": torch.log_softmax(logits, -1)}


def far(said: Any, found: dict[int, float]) -> float:
    """The largest difference."""
    return max(abs(float(said[token]) - value) for token, value in found.items())


def test_the_adapter_alone(tuned: dict[str, Any]) -> None:
    from selfinstruct_chains.training.gguf_writing import write_adapter
    from tests.training.llama import first_token

    folder: Path = tuned["folder"]
    write_adapter(tuned["base"].gguf, folder / "adapter", folder / "adapter.gguf")

    assert far(tuned["said"], first_token(tuned["base"].gguf, PROMPT, folder / "adapter.gguf")) < 0.4
    assert far(tuned["said"], first_token(tuned["base"].gguf, PROMPT)) > 0.4, "the adapter changes something"


@pytest.mark.parametrize("name", ["adapter", "merged"])
def test_base_and_adapter_in_one(tuned: dict[str, Any], name: str) -> None:
    """From PEFT's adapter, and from all weights as transformers writes them."""
    from selfinstruct_chains.training.gguf_writing import write_merged
    from tests.training.llama import first_token

    folder: Path = tuned["folder"]
    write_merged(tuned["base"].gguf, folder / name, folder / f"{name}-whole.gguf", adapter=name == "adapter")

    assert far(tuned["said"], first_token(folder / f"{name}-whole.gguf", PROMPT)) < 0.4
