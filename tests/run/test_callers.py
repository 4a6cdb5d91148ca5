"""Who makes a run's calls: what the chain file's models lack is found before, and their connections are closed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from selfinstruct_chains import Monitor
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.registry import ConfiguredModel
from selfinstruct_chains.run.assembly import RoleModels, role_models
from selfinstruct_chains.run.callers import Callers, callers, disconnect, fit_to_call
from selfinstruct_chains.run.own import brought
from selfinstruct_chains.testing import ScriptedChat, scripted_author
from tests.run.scripts import config

CHAT = ScriptedChat(reply=scripted_author)
NOBODY = {
    f"classification__model__{key}": value for key, value in (("provider", "nobody"), ("kind", "chat"), ("name", "x"))
}


class Fleet:
    """Stands for a cluster's workers."""

    def __init__(self) -> None:
        self.note: Any = None

    def nodes(self) -> list[Any]:
        """None."""
        return []


def test_a_monitor_sees_the_cluster_where_there_is_one() -> None:
    """Its nodes, and what there is to say of them later; without one it is left as it is."""
    fleet: Any = Fleet()
    monitor, plain = Monitor(notes=["a"]), Monitor()
    Callers(RoleModels({}, {}), [], fleet).watched(monitor)
    Callers(RoleModels({}, {}), []).watched(plain)
    fleet.note("b")

    assert monitor.nodes == fleet.nodes
    assert monitor.notes == ["a", "b"]
    assert plain.nodes is tuple


def test_what_a_model_of_the_chain_file_lacks_is_found() -> None:
    """Before anything is asked; one that a model or a step of the user's own stands for is not looked at."""
    chain = config(**NOBODY, model__base_url="http://127.0.0.1:9/v1")
    with pytest.raises(ConfigError, match="nobody"):
        fit_to_call(chain, role_models(chain), brought())
    own = brought({"classification": CHAT})

    assert fit_to_call(chain, role_models(chain, own.models), own) == []
    assert fit_to_call(chain, role_models(chain), brought(steps={"classification": CHAT})) == []
    with pytest.raises(ConfigError, match="nobody"):
        fit_to_call(chain, role_models(chain), brought(steps={"input_first": CHAT}))


async def test_in_this_process_the_models_are_those_of_the_chain() -> None:
    """With what there is to say of them; nothing makes calls elsewhere."""
    chain = config(model__base_url="http://127.0.0.1:9/v1")
    found = role_models(chain)
    async with callers(chain, found, brought(), 4, Monitor()) as calls:
        assert calls == Callers(found, [], None)
    lacking = config(model__provider="nobody", model__name="x")
    with pytest.raises(ConfigError, match="nobody"):
        async with callers(lacking, role_models(lacking), brought(), 4, Monitor()):
            pass


class Closing(ConfiguredModel):
    """Counts how often it is closed."""

    closed = 0

    async def aclose(self) -> None:
        """Once more."""
        self.closed += 1


async def test_each_model_of_the_chain_file_is_closed_once() -> None:
    """However many roles it has; the user's own is the user's to close."""
    chain = config()
    models = [Closing(chain.model), Closing(chain.model)]
    own = role_models(chain, {"output_first": CHAT}).models["output_first"]
    by_role: Any = {
        "instructions": models[0],
        "classification": models[1],
        "input_first": models[0],
        "output_first": own,
    }
    await disconnect(RoleModels(by_role, {}))

    assert [model.closed for model in models] == [1, 1]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({}, "nobody"),
        ({"models": {"classification": CHAT}}, "ray is not installed"),
        ({"steps": {"classification": CHAT}}, "ray is not installed"),
        ({"models": {"input_first": CHAT}}, "nobody"),
    ],
)
async def test_what_a_cluster_s_models_lack_is_found_before_it_is_reached(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, Any], said: str
) -> None:
    """Those of the chain file, as far as they are asked; then the cluster is looked for."""
    monkeypatch.setitem(sys.modules, "ray", None)
    chain, brings = config(**NOBODY, run__engine="ray"), brought(**own)
    with pytest.raises(ConfigError, match=said):
        async with callers(chain, role_models(chain, brings.models), brings, 4, Monitor()):
            pass
