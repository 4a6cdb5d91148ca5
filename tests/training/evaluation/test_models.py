"""What `--model` and `--set` name."""

from __future__ import annotations

from pathlib import Path

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.files.items import Item
from selfinstruct_chains.training.evaluation.examining import Examination
from selfinstruct_chains.training.evaluation.models import Asked, Given, folder_name, read_models

ITEMS = [Item("1", "Say it.", "", ("A",), is_classification=False)]


def asked(*given: str, settings: tuple[str, ...] = ()) -> list[Asked]:
    """The models, all of which are asked."""
    return [one for one in read_models(given, settings) if isinstance(one, Asked)]


def test_files_of_answers_and_chains_are_told_apart(tmp_path: Path) -> None:
    odd = tmp_path / "a=b"
    odd.write_text("")
    found = read_models(["runs/base.jsonl", "3B=x.jsonl", str(odd), "openai", "mixed:classification", "me=paper"])

    assert found[:3] == [Given("base", Path("runs/base.jsonl")), Given("3B", Path("x.jsonl")), Given("a=b", odd)]
    assert [one.name for one in found[3:]] == ["openai", "mixed:classification", "me"]
    assert [one.model.name for one in found[3:5] if isinstance(one, Asked)] == ["gpt-6-luna", "gpt-6-luna"]


def test_the_chain_of_a_trained_model_is_named_after_its_folder(tmp_path: Path) -> None:
    chain = tmp_path / "tuned" / "chain.yaml"
    chain.parent.mkdir()
    chain.write_bytes((Path(__file__).parents[3] / "chains" / "embedded.yaml").read_bytes())

    assert [one.name for one in asked(str(chain))] == ["tuned"]


def test_answers_are_not_sampled_as_a_role_is_but_what_is_typed_counts() -> None:
    settings = ("chat:model.kind=chat", "model.temperature=0.5", "paper:instances.input_first.model.max_tokens=9")
    plain, *_ = asked("embedded")
    chat, paper = asked("chat=embedded", "paper", settings=settings)

    assert (plain.model.temperature, plain.model.max_tokens, plain.model.extra) == (0, 128, {})
    assert plain.model.presence_penalty is None
    assert "temperature" in plain.model.optional
    assert (chat.model.kind, chat.model.temperature, paper.model.kind) == ("chat", 0.5, "completion")
    assert paper.model.max_tokens == 9


@pytest.mark.parametrize(
    ("given", "settings", "said"),
    [
        (["openai", "openai"], (), "'openai' is there twice; give one of them another name: --model OTHER=openai"),
        (["a b=openai", "a-b=x.jsonl"], (), "'a-b' is there twice"),
        (["one sentence=x.jsonl"], (), "is a control's name"),
        (["openai:input_frist"], (), "no role 'input_frist' (did you mean 'input_first'?)"),
        (["x.jsonl"], ("run.seed=1",), "all of these are given predictions"),
        (["openai"], ("openia:run.seed=1",), "no model 'openia' is asked (did you mean 'openai'?)"),
        (["openai"], ("openai:run.seed",), "KEY=VALUE is expected"),
    ],
)
def test_refused(given: list[str], settings: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_models(given, settings)

    assert said in str(caught.value)


@pytest.mark.parametrize(("name", "folder"), [("../x", "x"), ("..", "model"), ("a/b:c d", "a-b-c-d"), ("日本", "日本")])
def test_no_name_leads_out_of_the_folder(name: str, folder: str) -> None:
    assert folder_name(name) == folder


def test_weights_trained_anew_are_another_model(tmp_path: Path) -> None:
    """The same file, other weights: another evaluation; the same weights again: the same."""
    file, folders = tmp_path / "model.gguf", []
    for weights in (b"GGUF one", b"GGUF two", b"GGUF one"):
        file.write_bytes(weights)
        examination = Examination(ITEMS, asked("embedded", settings=(f"model.name={file}",)))
        folders.append(examination.default_folder("on.jsonl"))

    assert folders[0] == folders[2] != folders[1]
