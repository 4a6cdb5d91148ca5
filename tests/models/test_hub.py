"""What the hub refuses is told in one line, with what to do."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from selfinstruct_chains.files.hub_refusals import refusal
from tests.models.hubs import REFUSALS, of_hub, refusing_hub

if TYPE_CHECKING:
    from pathlib import Path

SAID = {
    "acme/gated": "it is gated: ask for access on its page, and set HF_TOKEN",
    "acme/login": "it is gated: ask for access on its page, and set HF_TOKEN",
    "acme/missing": "there is none of that name, or it is private (set HF_TOKEN)",
    "acme/token": "the hub does not take the token that is in HF_TOKEN",
    "acme/disabled": "the hub has disabled access to it",
    "acme/forbidden": "the token in HF_TOKEN may not read it",
    "acme/often": "the hub wants fewer requests: try later, or set HF_TOKEN",
    "acme/down": "the hub answers 503: try later, or go yourself",
    "acme/revision": "it has no such revision",
    "acme/file": "it has no such file",
    "acme/nobody": "the hub can't be reached (ConnectError): go yourself",
}
PROGRAM = """
import json, sys
from huggingface_hub import snapshot_download
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.models.embedded import model_file
from selfinstruct_chains.files.hub_refusals import refusal
for name in sys.argv[1:]:
    try:
        snapshot_download(name, endpoint="http://127.0.0.1:9" if name == "acme/nobody" else None)
    except Exception as error:
        print(json.dumps(refusal(error, "go yourself")))
try:
    model_file("hf:acme/gated/file.gguf")
except ConfigError as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.slow
def test_every_refusal_has_its_line(tmp_path: Path) -> None:
    """As the hub's own client tells them; the last but one is asked where nobody listens."""
    assert SAID.keys() == REFUSALS.keys() | {"acme/nobody"}
    with refusing_hub() as address:
        command = [sys.executable, "-c", PROGRAM, *SAID]
        done = subprocess.run(
            command, env=os.environ | of_hub(address, str(tmp_path)), capture_output=True, text=True, check=True
        )
    lines = [json.loads(line) for line in done.stdout.splitlines()]

    for line, said in zip(lines[:-1], SAID.values(), strict=True):
        assert line.startswith(said)
        assert "\n" not in line
    assert lines[-1] == f"model 'hf:acme/gated/file.gguf': {SAID['acme/gated']}"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no room for it on the disk"),
        (ValueError("odd"), "the hub did not give it (ValueError): go yourself"),
    ],
)
def test_what_is_not_the_hub_s(error: Exception, said: str) -> None:
    """A disk that is full, and what nobody knows."""
    assert said in refusal(error, "go yourself")
