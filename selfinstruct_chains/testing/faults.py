"""What a scripted server does wrong on demand, besides statuses and the answers of `testing.answers`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from selfinstruct_chains.testing.answers import answer
from selfinstruct_chains.testing.author import Reply

if TYPE_CHECKING:
    from selfinstruct_chains.testing.wires import Body, Wire

BROKEN = ("hang", "reset", "cut", "cut_json", "html", "blank", "null", "no_choices", "not_utf8", "error_200")
"""Faults besides the HTTP statuses ("429"): no answer at all, the connection reset before or cut within the response,
and envelopes with status 200 that hold half a JSON, HTML, nothing, nulls, no choices, bytes that are no UTF-8, or an
error."""
POOR = ("empty", "noise", "truncated", "huge", "wrong_shape")
"""Replies that came, and are no good: nothing, gibberish, cut by the token limit, a megabyte, JSON of another shape."""

CUT_RESPONSE = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"id": "scr'

_REPLIES = ("choices", "content", "candidates", "message", "response")  # where they stand, in any protocol


def broken(fault: str, protocol: Wire, body: Body, prompts: int) -> bytes:
    """What stands in a response with status 200 that is no reply."""
    good = protocol.reply([Reply("Yes")] * prompts, body)
    bodies = {
        "html": b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        "blank": b"",
        "null": json.dumps({**good, **dict.fromkeys(_REPLIES)}).encode(),
        "no_choices": json.dumps({**good, **dict.fromkeys(_REPLIES, ())}).encode(),
        "not_utf8": json.dumps(good).encode().replace(b"Yes", b"\xff\xfe\x80"),
        "error_200": json.dumps(protocol.error(502, "upstream gave no reply")).encode(),
        "cut_json": json.dumps(good).encode()[:40],
    }
    check_name(fault)
    return bodies[fault]


def check_name(fault: str) -> None:
    """Raises ValueError for what is neither a status, nor a provider's answer, nor one of BROKEN."""
    if "/" in fault:
        answer(fault)
    elif fault not in BROKEN and not fault.isdecimal():
        raise ValueError(f"no fault {fault!r}; there are statuses, provider/answer, {', '.join(BROKEN)}")


def worse(reply: Reply, how: str) -> Reply:
    """The reply as it would be if it were poor in the way `how`."""
    match how:
        case "empty":
            return reply._replace(text="")
        case "noise":
            return reply._replace(text="��# ]] }{ \x00 lorem" * 3)
        case "truncated":
            return reply._replace(text=reply.text[: len(reply.text) // 2], finish_reason="length")
        case "huge":
            return reply._replace(text=(reply.text + "\n") * (1 + 2**20 // (len(reply.text) + 1)))
        case "wrong_shape":
            return reply._replace(text='{"tasks": {"a": [1, 2, {"b": null}]}}')
        case _:
            raise ValueError(f"no poor reply {how!r}; there are {', '.join(POOR)}")
