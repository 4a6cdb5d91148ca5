"""The chain and the prompts beside a dataset, key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ROLES
from selfinstruct_chains.outputs.export.card import model_name
from selfinstruct_chains.outputs.export.recipe import recipe
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.reader import RunReader
from tests.outputs.runs import SEED, run_folder

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
# The chain that made this dataset: selfinstruct generate -n 20 --chain chain.yaml
# Left out is where its maker's models are, and where their keys come from (base_url, api_key_env, headers_env).
"""


def files(path: Path, chain: str = "openai", **settings: Any) -> tuple[RunReader, dict[str, str], dict[str, Any]]:
    """A run of that chain, the texts beside its dataset, and what stands in chain.yaml."""
    run = run_folder(
        path, [], config=load_config(chain, {key.replace("__", "."): one for key, one in settings.items()})
    )
    texts = recipe(run)
    return run, texts, yaml.safe_load(texts["chain.yaml"])


def test_the_chain_has_its_keys_in_their_order(tmp_path: Path) -> None:
    """Those that are set; of models that of the chain whole, and of roles what is another, without places."""
    run, texts, chain = files(tmp_path / "run", model__base_url="http://here/v1", model__api_key_env="MY_KEY")
    values = run.config.model_dump(mode="json")
    model = {key: one for key, one in values["model"].items() if one is not None}

    assert list(texts) == ["chain.yaml", *(f"prompts/{role}.yaml" for role in ROLES)]
    assert texts["chain.yaml"].startswith(HEAD)
    assert not texts["chain.yaml"].removeprefix(HEAD).startswith("#")
    assert list(chain) == [key for key, one in values.items() if one is not None]
    assert chain["model"] == {
        key: one for key, one in model.items() if key not in {"base_url", "api_key_env", "headers_env"}
    }
    assert chain["instructions"]["model"] == {"max_tokens": 1024}
    assert chain["instances"]["input_first"]["model"] == {"max_tokens": 1500}
    assert chain["classification"]["prompt"] == "prompts/classification.yaml"
    assert chain["instances"]["output_first"]["prompt"] == "prompts/output_first.yaml"


def test_a_role_of_another_provider_has_its_whole_model(tmp_path: Path) -> None:
    """Nothing is taken over from the chain's."""
    run, _, chain = files(tmp_path / "run", "mixed")
    own = run.config.classification.model.model_dump(mode="json", exclude={"base_url", "api_key_env", "headers_env"})

    assert chain["classification"]["model"] == {key: one for key, one in own.items() if one is not None}
    assert chain["instructions"]["model"] == {"max_tokens": 4096}


def test_a_prompt_is_what_is_not_a_default(tmp_path: Path) -> None:
    """What each request fills in is a part; texts of several lines stand as they are."""
    _, texts, _ = files(tmp_path / "run", topics=["pay", "loans"])
    prompt = yaml.safe_load(texts["prompts/instructions.yaml"])
    other = yaml.safe_load(texts["prompts/classification.yaml"])

    assert prompt.keys() == {"variables", "format", "parts", "chat", "completion", "classification_only"}
    assert other.keys() == {"variables", "example", "format", "chat", "completion"}
    assert prompt["parts"] == {"the_topic": {"topic": "{topic}"}}
    assert prompt["variables"] == ["examples", "first", "ask", "last", "after"]
    assert "All new ones are about this topic: {the_topic}" in prompt["chat"]["user"]
    assert "{the_topic}" in prompt["completion"]["text"]
    assert "{topic}" not in str({key: one for key, one in prompt.items() if key != "parts"})
    assert prompt["completion"]["stop"] == ["\n\n", "\n{after}."]
    assert other["format"]["json_schema"].startswith('JSON: {{"classification": "yes"}} or')
    assert "\n  user: |\n    {examples}\n\n    Decide in the same way" in texts["prompts/classification.yaml"]


def test_long_texts_are_folded_and_letters_stay(tmp_path: Path) -> None:
    """As a person would write them."""
    _, texts, chain = files(tmp_path / "run", domain="prêts " * 100)

    assert chain["domain"] == ("prêts " * 100).strip()
    assert 110 < max(map(len, texts["chain.yaml"].splitlines())) <= 130
    assert "prêts prêts" in texts["chain.yaml"]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ({}, ""),
        ({"own.parsers.instructions": "Mine", "own.steps.classification": "Mine"}, "parsers.instructions, steps.cl"),
        ({"own_filters": ["no_poems", "short"]}, "filter no_poems, filter short.\n"),
    ],
)
def test_the_maker_s_own_program_is_told(tmp_path: Path, own: dict[str, Any], told: str) -> None:
    """Where it took part."""
    Folder(tmp_path / "run", load_config("openai"), [SEED], own).close()
    text = recipe(RunReader(tmp_path / "run"))["chain.yaml"].removeprefix(HEAD)

    assert text.startswith(f"# Its maker's own program took part too, which is not in it: {told}") == bool(own)
    assert text.startswith("#") == bool(own)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/home/somebody/own.gguf", "own.gguf"),
        ("~/own.gguf", "own.gguf"),
        ("./models/own.gguf", "own.gguf"),
        ("acme/model", "acme/model"),
        ("gpt-6", "gpt-6"),
    ],
)
def test_a_model_is_named_without_the_folders_of_this_machine(name: str, shown: str) -> None:
    """A hub's name has its owner."""
    assert model_name(name) == shown
