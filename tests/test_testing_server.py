"""The server that tests and benchmarks lean on keeps its own promises."""

import asyncio
import subprocess
import sys

import aiohttp
import pytest

from selfinstruct_chains.testing import ScriptedChat, scripted_author
from selfinstruct_chains.testing.server import ScriptedServer, at_first, per_attempt, per_request

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
