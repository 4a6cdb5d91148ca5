"""Where a folder's review page is: kept, so that a page that is left open goes on when the program is started again.

It stands in the folder, in `.review`, for its owner alone to read. It holds the page's token, and is of use only on
this machine and in this place: a copy of the folder gets an address of its own.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = ".review"
_MOST_PORT = 65_535
_TOKEN = 32  # characters


@dataclass
class Address:
    """A port and a token; `keep` writes them down, if they belong to a folder."""

    port: int
    token: str
    folder: Path | None = None

    @classmethod
    def new(cls) -> Address:
        """Any free port, and a token that nobody knows."""
        return cls(0, secrets.token_urlsafe(24))

    @classmethod
    def of(cls, folder: Path) -> Address:
        """That of a folder's last review here; a new one where there was none."""
        found = cls.new()
        found.folder = folder
        with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
            kept = json.loads((folder / NAME).read_bytes())
            port, token = kept["port"], kept["token"]
            if kept["place"] == _place(folder) and 0 < int(port) <= _MOST_PORT and len(token) == _TOKEN:
                found.port, found.token = int(port), str(token)
        return found

    def keep(self) -> None:
        """Write it down; where that can't be done, the next sitting has another."""
        if self.folder is None:
            return
        text = json.dumps({"port": self.port, "token": self.token, "place": _place(self.folder)})
        with suppress(OSError):
            path = self.folder / NAME
            path.unlink(missing_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text)


def _place(folder: Path) -> str:
    return sha256(f"{socket.gethostname()}:{folder.resolve()}".encode()).hexdigest()
