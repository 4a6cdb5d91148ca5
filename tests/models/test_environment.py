"""What is read from the environment, and what is wrong with it in one line that names the variable."""

import os
from pathlib import Path

import certifi
import pytest

from selfinstruct_chains import load_config
from selfinstruct_chains.config import ModelConfig
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models import connections, environment
from selfinstruct_chains.models.registry import check_model


def _config(provider: str = "openai", **values) -> ModelConfig:
    return ModelConfig(**{"provider": provider, "kind": "chat", "name": "m", **values})


@pytest.mark.parametrize("written", ["sk-test\r\n", " sk-test", "\tsk-test\n"])
def test_key_without_what_is_around_it(monkeypatch, written):
    """Blanks and line ends around a key, as files written elsewhere have them, are no part of it."""
    monkeypatch.setenv("OPENAI_API_KEY", written)

    assert environment.key(_config()) == "sk-test"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("sk-“test”", "OPENAI_API_KEY holds characters that no header can carry"),
        ("sk-te\nst", "OPENAI_API_KEY holds characters that no header can carry"),
        ("sk-tést", "OPENAI_API_KEY holds characters that no header can carry"),
        ("'sk-test'", "OPENAI_API_KEY holds quotation marks around its value"),
        ('"sk-test"', "OPENAI_API_KEY holds quotation marks around its value"),
        (" \r\n", "the environment variable OPENAI_API_KEY is not set"),
    ],
)
def test_key_that_can_be_none(monkeypatch, written, said):
    """A value that no header carries is refused before anything is sent, and is not repeated."""
    monkeypatch.setenv("OPENAI_API_KEY", written)

    with pytest.raises(ConfigError, match=said) as wrong:
        check_model(_config())

    assert "test" not in str(wrong.value)


def test_header_and_organization(monkeypatch):
    """What goes along as another header is held to the same."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("TEAM", "bl\nue")
    with pytest.raises(ConfigError, match="TEAM holds characters"):
        environment.headers(_config(headers_env={"X-Team": "TEAM"}))

    monkeypatch.setenv("OPENAI_ORG_ID", "“org”")
    with pytest.raises(ConfigError, match="OPENAI_ORG_ID holds characters"):
        environment.key(_config())


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "google_genai"])
def test_missing_certificates(monkeypatch, variable, provider):
    """A variable that names certificates which are gone is named, whichever client would have read it."""
    monkeypatch.setenv(variable, "/nonexistent/cacert.pem")

    with pytest.raises(ConfigError, match=f"{variable} names /nonexistent/cacert.pem, which is not there"):
        check_model(_config(provider, base_url="http://127.0.0.1:9/v1"))


def test_certificates_are_read_once(monkeypatch, tmp_path):
    """All clients share what was read, until a variable names other certificates, or these change."""
    other = tmp_path / "other.pem"
    other.write_bytes(Path(certifi.where()).read_bytes())

    def trusted() -> object:
        return connections.trusted("httpx2", environment.certificates(), trust_env=True)

    read = [trusted(), trusted()]
    monkeypatch.setenv("SSL_CERT_FILE", str(other))
    read += [trusted(), trusted()]
    os.utime(other, (1, 1))
    read.append(trusted())

    assert [read.index(one) for one in read] == [0, 0, 2, 2, 4]


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_what_is_no_certificate(monkeypatch, tmp_path, variable, provider):
    """A variable that names another kind of file is named, whichever client would have read it."""
    (tmp_path / "text.pem").write_text("none")
    monkeypatch.setenv(variable, str(tmp_path / "text.pem"))

    with pytest.raises(ConfigError, match=rf"{variable} names .*text.pem, which holds no certificates"):
        check_model(_config(provider))


def test_a_folder_is_no_file_of_certificates(monkeypatch, tmp_path):
    """It may stand in the variable for folders alone."""
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    environment.certificates()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))

    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names .*, which holds no certificates"):
        environment.certificates()


def test_missing_certificates_from_the_command_line(selfinstruct, monkeypatch):
    """It ends a command with one line and exit code 2."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/cacert.pem")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    said = selfinstruct("check", "openai")

    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "SSL_CERT_FILE" in said.err


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:8000/v1", True),
        ("http://127.0.0.1:8000", True),
        ("http://127.8.9.1/v1", True),
        ("http://0.0.0.0:8000/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://[::]:8000", True),
        ("http://host.docker.internal:8000", False),
        ("http://192.168.1.5:8000", False),
        ("https://localhost.example.com", False),
        (None, False),
    ],
)
def test_this_machine(url, local):
    """Loopback, in all its spellings, and the address that servers print when they listen everywhere."""
    assert environment.is_local(url) == local


