"""The key `seeds` of a chain file: where its seed tasks are, and what a stranger's may name."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains import build_steps, load_config, read_seeds, self_instruct
from selfinstruct_chains.errors import ConfigError, DataError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.testing import ScriptedChat, scripted_author

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MINE = read_seeds(shipped.SEEDS)[:9]


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A chain file in a folder of its own, with seeds beside it."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "seeds.jsonl").write_text("".join(f"{task.model_dump_json(exclude_none=True)}\n" for task in MINE))
    text = (shipped.CHAINS / "openai.yaml").read_text()
    (folder / "chain.yaml").write_text(text.replace("\nmodel:", "\nseeds: seeds.jsonl\nmodel:", 1))
    return folder / "chain.yaml"


def test_a_run_begins_from_them(chain: Path, tmp_path: Path) -> None:
    """From the file beside the chain file; what is given goes before it; the run's folder has them, not their place."""
    config = load_config(chain)
    model = ScriptedChat(reply=scripted_author)
    run = self_instruct(config, tmp_path / "run", models=model)

    assert len(run.invoke({"n": 2})) == 2
    assert read_seeds(tmp_path / "run" / "seeds.jsonl") == MINE
    assert "seeds" not in json.loads((tmp_path / "run" / "manifest.json").read_text())["chain"]
    assert config.changed({"run.seed": 7}).seeds == config.seeds
    other = self_instruct(config, tmp_path / "other", seeds=shipped.SEEDS, models=model)
    other.invoke({"n": 1})
    assert len(read_seeds(tmp_path / "other" / "seeds.jsonl")) == 175
    shown = build_steps(config, models=model).classification.get_prompts()[0].invoke({"instruction": "x"}).to_string()
    assert sum(task.instruction in shown for task in MINE) >= 5


def test_where_they_are_is_no_part_of_a_run(chain: Path, tmp_path: Path) -> None:
    """The same seeds from elsewhere go on in the same folder."""
    model = ScriptedChat(reply=scripted_author)
    self_instruct(load_config(chain), tmp_path / "run", models=model).invoke({"n": 2})
    shutil.move(chain.parent, tmp_path / "moved")

    moved = self_instruct(load_config(tmp_path / "moved" / "chain.yaml"), tmp_path / "run", models=model)

    assert len(moved.invoke({"n": 3})) == 3


def test_commands_take_them(chain: Path, selfinstruct: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` and `show` without --seeds; --seeds goes before, --set as well."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")

    assert "seeds: 9 tasks" in selfinstruct("check", str(chain)).out
    assert "seeds: 175 tasks" in selfinstruct("check", str(chain), "--seeds", str(shipped.SEEDS)).out
    assert "seeds: 175 tasks" in selfinstruct("check", str(chain), "--set", f"seeds={shipped.SEEDS}").out


@pytest.mark.parametrize("name", ["../secret.jsonl", "/etc/hostname", "link.jsonl"])
def test_a_strangers_chain_names_its_own_folder_alone(chain: Path, name: str) -> None:
    """Seeds go to its model: no other file of the reader's may."""
    (chain.parent.parent / "secret.jsonl").write_text("{}\n")
    (chain.parent / "link.jsonl").symlink_to(chain.parent.parent / "secret.jsonl")
    chain.write_text(chain.read_text().replace("seeds: seeds.jsonl", f"seeds: {name}"))

    with pytest.raises(ConfigError, match=r"seeds: .*: a chain file can name seeds in its own folder alone"):
        load_config(chain)


def test_a_file_that_is_not_there_is_told(chain: Path) -> None:
    """Where they are read."""
    (chain.parent / "seeds.jsonl").unlink()

    with pytest.raises(DataError, match=r"seeds\.jsonl"):
        build_steps(load_config(chain))


def test_a_value_that_is_no_name_is_told(chain: Path) -> None:
    """With its key."""
    chain.write_text(chain.read_text().replace("seeds: seeds.jsonl", "seeds: [a]"))

    with pytest.raises(ConfigError, match="seeds: "):
        load_config(chain)
