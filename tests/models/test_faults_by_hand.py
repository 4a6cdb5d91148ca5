"""What exceptions mean that are made by hand: neither a client nor a server takes part."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp
import httpx
import pytest
from langchain_core.language_models import FakeListChatModel

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.faults import Endpoint, Fault, fault_of


class Failed(Exception):
    """As SDKs raise it: with a status, and perhaps a body."""

    def __init__(self, status: int, body: object = None) -> None:
        super().__init__()
        self.status_code, self.body = status, body


def behind(outer: Exception, inner: Exception) -> Exception:
    """`outer`, which was raised from `inner`."""
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("fault", "told", "busy"),
    [
        (Fault("slow down", 429), "is busy (429): slow down", True),
        (Fault("slow down", 503), "is busy (503): slow down", True),
        (Fault("slow down", 529, reached=False), "is busy (529): slow down", True),
        (Fault("refused", reached=False), "can't be reached: refused", False),
        (Fault("boom", 500), "answered 500: boom", False),
        (Fault("cut"), "gave no reply: cut", False),
    ],
)
def test_what_a_fault_is_told_as(fault: Fault, told: str, busy: bool) -> None:
    """What the provider did, after its name."""
    assert (fault.told, fault.busy) == (told, busy)


@pytest.mark.parametrize(("keys", "told"), [((), ""), (("ONE",), " in ONE"), (("ONE", "OTHER"), " in ONE or OTHER")])
def test_where_a_key_stands(keys: tuple[str, ...], told: str) -> None:
    """In one of the variables, if there are any."""
    assert Endpoint("m", keys).key == told


@pytest.mark.parametrize(
    ("error", "text", "reached"),
    [
        (ConnectionResetError("gone"), "ConnectionResetError: gone", True),
        (BrokenPipeError("gone"), "BrokenPipeError: gone", True),
        (behind(httpx.ConnectTimeout("t"), ConnectionResetError("gone")), "ConnectionResetError: gone", True),
        (
            behind(httpx.ConnectError("t"), aiohttp.ServerDisconnectedError()),
            "ServerDisconnectedError: Server disconnected",
            True,
        ),
        (httpx.ReadTimeout("slow"), "ReadTimeout: slow", True),
        (behind(httpx.ReadTimeout("slow"), TimeoutError()), "ReadTimeout: slow", True),
        (TimeoutError(), "TimeoutError", True),
        (httpx.ConnectTimeout("slow"), "ConnectTimeout: slow", False),
        (behind(httpx.ConnectError("all of it failed"), OSError("no")), "OSError: no", False),
        (ConnectionRefusedError("no"), "ConnectionRefusedError: no", False),
        (behind(httpx.ReadTimeout("slow"), socket.gaierror(8, "no name")), "gaierror: [Errno 8] no name", False),
    ],
)
def test_whether_anything_is_there(error: Exception, text: str, reached: bool) -> None:
    """A connection that stood, if only for silence; the text is the innermost that has one."""
    assert fault_of(error, "m") == Fault(text, reached=reached)


class Raising(FakeListChatModel):
    """A model whose integration raises."""

    error: Any = None

    def _call(self, *_: Any, **__: Any) -> str:
        raise self.error


def raised_below(error: Exception) -> Exception:
    """The error, after a model raised it."""
    with pytest.raises(type(error)) as raised:
        Raising(responses=["x"], error=error).invoke("Say hello.")
    return raised.value


FILTERED = "Azure has not provided the response due to a content filter being triggered"


def test_what_langchain_says_of_an_answer_that_it_threw_away() -> None:
    """A bare ValueError that tells of one item's refusal is believed; other classes and other words are faults."""
    with pytest.raises(ItemRefused, match=f"^{FILTERED}$") as refused:
        fault_of(raised_below(ValueError(FILTERED)), "m")

    assert (refused.value.reason, refused.value.unclear) == ("content_filter", False)
    assert fault_of(raised_below(RuntimeError(FILTERED)), "m") == Fault(f"RuntimeError: {FILTERED}")
    assert fault_of(raised_below(ValueError("Insufficient balance")), "m") == Fault("ValueError: Insufficient balance")


@pytest.mark.parametrize(("length", "shown"), [(300, "x" * 300), (301, "x" * 300 + " ..."), (900, "x" * 300 + " ...")])
def test_how_much_is_shown(length: int, shown: str) -> None:
    """Three hundred characters of what a provider says."""
    assert fault_of(Failed(500, {"message": "x" * length}), "m") == Fault(shown, 500)


def test_an_answer_without_a_word() -> None:
    """The client's class stands for it."""
    assert fault_of(Failed(500), "m") == Fault("Failed", 500)
    with pytest.raises(ProviderError, match=r"^m answered 401: Failed; check the key$"):
        fault_of(Failed(401), "m")


def test_a_wait_as_long_as_the_patience() -> None:
    """It is waited for; a second more is not, and says for how long."""
    error = Failed(429, {"error": "Try again in 7m12s"})

    assert fault_of(error, "m", patience=432) == Fault("Try again in 7m12s", 429, 432)
    with pytest.raises(ProviderError) as stopped:
        fault_of(error, "m", patience=431)
    assert stopped.value.resumable
    assert str(stopped.value) == (
        "m answered 429: Try again in 7m12s; it asks to wait 432 s, more than run.patience (431 s); "
        "the same command goes on later, with all that there is"
    )
