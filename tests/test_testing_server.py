"""The server that tests and benchmarks lean on keeps its own promises."""

import asyncio
import subprocess
import sys

import aiohttp
import click
import pytest

from selfinstruct_chains.testing import ScriptedChat, scripted_author
from selfinstruct_chains.testing.answers import answer
from selfinstruct_chains.testing.server import ScriptedServer, at_first, main, per_attempt, per_request

BODY = {"model": "m", "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]}


async def _post(server: ScriptedServer, body: dict, path: str = "/v1/chat/completions") -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(server.url + path, json=body, timeout=aiohttp.ClientTimeout(5)) as response,
    ):
        await response.read()
        return response.status


async def test_answers_as_the_scripted_model():
    """It answers with the text that a scripted model of the same script gives to the same messages."""
    asked = []

    def script(prompt: str, seed: int | None) -> str:
        asked.append((prompt, seed))
        return "Hello"

    with ScriptedServer(script) as server:
        await _post(server, {**BODY, "seed": 3})
    ScriptedChat(reply=script).invoke([("system", "Be kind."), ("user", "Hi")], seed=3)

    assert asked == [("System: Be kind.\nHuman: Hi", 3)] * 2


async def test_same_faults_in_every_run():
    """Which attempt at which request fails is the same in every run, and differs by the plan's seed."""

    async def run(seed: int) -> list[int]:
        with ScriptedServer(faults=per_attempt({"503": 0.3, "429": 0.3}, seed)) as server:
            return [await _post(server, {**BODY, "seed": number // 2}) for number in range(40)]

    first = await run(0)

    assert await run(0) == first
    assert await run(1) != first
    assert set(first) == {200, 429, 503}


async def test_a_request_fares_alike():
    """By request, all attempts at a request fare alike."""
    with ScriptedServer(faults=per_request({"500": 0.5})) as server:
        found = [[await _post(server, {**BODY, "seed": number}) for _ in range(3)] for number in range(20)]

    assert all(len(set(attempts)) == 1 for attempts in found)
    assert {attempts[0] for attempts in found} == {200, 500}


async def test_counts():
    """It counts requests, answers, those answered again, and faults by name."""
    with ScriptedServer(faults=at_first("500", "429")) as server:
        for number in [1, 1, 1, 1, 2]:
            await _post(server, {**BODY, "seed": number})

    counts = server.counts
    assert (counts.requests, counts.answered, counts.answered_again) == (5, 2, 1)
    assert counts.faults == {"500": 2, "429": 1}
    assert counts.in_flight == 0


async def test_poor_replies():
    """A poor reply is a reply: it counts as answered, and as poor."""
    with ScriptedServer(scripted_author, poor=per_request({"huge": 1})) as server:
        assert await _post(server, BODY) == 200

    assert (server.counts.answered, server.counts.poor) == (1, {"huge": 1})


@pytest.mark.parametrize("path", ["/v1/embeddings", "/nothing"])
async def test_unknown_endpoint(path):
    """What it does not speak is a 404."""
    with ScriptedServer() as server:
        assert await _post(server, BODY, path) == 404


async def test_unknown_fault():
    """A fault that it does not know is an error of the server's, not a reply."""
    with ScriptedServer(faults=lambda asked: "flood") as server:
        assert await _post(server, BODY) == 500


BY_NAME = [
    ("openai/rate_limit_tpm_milliseconds", "application/json"),
    ("groq/html_blocked", "text/html; charset=UTF-8"),
    ("litellm/error_in_200_stream", "text/event-stream"),
    ("ollama/error_in_200_stream_line", "application/x-ndjson"),
    ("fireworks/server_error_text", "text/plain"),
]


@pytest.mark.parametrize(("name", "kind"), BY_NAME)
async def test_answers_as_a_provider_does(name: str, kind: str):
    """By the name of a provider's answer it sends just that, on any path that a client asks, by POST or GET."""
    found = answer(name)
    with ScriptedServer(faults=per_request({name: 1})) as server:
        async with aiohttp.ClientSession(server.url) as session:
            for method, path in [("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("POST", "/own/path")]:
                async with session.request(method, path, json=BODY if method == "POST" else None) as response:
                    assert (response.status, await response.text()) == (found.status, found.body)
                    assert response.headers["Content-Type"].startswith(kind)
                    assert response.headers.items() >= found.headers.items()

    assert server.counts.faults == {name: 3}


@pytest.mark.parametrize("path", ["/v1/models", "/v1beta/models", "/api/tags"])
async def test_lists_its_models(path: str):
    """Its list of models is one in every protocol's form."""
    with ScriptedServer(models=["one", "two"]) as server:
        async with aiohttp.ClientSession() as session, session.get(server.url + path) as response:
            found = await response.json()

    assert [one["id"] for one in found["data"]] == [one["name"] for one in found["models"]] == ["one", "two"]


PROTOCOLS = {
    "/v2/chat": BODY,
    "/model/m/converse": {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "system": [{"text": "Be kind."}],
    },
    "/model/m/invoke": {"messages": [{"role": "user", "content": "Hi"}], "system": "Be kind."},
}


@pytest.mark.parametrize("path", PROTOCOLS)
async def test_reads_prompts_in_every_protocol(path: str):
    """A prompt is the same to the script, whichever protocol it comes by."""
    with ScriptedServer() as server:
        assert await _post(server, PROTOCOLS[path], path) == 200

    assert server.asked[0].prompts == ["System: Be kind.\nHuman: Hi"]


async def test_reads_a_text_and_its_seed():
    """Text Generation Inference's own protocol has the prompt in `inputs`, and the seed among the parameters."""
    asked = []
    with ScriptedServer(lambda prompt, seed: asked.append((prompt, seed)) or "Hello") as server:
        assert await _post(server, {"inputs": "Hi", "parameters": {"seed": 3}}, "/generate") == 200

    assert asked == [("Hi", 3)]


@pytest.mark.parametrize("fault", ["openai/no_such=1", "nobody/auth=1", "flood=1", "429=much"])
def test_a_fault_it_does_not_know(fault: str):
    """At the command line an unknown fault is told at once, in place of a server."""
    with pytest.raises(click.BadParameter, match=r"no fault|no answer|could not convert"):
        main(["--fault", fault], standalone_mode=False)


async def test_as_a_process():
    """As a program it prints its base URL first, and answers at /counts."""
    command = [sys.executable, "-m", "selfinstruct_chains.testing.server", "--fault", "503=1", "--retry-after", "2"]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    base_url = (await process.stdout.readline()).decode().strip()
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{base_url}/chat/completions", json=BODY) as response:
            assert (response.status, response.headers["Retry-After"]) == (503, "2")
        async with session.get(base_url.removesuffix("/v1") + "/counts") as response:
            assert (await response.json())["faults"] == {"503": 1}
    process.terminate()
    await process.wait()
