"""A whole fine-tuning of a tiny model: trained, stopped and resumed, written, and asked through its chain file."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError, DataError, Interrupted

if TYPE_CHECKING:
    from pathlib import Path

    from selfinstruct_chains.training.plan import Plan
    from selfinstruct_chains.training.tune import Step

# What PEFT asks of transformers is not ours to mend.
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")]

STEPS = 8


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base, and 24 examples of which one is too long."""
    from tests.training.tiny import tiny_gguf

    home = tmp_path_factory.mktemp("home")
    tiny_gguf(home / "tiny.gguf")
    rows = [{"instruction": f"Say the number {n}.", "input": "", "output": f"It is {n}."} for n in range(24)]
    rows.append({"instruction": "Go on.", "input": "", "output": "and on " * 200})
    (home / "data.json").write_text(json.dumps(rows))
    return home


@pytest.fixture(autouse=True)
def _cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))


def planned(home: Path, **changes: Any) -> Plan:
    from selfinstruct_chains.training.plan import make_plan
    from selfinstruct_chains.training.settings import TuneSettings

    common = {"base": f"{home}/tiny.gguf", "max_steps": STEPS, "batch_size": 4, "checkpoint_every": 3, "max_tokens": 64}
    return make_plan(home / "data.json", TuneSettings.model_validate(common | {"device": "cpu"} | changes))


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """A fine-tuning that nobody disturbed."""
    from selfinstruct_chains.training.finetune import finetune

    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    try:
        finetune(planned(home), home / "whole")
    finally:
        patch.undo()
    return home / "whole"


def losses(out: Path) -> list[float]:
    return json.loads((out / "loss.json").read_text())["training"]["losses"]


def test_all_is_there_and_told(whole: Path) -> None:
    found = json.loads((whole / "result.json").read_text())

    written = {entry.name for entry in whole.iterdir()}

    assert {"adapter", "merged", "model.gguf", "adapter.gguf", "chain.yaml", "README.md", "loss.svg"} <= written
    assert (found["steps"], found["examples"], found["too_long"]) == (STEPS, 24, 1)
    assert len(losses(whole)) == STEPS
    assert losses(whole)[-1] < losses(whole)[0]


def test_stopped_and_started_again_it_ends_with_the_same_losses(home: Path, whole: Path) -> None:
    """Ctrl-C at step 4, and what a kill leaves of a checkpoint."""
    from selfinstruct_chains.training.finetune import finetune

    def stop(step: Step) -> None:
        if step.number == 4:
            os.kill(os.getpid(), signal.SIGINT)

    out = home / "stopped"
    with pytest.raises(Interrupted, match=r"step 4 of 8.*same command") as stopped:
        finetune(planned(home), out, stop)
    (out / "checkpoints" / "checkpoint-6").mkdir()
    went_on: list[Step] = []
    finetune(planned(home), out, went_on.append)

    assert stopped.value.exit_code == 130
    assert [step.number for step in went_on] == [5, 6, 7, 8]
    assert losses(out) == pytest.approx(losses(whole), abs=1e-5)


def test_done_is_done(home: Path, whole: Path) -> None:
    from selfinstruct_chains.training.finetune import finetune

    steps: list[Step] = []
    assert finetune(planned(home), whole, steps.append)["steps"] == STEPS
    assert steps == []


def test_what_is_done_needs_no_memory(home: Path) -> None:
    from selfinstruct_chains.training.plan import make_plan

    huge = planned(home).settings.model_copy(update={"batch_size": 10**9})
    with pytest.raises(ConfigError, match="of memory is needed"):
        make_plan(home / "data.json", huge)

    assert make_plan(home / "data.json", huge, is_done=True).memory == "none needed, as it is done"


def test_another_fine_tuning_does_not_go_into_its_folder(home: Path, whole: Path) -> None:
    from selfinstruct_chains.training.finetune import finetune

    with pytest.raises(ConfigError, match=r"seed: 42, now 7"):
        finetune(planned(home, seed=7), whole)


def test_too_few_examples(home: Path) -> None:
    with pytest.raises(DataError, match=r"0 examples to train on .*25 longer than 8 tokens"):
        planned(home, max_tokens=8)


def test_the_tuned_model_answers_through_its_chain_file(whole: Path) -> None:
    from openai import OpenAI

    from selfinstruct_chains import load_config
    from selfinstruct_chains.models.embedded import endpoint

    model = load_config(whole / "chain.yaml").model_for("instructions")
    server = endpoint(model.name, model.server)
    with OpenAI(base_url=server.base_url, api_key=server.api_key) as client:
        said = client.completions.create(model=server.model, prompt="Instruction: Say it.\nOutput:", max_tokens=4)

    assert said.choices[0].text


def test_all_weights(home: Path) -> None:
    """The loss goes down, and the file for llama.cpp holds what was trained."""
    from selfinstruct_chains.files.items import read_items
    from selfinstruct_chains.training.finetune import finetune
    from selfinstruct_chains.training.likelihood import reference_likelihoods

    plan = planned(home, method="full", learning_rate=1e-2)
    finetune(plan, home / "full")
    items = read_items(home / "data.json")[:4]
    before = reference_likelihoods(plan.base.name, None, items)
    after = reference_likelihoods(plan.base.name, home / "full" / "merged", items)

    assert sum(one.nll for one in after) < sum(one.nll for one in before)
    assert (home / "full" / "model.gguf").exists()


def test_likelihoods_are_those_of_the_whole_model(home: Path, whole: Path) -> None:
    """Against the plain sum over all scores, for the base and with the adapter."""
    import torch
    from peft import PeftModel

    from selfinstruct_chains.files.items import read_items
    from selfinstruct_chains.training.bases import converted, load_model
    from selfinstruct_chains.training.likelihood import reference_likelihoods

    plan = planned(home)
    items = read_items(home / "data.json")[:5]
    found = reference_likelihoods(plan.base.name, whole / "adapter", items)
    model = PeftModel.from_pretrained(load_model(converted(plan.base), torch.float32), str(whole / "adapter"))
    for item, likelihood in zip(items, found, strict=True):
        prompt = plan.tokenizer(f"Instruction: {item.instruction}\nOutput:")["input_ids"]
        ids = prompt + plan.tokenizer(f" {item.references[0]}")["input_ids"] + [plan.tokenizer.eos_token_id]
        with torch.no_grad():
            scores = torch.log_softmax(model(torch.tensor([ids])).logits[0], -1)
        each = [-float(scores[place - 1, ids[place]]) for place in range(len(prompt), len(ids))]
        assert likelihood.nll == pytest.approx(sum(each[:-1]) / len(each[:-1]), abs=0.05)
        assert likelihood.end_nll == pytest.approx(each[-1], abs=0.05)
