"""The data folders that the package carries."""

import pytest
import yaml

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.chain import load_config


def test_the_data_folders_are_found() -> None:
    """Chains, prompts and seeds are there, by name."""
    assert {"embedded", "openai", "paper"} <= set(shipped.names(shipped.CHAINS))
    assert set(shipped.names(shipped.PROMPTS)) >= set(ROLES)
    assert shipped.SEEDS.is_file()


@pytest.mark.parametrize("chain", shipped.names(shipped.CHAINS))
def test_every_shipped_chain_loads(chain: str) -> None:
    """What `selfinstruct chains` lists can be used, has the name of its file, and says in one line what it is."""
    config = load_config(chain)

    assert config.name == chain
    assert 0 < len(config.description) < 100
    assert "\n" not in config.description


@pytest.mark.parametrize("chain", shipped.names(shipped.CHAINS))
def test_a_shipped_chain_stands_on_one_screen(chain: str) -> None:
    """A chain file is short, begins with what it is, and writes down each of its sections."""
    text = (shipped.CHAINS / f"{chain}.yaml").read_text(encoding="utf-8")

    assert text.startswith("# ")
    assert len(text.splitlines()) < 80
    assert {"model", "instructions", "classification", "instances", "filters", "novelty", "run"} <= set(
        yaml.safe_load(text)
    )
