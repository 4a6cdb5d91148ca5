"""What our HTTP clients refuse, by every provider's real client: to read without end, and to be sent elsewhere."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompt_values import StringPromptValue

from selfinstruct_chains.errors import ProviderError
from selfinstruct_chains.models.faults import NoReply
from selfinstruct_chains.models.registry import ConfiguredModel
from tests.models.conftest import CLIENTS
from tests.models.raw_server import RawServer

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The `_model_construct`:DeprecationWarning"),
]
PROMPT = StringPromptValue(text="Say hello.")
PACKED = gzip.compress(b" " * 5 * 2**20)
OVER_OPENAIS = pytest.param("bedrock_mantle_openai", "chat", marks=pytest.mark.providers)
"""One of the providers that only LangChain knows, and whose class is over OpenAI's."""
each = pytest.mark.parametrize(("provider", "form"), [*CLIENTS, OVER_OPENAIS])


async def ask(config: Any) -> None:
    model = ConfiguredModel(config)
    try:
        await model.ainvoke(PROMPT)
    finally:
        await model.aclose()


@each
async def test_a_response_is_read_up_to_a_bound(at: Callable[..., Any], provider: str, form: str) -> None:
    """Of a response beyond `max_response_mib` no more is read, and the message names the setting."""
    await is_bounded(at, provider, form, RawServer(parts=[b" " * 2**16] * 640))


@pytest.mark.parametrize(
    ("provider", "form"),
    [*(one for one in CLIENTS if "bedrock_converse" not in getattr(one, "values", one)), OVER_OPENAIS],
)
async def test_a_packed_response_is_unpacked_up_to_a_bound(at: Callable[..., Any], provider: str, form: str) -> None:
    """The same for one that is small until it is unpacked; botocore unpacks nothing."""
    await is_bounded(at, provider, form, RawServer(parts=[PACKED], headers={"Content-Encoding": "gzip"}))


async def is_bounded(at: Callable[..., Any], provider: str, form: str, raw: RawServer) -> None:
    """The call ends by the bound, and the server could not send much more than that."""
    told = r"^the response is larger than 1 MiB \(model\.max_response_mib\)$"
    with raw as server, pytest.raises(NoReply, match=told):
        await ask(at(server, provider, form, max_response_mib=1, timeout=20))

    assert server.sent < 30 * 2**20


@each
@pytest.mark.parametrize("status", [302, 307])
async def test_redirects_are_not_followed(at: Callable[..., Any], provider: str, form: str, status: int) -> None:
    """A redirect stops the run at once and names base_url, and the prompts go nowhere else."""
    with (
        RawServer({}) as elsewhere,
        RawServer({}, status=status, headers={"Location": f"{elsewhere.url}/else"}) as server,
        pytest.raises(ProviderError, match=r"redirects are not followed.*model\.base_url") as refused,
    ):
        await ask(at(server, provider, form, timeout=20))

    assert server.url in str(refused.value)
    assert not isinstance(refused.value, NoReply)
    assert (server.asked, elsewhere.asked) == (1, 0)
