"""Why a call never left this machine: what no waiting mends, as one table over exceptions and their words."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.models.raised import chain, package

if TYPE_CHECKING:
    from collections.abc import Iterator

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_QUOTING = frozenset({"pydantic", "pydantic_core", "json"})
"""Packages whose messages quote what a server sent."""


class _Row(NamedTuple):
    advice: str
    classes: frozenset[str] = frozenset()
    words: str = r"(?!)"  # nothing


_TABLE = (
    _Row(
        "the key{key}, or a header in the chain file, holds characters that no header can carry (quotation marks, a "
        "line end); copy it again",
        words=r"codec can't encode character|control character detected in headers|illegal header value"
        r"|invalid header value|(?:character\(s\)|detected) in header|header value must be",
    ),
    _Row(
        "the address is none; check base_url in the chain file (http:// or https://, host, port)",
        frozenset({"InvalidURL", "InvalidUrlClientError", "InvalidUrlRedirectClientError", "UnsupportedProtocol"})
        | {"NonHttpUrlClientError", "MissingSchema", "InvalidSchema", "LocationParseError", "LocationValueError"},
    ),
    _Row(
        "check the proxy in the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY)",
        words=r"unknown scheme for proxy|proxy url|only http proxies|socks.{0,60}(?:not installed|missing)"
        r"|407 proxy authentication|unable to determine socks|proxy scheme",
    ),
    _Row(
        "the server's certificate is of no authority that this machine trusts; if it is your own, name its file in "
        "SSL_CERT_FILE, or check base_url in the chain file",
        words=r"certificate.?verify.?failed|unable to get local issuer|self.signed certificate|hostname mismatch",
    ),
    _Row(
        "the server does not speak TLS there; check base_url in the chain file (http:// or https://)",
        words=r"wrong.version.number|record.layer.failure",
    ),
    _Row(
        "check the key{key}",
        frozenset({"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "CredentialsError"}),
        words=r"authentication method|unable to locate credentials",
    ),
    _Row("name a region (AWS_REGION)", frozenset({"NoRegionError"}), words=r"must specify a region"),
    _Row(
        "check the chain file's model section",
        words=r"unexpected keyword argument|missing \d+ required|got multiple values for",
    ),
)


def unsent(error: BaseException, key: str = "") -> str | None:
    """What to mend before a call can leave this machine; None when `error` may be the network's or the server's.

    Args:
        error: what was raised instead of an answer.
        key: where the key stands, as " in VARIABLE"; "" when that is not known.
    """
    errors = [one for one in chain(error) if package(one) not in _QUOTING]
    for one in errors:
        if isinstance(one, FileNotFoundError | PermissionError | IsADirectoryError | NotADirectoryError):
            return f"a file that the connection needs can't be read: {_file(one)}"
    for row in _TABLE:
        if any(_fits(row, one) for one in errors):
            return row.advice.format(key=key)
    return None


def _fits(row: _Row, error: BaseException) -> bool:
    if isinstance(error, UnicodeEncodeError) and error.encoding.startswith("utf"):
        return False  # half a surrogate pair in a prompt: the item's
    names = {base.__name__ for base in type(error).__mro__}
    return not row.classes.isdisjoint(names) or re.search(row.words, str(error), re.IGNORECASE) is not None


def _file(error: OSError) -> str:
    """The file, or the variables that name one that is not there; the ssl module does not say which it was."""
    if error.filename:
        return str(error.filename)
    return ", ".join(_absent()) or "check the certificates (SSL_CERT_FILE, SSL_CERT_DIR)"


def _absent() -> Iterator[str]:
    for name in _CERTIFICATES:
        value = os.environ.get(name)
        if value and not Path(value).exists():
            yield f"{name} is {value}, which is not there"
