"""Where an address leads: to this machine, into a private network, or to the public; and how it is shown."""

from __future__ import annotations

import re
import socket
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal
from urllib.parse import urlsplit

Place = Literal["this machine", "private", "public"]

_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".home.arpa")
_METADATA = frozenset(
    {"metadata.google.internal", "169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254"}
)
"""Where clouds give a machine its credentials: no model answers there."""
_NUMBER = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


def place(url: str) -> Place:
    """Where `url` leads, as far as that can be seen without a look-up; what can't be told is public.

    Hosts are read as clients read them: in any spelling of an IPv4 address (http://2130706433), IPv4 within IPv6, a dot
    at the end, full-width digits. A name without a dot is one of the own network's. Link-local addresses are public,
    as the credentials of cloud machines are had there.
    """
    host = _host(url)
    if host in _METADATA:
        return "public"
    found = _ip(host)
    if found is not None:
        return _place_of(found)
    if host == "localhost" or host.endswith(".localhost"):
        return "this machine"
    return "private" if host and ("." not in host or host.endswith(_PRIVATE_ENDINGS)) else "public"


def is_plain(url: str) -> bool:
    """Whether what goes there can be read on the way."""
    return urlsplit(url).scheme == "http"


def host(url: str) -> str:
    """The host's name in ASCII: lower case, IDN encoded, without a dot at its end; "" where there is none."""
    return _host(url)


def shown(url: str) -> str:
    """Scheme, host and port: without a user, a password, a path or a query, which may hold secrets."""
    parts = urlsplit(url)
    name = _host(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{f'[{name}]' if ':' in name else name}{port}"


def without_credentials(url: str) -> str:
    """The address without a user, a password or a query, for messages."""
    return shown(url) + urlsplit(url).path


def _host(url: str) -> str:
    name = unicodedata.normalize("NFKC", urlsplit(url).hostname or "").lower().removesuffix(".")
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name.encode("ascii", "backslashreplace").decode()


def _ip(name: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(name)
    except ValueError:
        return _ip_of_number(name) if _NUMBER.fullmatch(name) else None
    return getattr(found, "ipv4_mapped", None) or found


def _ip_of_number(name: str) -> IPv4Address | None:
    """The short, decimal, octal and hexadecimal forms, which every resolver takes."""
    try:
        return IPv4Address(socket.inet_aton(name))
    except OSError:
        return None


def _place_of(found: IPv4Address | IPv6Address) -> Place:
    if found.is_loopback or found.is_unspecified:
        return "this machine"
    if str(found) in _METADATA or found.is_link_local:
        return "public"
    return "private" if found.is_private else "public"
