"""What is a secret, told by the name that it stands under, or by what its beginning says of it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_SECRET = re.compile(
    r"(key|token|password|passwd|passphrase|secret|authorization|bearer|credential|cookie|signature)s?$", re.IGNORECASE
)
_NO_SECRET = re.compile(
    r"((max|min|prompt|stop|special|bos|eos|pad|unk|thinking|budget)(_\w+)?_tokens?(_ids)?|logprobs|cache_key)$",
    re.IGNORECASE,
)
_ISSUED = re.compile(
    r"((bearer|basic) +\S{8,}"
    r"|(sk-|sk_|gsk_|hf_|AIza|xai-|gh[pousr]_|AKIA|ASIA|r8_|nvapi-|pplx-|tgp_v1_|eyJ)[\w.-]{12,})$",
    re.IGNORECASE,
)
"""How the keys of providers begin."""


def names_a_secret(name: str) -> bool:
    """Whether what stands under `name`, in any spelling, is a secret: x-api-key, authToken, SECRET."""
    plain = name.replace("-", "_")
    return bool(_SECRET.search(plain)) and not _NO_SECRET.search(plain)


def is_secret(name: str, value: Any) -> bool:
    """Whether the value `value` under `name` is one: by its name, by its beginning, or in the query of an address.

    A switch, and nothing, is none.
    """
    if value is None or isinstance(value, bool):
        return False
    if names_a_secret(name):
        return True
    return isinstance(value, str) and bool(_ISSUED.match(value.strip()) or any(map(_names_one, _query(value))))


def _names_one(pair: tuple[str, str]) -> bool:
    return names_a_secret(pair[0])


def _query(value: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(value).query) if "://" in value else []
    except ValueError:
        return []
