"""A model server on loopback that misbehaves on demand, for tests and benchmarks of whoever calls models.

It speaks OpenAI's chat and completion protocols, Anthropic's, Google's, Ollama's, Cohere's, Bedrock's and Text
Generation Inference's. Its replies are a function of prompt and seed, as `testing.scripted_author` is; its faults a
function of the request and of how often it was asked before, so that two runs meet the same faults.

    with ScriptedServer(faults=per_attempt({"429": 0.1, "reset": 0.1}), latency=0.2) as server:
        OpenAI(base_url=server.base_url, api_key="none").invoke("Write a poem")
        assert server.counts.faults["429"] == 1

A fault is a status ("503"), one of `testing.faults.BROKEN`, or the name of a provider's real answer
(`testing.answers`), which is sent on any path, lists of models among them, with its own status, headers and body. So
does one test what one's own code makes of a provider that refuses:

    @pytest.mark.parametrize("found", answers("groq").values(), ids=lambda found: found.name)
    def test_my_code(found):
        with ScriptedServer(faults=at_first(f"groq/{found.name}")) as server:
            model = ChatGroq(model="m", base_url=server.url, api_key="none", max_retries=0)
            assert my_reading(model).asks_again == (found.fate == "retry")

In a process of its own, it prints its base URL, and `GET /counts` answers with what it counted:

    python -m selfinstruct_chains.testing.server --latency 0.2 --fault 429=0.1 --fault openai/auth_wrong_key=0.01
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import struct
import threading
from collections import Counter, deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING, Any, Self

import click
from aiohttp import web

from selfinstruct_chains.testing.answers import Answer, answer
from selfinstruct_chains.testing.author import Reply, Script, scripted_author
from selfinstruct_chains.testing.faults import BROKEN, CUT_RESPONSE, POOR, broken, check_name, worse
from selfinstruct_chains.testing.plans import Asked, Plan, at_first, per_attempt, per_request
from selfinstruct_chains.testing.wires import OPENAI, Wire, listing, wire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

__all__ = ["Asked", "Counts", "Plan", "ScriptedServer", "at_first", "per_attempt", "per_request"]


@dataclass
class Counts:
    """What a server has seen."""

    requests: int = 0
    answered: int = 0
    """Requests that got a reply, poor ones among them."""
    answered_again: int = 0
    """Of those, the ones that were equal to a request answered before."""
    faults: Counter[str] = field(default_factory=Counter)
    poor: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0


class ScriptedServer:
    """A server in a thread of its own, while its `with` block lasts.

    Args:
        answer: from prompt and seed to the reply.
        faults: which requests get no reply, and what instead: a status as "503", one of BROKEN, or the name of a
            provider's answer, as "openai/auth_wrong_key".
        poor: which requests get a reply that is no good: one of POOR.
        latency: seconds from a request to its response.
        spread: by which share of itself the latency varies, up and down, as a function of the request.
        slots: requests worked on at a time, others wait in line; None: all.
        refuse_above: requests in flight from which on further ones get status 429; None: never.
        retry_after: the header of that name, in answers with status 429 or 503.
        models: the names in its list of models.
        port: 0 for a free one.
        remember: the latest requests that are kept in `asked`.
    """

    def __init__(  # noqa: PLR0913 - each is a way to misbehave
        self,
        answer: Script = scripted_author,
        *,
        faults: Plan | None = None,
        poor: Plan | None = None,
        latency: float = 0.0,
        spread: float = 0.0,
        slots: int | None = None,
        refuse_above: int | None = None,
        retry_after: str | None = None,
        models: Sequence[str] = ("scripted",),
        port: int = 0,
        remember: int = 1000,
    ) -> None:
        self.answer = answer
        self.faults = faults
        self.poor = poor
        self.latency = latency
        self.spread = spread
        self.refuse_above = refuse_above
        self.retry_after = retry_after
        self.counts = Counts()
        self.models = models
        self.asked: deque[Asked] = deque(maxlen=remember)
        self.port = port
        self._slots = slots
        self._line: Any = nullcontext()
        self._attempts: Counter[str] = Counter()
        self._answered: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted server", daemon=True)

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What an OpenAI client takes."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self.start(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        await self._runner.cleanup()
        await asyncio.sleep(0)  # connections that a client kept open are closed in the loop's next round

    async def start(self) -> web.ServerRunner:
        """Serve on the running loop until the runner that is returned is cleaned up."""
        self._line = asyncio.Semaphore(self._slots) if self._slots else nullcontext()
        runner = web.ServerRunner(web.Server(self._handle, handler_cancellation=True), shutdown_timeout=0.01)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=1024)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/counts":
            return web.json_response(_plain_counts(self.counts))
        protocol = wire(request.path) if request.method == "POST" else None
        asked = self._note(request, await request.read(), protocol)
        self.counts.in_flight += 1
        self.counts.most_in_flight = max(self.counts.most_in_flight, self.counts.in_flight)
        try:
            if self.refuse_above is not None and self.counts.in_flight > self.refuse_above:
                return await self._fail("429", request, asked, protocol or OPENAI)
            async with self._line:
                await asyncio.sleep(self._seconds(asked))
            fault = self.faults and self.faults(asked)
            if fault:
                return await self._fail(fault, request, asked, protocol or OPENAI)
            return await self._reply(asked, protocol) if protocol else self._listing(request)
        finally:
            self.counts.in_flight -= 1

    def _note(self, request: web.BaseRequest, raw: bytes, protocol: Wire | None) -> Asked:
        digest = hashlib.sha256(request.path.encode() + b"\n" + raw).hexdigest()
        body = json.loads(raw) if protocol else {}
        prompts = protocol.prompts(body) if protocol else []
        self.counts.requests += 1
        self._attempts[digest] += 1
        asked = Asked(request.path, request.headers, body, prompts, digest, self._attempts[digest])
        self.asked.append(asked)
        return asked

    def _seconds(self, asked: Asked) -> float:
        if not self.spread:
            return self.latency
        return self.latency * (1 + self.spread * (2 * Random(asked.digest).random() - 1))

    async def _reply(self, asked: Asked, protocol: Wire) -> web.StreamResponse:
        replies = [await self._script(prompt, protocol.seed(asked.body)) for prompt in asked.prompts]
        poor = self.poor and self.poor(asked)
        if poor:
            self.counts.poor[poor] += 1
            replies = [worse(reply, poor) for reply in replies]
        self.counts.answered += 1
        self.counts.answered_again += asked.digest in self._answered
        self._answered.add(asked.digest)
        return web.json_response(protocol.reply(replies, asked.body))

    def _listing(self, request: web.BaseRequest) -> web.StreamResponse:
        found = listing(request.path, self.models) if request.method == "GET" else None
        if found is None:
            return web.json_response({"error": {"message": f"no such endpoint: {request.path}"}}, status=404)
        return web.json_response(found)

    async def _script(self, prompt: str, seed: int | None) -> Reply:
        reply: Any = self.answer(prompt, seed)
        if asyncio.iscoroutine(reply):
            reply = await reply
        return reply if isinstance(reply, Reply) else Reply(reply)

    async def _fail(self, fault: str, request: web.BaseRequest, asked: Asked, protocol: Wire) -> web.StreamResponse:
        self.counts.faults[fault] += 1
        if fault.isdecimal():
            return self._status(int(fault), protocol)
        if "/" in fault:
            return _as_sent(answer(fault))
        if fault == "hang":
            await asyncio.sleep(3600)
        if fault in {"reset", "cut"}:
            return _hang_up(request, after=b"" if fault == "reset" else CUT_RESPONSE)
        kind = "text/html" if fault == "html" else "application/json"
        return web.Response(body=broken(fault, protocol, asked.body, len(asked.prompts)), content_type=kind)

    def _status(self, status: int, protocol: Wire) -> web.StreamResponse:
        waits = self.retry_after is not None and status in {429, 503}
        headers = {"Retry-After": str(self.retry_after)} if waits else {}
        try:
            message = HTTPStatus(status).phrase
        except ValueError:
            message = "no reply"
        return web.json_response(protocol.error(status, message), status=status, headers=headers)


def _as_sent(found: Answer) -> web.Response:
    headers = {name: value for name, value in found.headers.items() if name.lower() != "content-type"}
    headers["Content-Type"] = found.content_type
    return web.Response(status=found.status, body=found.body.encode(), headers=headers)


def _hang_up(request: web.BaseRequest, after: bytes) -> web.StreamResponse:
    transport = request.transport
    if transport:
        transport.write(after)
        if not after:
            linger = struct.pack("ii", 1, 0)  # makes closing send a reset
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.close()
    return web.Response()


def _plain_counts(counts: Counts) -> dict[str, Any]:
    return {**vars(counts), "faults": dict(counts.faults), "poor": dict(counts.poor)}


def _rates(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, float]:
    try:
        rates = {name: float(share) for name, _, share in (item.partition("=") for item in given)}
        for name in rates if option.name == "faults" else ():
            check_name(name)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return rates


@click.command()
@click.option("--port", default=0, help="0: a free one.")
@click.option("--latency", default=0.0, help="Seconds for each reply.")
@click.option("--spread", default=0.0, help="By which share of itself the latency varies.")
@click.option("--slots", type=int, help="Requests worked on at a time.")
@click.option("--refuse-above", type=int, help="Requests in flight from which on others get status 429.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_rates,
    help=f"NAME=SHARE; a status, PROVIDER/ANSWER, or {', '.join(BROKEN)}.",
)
@click.option("--poor", multiple=True, callback=_rates, help=f"NAME=SHARE; one of {', '.join(POOR)}.")
@click.option("--retry-after", help="Sent with status 429 and 503.")
@click.option("--seed", default=0, help="Of faults and poor replies.")
def main(faults: dict[str, float], poor: dict[str, float], seed: int, **options: Any) -> None:
    """Serve until killed; the first line printed is the base URL."""
    server = ScriptedServer(faults=per_attempt(faults, seed), poor=per_request(poor, seed), **options)

    async def serve() -> None:
        await server.start()
        click.echo(server.base_url)
        await asyncio.Event().wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
