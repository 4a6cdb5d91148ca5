"""`check --call`: the first call of each role, and which key of the chain file mends what is refused."""

import asyncio
from typing import Any

import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.run.checking import check_chain
from tests.run.picky import Body, Picky, no_system
from tests.run.test_found import chain

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


async def checked(server: Picky, **values: Any) -> list[str]:
    """The lines of a check with calls."""
    return await asyncio.to_thread(lambda: list(check_chain(chain(server, **values), call=True)))


@pytest.mark.parametrize(
    ("parameter", "key"),
    [
        ("seed", "model.send_seed: false"),
        ("max_tokens", "model.max_tokens"),
        ("logprobs", "classification.decide: text"),
    ],
)
async def test_a_refused_parameter_is_named_with_its_key(parameter: str, key: str) -> None:
    """A server that takes a parameter no longer says so, and the message ends with what to change."""

    def refuse(body: Body) -> Any:
        message = f"Unrecognized request argument supplied: {parameter}"
        return (400, {"error": {"message": message, "type": "invalid_request_error"}}) if parameter in body else None

    async with Picky(refuse) as server:
        with pytest.raises(ProviderError, match=f"supplied: {parameter}") as refused:
            await checked(server, classification__decide="logprob", model__system_role=True)

    assert str(refused.value).endswith(f"; in the chain file: {key}")


async def test_it_finds_what_a_run_would_find() -> None:
    """What is left open is found by calls, said, and then each role's own request goes out in that form."""
    async with Picky(no_system) as server:
        lines = await checked(server)

        sent = server.bodies[-4:]
    assert "(system_role: false), since the server refused" in "".join(lines)
    assert [line.split()[1] for line in lines if line.startswith("call: ")] == [
        "instructions:",
        "classification:",
        "input_first:",
        "output_first:",
    ]
    assert [[message["role"] for message in body["messages"]] for body in sent] == [["user"]] * 4
    assert ["response_format" in body for body in sent] == [False, False, True, True]


def test_the_language_of_the_prompts_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are taken in the chain's own language, and nothing where they are English."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-test")
    line = "prompts: in German where they are shipped ones (prompt_language: own)"
    german = {"language": "de", "prompt_language": "own"}

    assert line in list(check_chain(load_config("openai", german)))
    assert not [said for said in check_chain(load_config("openai", {"language": "de"})) if said.startswith("prompts:")]
