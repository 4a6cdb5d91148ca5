"""Synchronous calls on the private loop, from wherever they come."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest

from selfinstruct_chains.models import loops

NAME = ContextVar("NAME", default="")


async def _loop() -> asyncio.AbstractEventLoop:
    await asyncio.sleep(0)
    return asyncio.get_running_loop()


def _run(code: str, *flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *flags, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_one_loop_for_all():
    """All calls, from all threads, run on the same loop."""
    with ThreadPoolExecutor(8) as threads:
        used = set(threads.map(lambda _: loops.wait(_loop), range(50)))

    assert used == {loops.wait(_loop)}
    assert loops.is_private(used.pop())


async def test_inside_a_running_loop():
    """A notebook's cell may call synchronously: its own loop waits meanwhile."""
    assert loops.is_private(loops.wait(_loop))
    assert not loops.is_private(asyncio.get_running_loop())
    assert loops.is_private(await loops.on_private_loop(_loop))


def test_by_what_runs_on_the_private_loop():
    """What runs on the private loop may call synchronously too: it would wait for itself otherwise."""

    async def within() -> bool:
        return loops.is_private(loops.wait(_loop)) or loops.is_private(await loops.on_private_loop(_loop))

    assert loops.wait(within)


def test_errors_come_through():
    """What the awaitable raises is raised where it is waited for, be it what ends a loop."""

    async def fail(error: BaseException) -> None:
        raise error

    for error in (ValueError("no"), KeyboardInterrupt(), SystemExit(3)):
        with pytest.raises(type(error)):
            loops.wait(lambda error=error: fail(error))
    assert loops.is_private(loops.wait(_loop))


@pytest.mark.parametrize("within", [loops.wait, lambda make: asyncio.run(make())])
def test_context_variables(within):
    """The caller's context variables are there on the loop and in threads; what is set there stays there."""

    def call() -> str:
        found = NAME.get()
        NAME.set("thread's")
        return found

    async def make() -> tuple[str, str]:
        found = await loops.in_thread(call)
        NAME.set(NAME.get() + " loop's")
        return found, NAME.get()

    token = NAME.set("caller's")
    assert within(make) == ("caller's", "caller's loop's")
    assert NAME.get() == "caller's"
    NAME.reset(token)


async def test_many_threads():
    """As many synchronous calls run at a time as there are, and their threads are used again."""
    meeting = threading.Barrier(64, timeout=20)
    await asyncio.gather(*(loops.in_thread(meeting.wait) for _ in range(64)))
    await asyncio.sleep(0.05)
    before = threading.active_count()
    await asyncio.gather(*(loops.in_thread(meeting.wait) for _ in range(64)))

    assert threading.active_count() == before


async def test_errors_in_threads():
    """A call's error is raised where it is awaited."""
    with pytest.raises(ZeroDivisionError):
        await loops.in_thread(lambda: 1 // 0)


INTERRUPTED = """
import asyncio, os, signal, threading
from selfinstruct_chains.models import loops

async def work():
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        await asyncio.sleep(300)
    finally:
        await asyncio.sleep(0.1)
        print("closed")

try:
    loops.wait(work)
except KeyboardInterrupt:
    print("interrupted")

async def again():
    print("again")
loops.wait(again)
"""


def test_interrupted():
    """Ctrl-C cancels what is waited for, lets it close, and only then goes on; the loop is still good."""
    assert _run(INTERRUPTED).stdout.split() == ["closed", "interrupted", "again"]


FORKED = """
import asyncio, os
from selfinstruct_chains.models import loops

async def add(a, b):
    return await loops.in_thread(lambda: a + b)

assert loops.wait(lambda: add(1, 2)) == 3
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    assert loops.wait(lambda: add(3, 4)) == 7
else:
    os._exit(loops.wait(lambda: add(5, 6)) - 11)
"""


def test_after_a_fork():
    """A child makes a loop and threads of its own, and its parent's go on."""
    done = _run(FORKED, "-Wignore:This process:DeprecationWarning")  # from 3.12 on Python warns of forks

    assert (done.returncode, done.stderr) == (0, "")


ENDING = """
import asyncio
from selfinstruct_chains.models import loops

async def held():
    try:
        yield
    finally:
        await asyncio.sleep(0)
        print("closed")

async def work():
    global one
    one = held()
    await anext(one)
    asyncio.get_running_loop().create_task(for_ever())

async def for_ever():
    try:
        await asyncio.Event().wait()
    finally:
        print("cancelled")

loops.wait(work)
print("end")
"""


def test_end_of_the_process():
    """At exit what runs is cancelled, and what is held open is closed, without a warning."""
    done = _run(ENDING, "-X", "dev", "-W", "error")

    assert (done.stdout.split(), done.stderr) == (["end", "cancelled", "closed"], "")


HANGING = """
import asyncio, threading, time
from selfinstruct_chains.models import loops

async def call():
    try:
        await asyncio.wait_for(loops.in_thread(lambda: time.sleep(600)), 0.1)
    except TimeoutError:
        print("late")

loops.wait(call)
"""


def test_a_thread_that_hangs():
    """A synchronous call that never ends is given up in time, and keeps no process alive."""
    assert _run(HANGING).stdout.split() == ["late"]


CONFIGURED = """
import asyncio, sys
from langchain_core.prompt_values import StringPromptValue
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.models.registry import ConfiguredModel

def model(provider, kind, url):
    return ConfiguredModel(ModelConfig(provider=provider, kind=kind, name="m", base_url=url, timeout=5))

async def ask(one):
    return (await one.ainvoke(PROMPT)).text

PROMPT = StringPromptValue(text="Say hello.")
provider, kind, url = sys.argv[1:]
one = model(provider, kind, url)
print(one.invoke(PROMPT).text, one.invoke(PROMPT).text, model(provider, kind, url).invoke(PROMPT).text)
print(asyncio.run(ask(one)), asyncio.run(ask(one)), asyncio.run(ask(model(provider, kind, url))))
"""


@pytest.mark.parametrize(
    "provider",
    ["openai", *(pytest.param(one, marks=pytest.mark.slow) for one in ("anthropic", "ollama", "google_genai"))],
)
def test_nobody_closes(server, config_at, provider, tmp_path: Path):
    """A configured model that nobody closes is closed by its loop's end, without a warning, in any mixture of loops."""
    code = tmp_path / "program.py"
    code.write_text(CONFIGURED)
    config = config_at(server, provider)
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", code, provider, "chat", config.base_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.stdout.split() == ["Hello"] * 6, done.stderr
    assert "nclosed" not in done.stderr
    assert "Event loop" not in done.stderr
