"""Role models with the chain's patience, as steps have them: asked from anywhere, and closed."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains import load_config
from selfinstruct_chains.models.own import own_model
from selfinstruct_chains.models.patient import Patiences, Patient
from selfinstruct_chains.testing import ScriptedChat

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
PROMPT = StringPromptValue(text="Say hello.")


def patiences(model: Any) -> Patiences:
    """The retry loop of one role."""
    return Patiences({"classification": model}, load_config("openai"))


def test_it_is_asked_from_anywhere() -> None:
    """Without a loop and in several of them; a model of the user's own is its owner's to close."""
    model = own_model(ScriptedChat(reply=lambda prompt, seed: "Hello"))
    asked = Patient("classification", model, patiences(model))

    assert asked.invoke(PROMPT).text == "Hello"
    assert [asyncio.run(asked.ainvoke(PROMPT)).text for _ in range(2)] == ["Hello"] * 2
    assert asked.get_name() == model.get_name()
    asyncio.run(asked.aclose())


async def test_a_role_has_one_retry_loop(server: Any, model_at: Callable[..., Any]) -> None:
    """In one event loop; a copy makes its own."""
    found = patiences(model_at(server))
    copy = pickle.loads(pickle.dumps(found))  # noqa: S301 - it was made here

    assert found.of("classification") is found.of("classification")
    assert copy.of("classification").what == found.of("classification").what


async def test_closing_closes_the_models_connections(server: Any, model_at: Callable[..., Any]) -> None:
    """Those of the running loop."""
    model = model_at(server)
    asked = Patient("classification", model, patiences(model))

    assert (await asked.ainvoke(PROMPT)).text == "Hello"
    assert asyncio.get_running_loop() in model._by_loop
    await asked.aclose()

    assert asyncio.get_running_loop() not in model._by_loop
