"""What examples/ray says can be typed: its commands load, its YAML is YAML, and the way without Ray works."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from selfinstruct_chains.cli.main import COMMANDS
from selfinstruct_chains.files.chain import load_config, parse_overrides
from selfinstruct_chains.testing.server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[1] / "examples" / "ray"
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir() if path.suffix in {".md", ".yaml"}}


def commands() -> list[list[str]]:
    """Every command `selfinstruct` in the page and the files, in words."""
    found = []
    for text in TEXTS.values():
        whole = re.sub(r"(?<=\S)\s*\\?\n\s+(?=--set|-o)", " ", text)
        found += [
            shlex.split(line, comments=True)
            for line in re.findall(r"selfinstruct ((?:generate|estimate)[^`\n]*)", whole)
        ]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_can_be_typed(words: list[str]) -> None:
    """Its command, its chain and its settings are there, and fit."""
    sets = tuple(value for flag, value in pairwise(words) if flag == "--set")
    chain = words[words.index("--chain") + 1] if "--chain" in words else "embedded"
    config = load_config(chain, parse_overrides(sets))

    assert words[0] in COMMANDS
    assert config.run.engine == ("ray" if "run.engine=ray" in words else "local")


def test_there_are_commands() -> None:
    """The search above finds those of the page, and the one of the Kubernetes job with its settings."""
    assert len(commands()) >= 6
    assert any("/runs/first" in words and "run.ray.address=auto" in words for words in commands())


@pytest.mark.parametrize("name", sorted(name for name in TEXTS if name.endswith(".yaml")))
def test_a_file_is_yaml_and_the_page_names_it(name: str) -> None:
    """Each file is one document, and described."""
    assert isinstance(yaml.safe_load(TEXTS[name]), dict)
    assert f"({name})" in TEXTS["README.md"]


def test_keys_come_from_secrets_alone() -> None:
    """On Kubernetes no value of a key or a token stands in the file, and head and workers have the same."""
    spec = yaml.safe_load(TEXTS["kuberay.yaml"])["spec"]["rayClusterSpec"]
    pods = [spec["headGroupSpec"], *spec["workerGroupSpecs"]]
    environments = [pod["template"]["spec"]["containers"][0]["env"] for pod in pods]

    assert environments[0] == environments[1]
    assert {one["name"]: "secretKeyRef" in one.get("valueFrom", {}) for one in environments[0]} == {
        "RAY_AUTH_MODE": False,
        "RAY_AUTH_TOKEN": True,
        "OPENAI_API_KEY": True,
    }


def test_the_way_without_ray_works(selfinstruct: Callable[..., Any], tmp_path: Path) -> None:
    """The first command of the page, with an endpoint that is there, makes a dataset."""
    words = next(words for words in commands() if "model.provider=vllm" in words)
    with ScriptedServer() as server:
        here = [word.replace("http://HEAD:8000/v1", server.base_url).replace("100000", "3") for word in words]
        said = selfinstruct(*here, "-o", str(tmp_path / "run"))

    assert (said.code, "3 tasks are in" in said.out) == (0, True)