@pytest.mark.parametrize(
    ("provider", "variable", "value", "found", "here"),
    [
        ("openai", "OPENAI_BASE_URL", " http://0.0.0.0:8000/v1\n", "http://0.0.0.0:8000/v1", True),
        ("openai", "OPENAI_API_BASE", "https://llm.example.com/v1", "https://llm.example.com/v1", False),
        ("ollama", "OLLAMA_HOST", "0.0.0.0", "http://0.0.0.0", True),  # noqa: S104 - as its server is told
        ("ollama", "OLLAMA_HOST", ":11500", "http://127.0.0.1:11500", True),
        ("ollama", "OLLAMA_HOST", "https://gpu.example.com", "https://gpu.example.com", False),
        ("ollama", "UNUSED", "", None, True),
        ("vllm", "UNUSED", "", "http://127.0.0.1:8000/v1", True),
        ("groq", "OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "https://api.groq.com/openai/v1", False),
        ("openai", "OPENAI_BASE_URL", " ", None, False),
        ("embedded", "OPENAI_BASE_URL", "https://llm.example.com/v1", None, True),
        ("anthropic", "UNUSED", "", None, False),
    ],
)
def test_address(monkeypatch, provider, variable, value, found, here):  # noqa: PLR0913, PLR0917
    """Where the chain file names no address, the client's variable does, or what is known of the service."""
    monkeypatch.setenv(variable, value)

    assert environment.address(_config(provider)) == found
    assert environment.is_here(_config(provider)) == here


@pytest.mark.parametrize(
    ("provider", "variable", "value"),
    [
        ("openai", "OPENAI_BASE_URL", "llm.example.com"),
        ("openai", "OPENAI_BASE_URL", "https://[::1/v1"),
        ("openai", "OPENAI_BASE_URL", "https://llm.example.com:port"),
        ("ollama", "OLLAMA_HOST", "[::1"),
        ("ollama", "OLLAMA_HOST", "ftp://gpu"),
    ],
)
def test_address_that_is_none(monkeypatch, provider, variable, value):
    """A variable that holds no address is named."""
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigError, match=f"{variable} must hold an address"):
        environment.address(_config(provider))


@pytest.mark.parametrize("provider", ["openai", "groq", "anthropic", "google_genai"])
def test_socks(monkeypatch, provider):
    """A SOCKS proxy needs a package, which is named; it is none of a server's on this machine."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")

    with pytest.raises(ConfigError, match=r"ALL_PROXY names a SOCKS proxy.*selfinstruct-chains\[socks\]"):
        check_model(_config(provider, base_url="http://llm.example.test/v1"))

    check_model(_config(provider, base_url="http://127.0.0.1:9/v1"))


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("AZURE_OPENAI_ENDPOINT", "endpoint is missing: set the environment variable AZURE_OPENAI_ENDPOINT"),
        ("OPENAI_API_VERSION", "API version is missing: set OPENAI_API_VERSION"),
        ("AZURE_OPENAI_API_KEY", "environment variable AZURE_OPENAI_API_KEY is not set"),
    ],
)
def test_azure(monkeypatch, missing, said):
    """Each thing that Azure needs is named where it is missing; with all of them there is a model."""
    needed = {
        "AZURE_OPENAI_ENDPOINT": "https://mine.openai.azure.com",
        "OPENAI_API_VERSION": "2024-10-21",
        "AZURE_OPENAI_API_KEY": "sk-test",
    }
    for name, value in needed.items():
        monkeypatch.setenv(name, value)
    check_model(_config("azure"))
    monkeypatch.delenv(missing)

    with pytest.raises(ConfigError, match=said):
        check_model(_config("azure"))


def test_azure_v1_needs_no_version(monkeypatch):
    """At the address where Azure speaks OpenAI's protocol as it is, a key and a deployment's name are enough."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "sk-test")

    check_model(_config("azure", base_url="https://mine.openai.azure.com/openai/v1/"))


def test_whole_chain_of_a_service(monkeypatch):
    """A service by name needs its key's variable, and nothing else."""
    swap = {"model.provider": "Groq", "model.name": "m"}
    with pytest.raises(ConfigError, match="the key of groq: the environment variable GROQ_API_KEY is not set"):
        check_model(load_config("openai", swap).model)

    monkeypatch.setenv("GROQ_API_KEY", "gsk-test")
    check_model(load_config("openai", swap).model)
