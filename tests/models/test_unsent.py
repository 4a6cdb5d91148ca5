"""Calls that never leave this machine: they stop at once, and say what to mend."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from langchain_core.prompt_values import StringPromptValue
from langchain_openai import ChatOpenAI

from selfinstruct_chains.errors import ItemRefused, ProviderError
from selfinstruct_chains.models.faults import fault_of
from selfinstruct_chains.models.unsent import unsent
from tests.models.answers import answering

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = StringPromptValue(text="Say hello.")


@pytest.mark.parametrize("key", ["sk-\u201ctest\u201d", "sk-test\r\nx"])
def test_a_key_that_no_header_carries(server: Any, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """A key with typographic quotes or a line end in it stops at the first call, and is not shown."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    model = ChatOpenAI(base_url=server.base_url, max_retries=0)
    with pytest.raises(Exception, match=r".") as raised:
        model.invoke(PROMPT)

    with pytest.raises(ProviderError, match=r"the key in OPENAI_API_KEY.*copy it again") as stopped:
        fault_of(raised.value, "m", keys=("OPENAI_API_KEY",))
    assert key not in str(stopped.value)
    assert server.counts.requests == 0


def test_half_a_surrogate_pair_is_the_items() -> None:
    """A prompt that UTF-8 can't hold is dropped: the next one may be sound."""
    with pytest.raises(UnicodeEncodeError) as raised, answering(200, "{}") as url:
        httpx.post(url, content="half \ud83d".encode())

    with pytest.raises(ItemRefused) as refused:
        fault_of(_of_httpx(raised.value), "m")
    assert refused.value.reason == "invalid"


def _of_httpx(error: Exception) -> Exception:
    """As if it had come from within a client: the test's own frame is no client's."""
    error.__context__ = httpx.ConnectError("below a client")
    return error


def test_a_certificate_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that names it is named, as the ssl module does not say which file it missed."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/cacert.pem")
    with pytest.raises(FileNotFoundError) as raised:
        ssl.create_default_context(cafile="/nowhere/cacert.pem")

    with pytest.raises(ProviderError, match=r"SSL_CERT_FILE is /nowhere/cacert\.pem, which is not there"):
        fault_of(raised.value, "m")


@pytest.mark.parametrize(
    ("address", "proxy", "advice"),
    [
        ("http://[::1", None, "base_url"),
        ("ftp://127.0.0.1", None, "base_url"),
        ("http://127.0.0.1:1", "gopher://127.0.0.1:1", "HTTPS_PROXY"),
    ],
)
def test_addresses(address: str, proxy: str | None, advice: str) -> None:
    """An address that is none, and a proxy of a kind that the client does not know."""
    with pytest.raises(Exception, match=r".") as raised, httpx.Client(proxy=proxy) as client:
        client.get(address)

    assert advice in (unsent(raised.value) or "")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ssl.SSLCertVerificationError(1, "certificate verify failed: unable to get local issuer"), "SSL_CERT_FILE"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "http:// or https://"),
        (httpx.ProxyError("407 Proxy Authentication Required"), "HTTPS_PROXY"),
        (TypeError("create() got an unexpected keyword argument 'top_q'"), "model section"),
        (TypeError("Could not resolve authentication method."), "check the key in THE_KEY"),
    ],
)
def test_what_to_mend(error: Exception, advice: str) -> None:
    """Certificates, TLS, proxies, parameters and keys, in the words of those who miss them, also behind others."""
    outer = ConnectionError("Connection error.")
    outer.__cause__ = error

    assert advice in (unsent(outer, " in THE_KEY") or "")


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), ValueError("x"), httpx.ReadError("")])
def test_the_networks_troubles_are_none(error: Exception) -> None:
    """What may pass is left to the retry loop."""
    assert unsent(error) is None


KEY = (
    "the key in THE_KEY, or a header in the chain file, holds characters that no header can carry (quotation marks, a "
    "line end); copy it again"
)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (UnicodeEncodeError("ascii", "\u201c", 0, 1, "ordinal not in range(128)"), KEY),
        (UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"), None),
        (ValueError("Invalid header value b'x\\r\\n'"), KEY),
        (json.JSONDecodeError("Invalid header value", "", 0), None),
        (FileNotFoundError(2, "No such file", "/nowhere/x.pem"), "/nowhere/x.pem"),
        (PermissionError(13, "Not allowed", "/root/x.pem"), "/root/x.pem"),
        (FileNotFoundError(2, "No such file"), "check the certificates (SSL_CERT_FILE, SSL_CERT_DIR)"),
    ],
)
def test_in_full(error: Exception, advice: str | None) -> None:
    """What to mend, behind another error; what quotes a server, and half a surrogate pair of a prompt, are none."""
    outer = RuntimeError("Connection error.")
    outer.__cause__ = error
    if isinstance(error, OSError):
        advice = f"a file that the connection needs can't be read: {advice}"

    assert unsent(outer, " in THE_KEY") == advice


def test_variables_that_name_what_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each of them, and none that is right."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/a.pem")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("CURL_CA_BUNDLE", "/nowhere/b.pem")

    assert unsent(FileNotFoundError(2, "No such file")) == (
        "a file that the connection needs can't be read: SSL_CERT_FILE is /nowhere/a.pem, which is not there, "
        "CURL_CA_BUNDLE is /nowhere/b.pem, which is not there"
    )
