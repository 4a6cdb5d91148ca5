"""What can be said of a cluster without Ray: that it is missing, that versions differ, which node has room."""

import re
import sys
from pathlib import Path

import pytest

from selfinstruct_chains import load_config, self_instruct
from selfinstruct_chains.config import RayConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.fleet.fleet import compared
from selfinstruct_chains.models.fleet.rays import Node, fits
from selfinstruct_chains.models.fleet.worker import versions
from selfinstruct_chains.models.forms import forms, forms_without_key

PACKAGE = Path(__file__).parents[2] / "selfinstruct_chains"
HERE = Node("1", "10.0.0.5", {"CPU": 8.0, "GPU": 1.0})


def test_one_module_asks_ray():
    """What is known of Ray's ways stands in one place."""
    asking = {
        path.name
        for path in PACKAGE.rglob("*.py")
        if re.search(r"needed\(\"ray|import ray\b|from ray\b", path.read_text())
    }

    assert asking == {"rays.py"}


async def test_ray_is_not_installed(monkeypatch, tmp_path):
    """The extra is named, and no folder is begun."""
    monkeypatch.setitem(sys.modules, "ray", None)
    chain = self_instruct(load_config("openai", {"run.engine": "ray"}), tmp_path / "run")

    with pytest.raises(ConfigError, match=r"ray is not installed: run `pip install 'selfinstruct-chains\[ray\]'`"):
        await chain.ainvoke({"n": 5})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["python", "selfinstruct-chains", "langchain-core"])
def test_a_worker_of_another_version(name):
    """Which package, which node, which versions: one line."""
    compared(versions(), HERE)

    with pytest.raises(ConfigError, match=rf"worker on 10\.0\.0\.5 has {name} 0\.0\.1, and this machine "):
        compared(versions() | {name: "0.0.1"}, HERE)


@pytest.mark.parametrize(
    ("settings", "has_room"),
    [
        ({}, True),
        ({"num_cpus": 8}, True),
        ({"num_cpus": 4, "per_node": 2}, True),
        ({"num_cpus": 4.5, "per_node": 2}, False),
        ({"num_gpus": 0.5, "per_node": 2}, True),
        ({"num_gpus": 1, "per_node": 2}, False),
    ],
)
def test_which_node_has_room(settings, has_room):
    """All workers of a node count."""
    assert fits(HERE, RayConfig(**settings)) is has_room


def test_a_node_without_cores_has_room_for_what_needs_none():
    """A head that its cluster leaves free can do that."""
    assert fits(Node("1", "10.0.0.5", {}), RayConfig())
    assert not fits(Node("1", "10.0.0.5", {}), RayConfig(num_cpus=1))


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:9/v1"])
def test_what_a_model_can_be_asked_is_known_without_its_key(monkeypatch, base_url):
    """Also where the chain file names a variable for the key, or for a header, that only workers have."""
    values = {"base_url": base_url, "api_key_env": "NOT_HERE", "headers_env": {"X-Team": "NOT_HERE_EITHER"}}
    config = load_config("openai").model.model_copy(update=values)
    monkeypatch.setenv("NOT_HERE", "sk-there")
    monkeypatch.setenv("NOT_HERE_EITHER", "team")
    with_key = forms(config)
    monkeypatch.delenv("NOT_HERE")
    monkeypatch.delenv("NOT_HERE_EITHER")

    assert forms_without_key(config) == with_key
    assert "json_schema" in with_key.outputs
