"""What is made of a trained model: adapter, whole weights, GGUF, chain file, loss curve and card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.writing import scratch_folder, take_place, write_atomically
from selfinstruct_chains.training.card import Card, card
from selfinstruct_chains.training.chain import chain_text
from selfinstruct_chains.training.gguf_writing import write_adapter, write_merged
from selfinstruct_chains.training.loss_curve import curve_json, curve_of, curve_svg
from selfinstruct_chains.training.place import RESULT

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.training.plan import Plan
    from selfinstruct_chains.training.tune import Trained

ADAPTER, MERGED, GGUF, GGUF_ADAPTER, CHAIN = "adapter", "merged", "model.gguf", "adapter.gguf", "chain.yaml"


def write_results(plan: Plan, trained: Trained, out: Path) -> dict[str, Any]:
    """Write all that the settings ask for into `out`; what came of it, as `result.json` has it.

    Raises:
        OSError: a file can't be written.
    """
    curve = curve_of(trained.history)
    write_atomically(out / "loss.json", curve_json(curve))
    write_atomically(out / "loss.svg", curve_svg(curve))
    _write_weights(plan, trained, out)
    found: dict[str, Any] = {
        "steps": trained.steps,
        "minutes": round(trained.seconds / 60, 2),
        "loss": curve.training[-1].loss if curve.training else None,
        "validation_loss": curve.validation[-1].loss if curve.validation else None,
        "examples": len(plan.train.kept),
        "too_long": plan.train.too_long,
        "blank": plan.train.blank,
        "tokens": plan.train.tokens,
        "notes": _write_gguf(plan, out) if plan.settings.gguf else [],
    }
    write_atomically(out / "README.md", card(Card.of(plan, found, out)))
    write_atomically(out / RESULT, json.dumps(found, indent=2) + "\n")
    return found


def _write_weights(plan: Plan, trained: Trained, out: Path) -> None:
    """The adapter, as it was trained, and the whole model in 16 bits."""
    torch, model = needed("torch", "train"), trained.model
    if plan.settings.method == "lora":
        with scratch_folder(out / ADAPTER) as scratch:
            model.save_pretrained(scratch)
            (scratch / "README.md").unlink(missing_ok=True)  # a form that nobody filled in; ours is one folder up
            plan.tokenizer.save_pretrained(scratch)
            take_place(scratch, out / ADAPTER)
        if not plan.settings.merged:
            return
        model = model.to(torch.float32).merge_and_unload()
    with scratch_folder(out / MERGED) as scratch:
        model.to(torch.bfloat16).save_pretrained(scratch)
        plan.tokenizer.save_pretrained(scratch)
        take_place(scratch, out / MERGED)


def _write_gguf(plan: Plan, out: Path) -> list[str]:
    """The GGUF files and the chain that uses them; what there is to say where they can't be written."""
    base, lora = plan.base.gguf, plan.settings.method == "lora"
    if base is None:
        return [f"no GGUF: the base is none. llama.cpp's convert_hf_to_gguf.py makes one of {out / MERGED}"]
    try:
        if lora:
            write_adapter(base, out / ADAPTER, out / GGUF_ADAPTER)
        write_merged(base, out / (ADAPTER if lora else MERGED), out / GGUF, adapter=lora)
    except ConfigError as error:
        return [f"no GGUF: {error}"]
    title = f"{plan.base.name}, fine-tuned on {plan.examples.source}."
    write_atomically(out / CHAIN, chain_text(out / GGUF, plan.settings.prompt, title))
    return []
