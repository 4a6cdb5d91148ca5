"""Where an address leads, in every spelling that a client understands."""

import pytest

from selfinstruct_chains.models import places


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://localhost:8000", "this machine"),
        ("HTTP://LOCALHOST.:8000", "this machine"),
        ("http://a.localhost", "this machine"),
        ("http://127.1", "this machine"),
        ("http://2130706433/v1", "this machine"),
        ("http://0x7f.1", "this machine"),
        ("http://017700000001", "this machine"),
        ("http://０.0.0.0", "this machine"),  # noqa: RUF001 - a full-width digit
        ("http://[::1]:8000", "this machine"),
        ("http://[::ffff:127.0.0.1]", "this machine"),
        ("http://10.0.0.5:8000", "private"),
        ("http://192.168.1.5.", "private"),
        ("http://172.16.9.9", "private"),
        ("http://167772161", "private"),
        ("http://[fd12::1]", "private"),
        ("http://[::ffff:10.0.0.1]", "private"),
        ("http://gpu-box:8000", "private"),
        ("http://host.docker.internal:8000", "private"),
        ("http://printer.local", "private"),
        ("http://8.8.8.8", "public"),
        ("http://134744072", "public"),
        ("http://[2001:4860:4860::8888]", "public"),
        ("http://[::ffff:8.8.8.8]", "public"),
        ("http://169.254.169.254", "public"),
        ("http://2852039166", "public"),
        ("http://[::ffff:169.254.169.254]", "public"),
        ("http://[fe80::1%25eth0]", "public"),
        ("http://[fd00:ec2::254]", "public"),
        ("http://metadata.google.internal", "public"),
        ("http://localhost.example.com", "public"),
        ("http://127.0.0.1.example.com", "public"),
        ("http://99999999999999", "private"),  # no address, so a name without a dot
        ("https://bücher.example", "public"),
        ("https://", "public"),
        ("http://[fd00:ec2:0:0::254]", "public"),
        ("http://box.lan", "private"),
        ("http://box.home.arpa", "private"),
        ("http://localhost.lan", "private"),
        ("http://[::ffff:0.0.0.0]", "this machine"),
        ("http://224.0.0.1", "public"),
    ],
)
def test_place(url, place):
    """Loopback and private in all forms; credentials of clouds, link-local and what can't be told are public."""
    assert places.place(url) == place


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:pw@host.example:81/v1?key=1", "http://host.example:81"),
        ("https://bücher.example/v1", "https://xn--bcher-kva.example"),
        ("https://api.оpenai.com", "https://api.xn--penai-iye.com"),  # noqa: RUF001 - a Cyrillic letter
        ("HTTPS://Api.OpenAI.com.", "https://api.openai.com"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
        ("http://host.example:999999/", "http://host.example"),
        (f"http://{'a' * 70}.example", f"http://{'a' * 70}.example"),
    ],
)
def test_shown(url, shown):
    """By scheme, host and port alone, and what looks like another's name in its own letters."""
    assert places.shown(url) == shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://user:pw@host.example:81/v1?key=1#a", "http://host.example:81/v1"),
        ("https://Host.Example/", "https://host.example/"),
        ("http://[::1]", "http://[::1]"),
    ],
)
def test_without_credentials(url, said):
    """With its path, and nothing that may be a secret."""
    assert places.without_credentials(url) == said


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://Api.OpenAI.com.:443/v1", "api.openai.com"),
        ("https://b\u00fccher.example", "xn--bcher-kva.example"),
        ("http://[::1]:8000", "::1"),
        ("https://", ""),
    ],
)
def test_host(url, name):
    """In ASCII and lower case, without a dot at its end."""
    assert places.host(url) == name


def test_plain():
    """Only http can be read on the way."""
    assert [places.is_plain(url) for url in ("http://a", "https://a", "HTTP://a")] == [True, False, True]
