"""Questions to models outside a run: shown while they go, ended gently, and with a word on how to go on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from selfinstruct_chains.cli.echo import echo, hushed, overheard
from selfinstruct_chains.errors import ConfigError, SelfInstructError

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from selfinstruct_chains.run.monitor import Monitor

T = TypeVar("T")


def durably(work: Coroutine[Any, Any, T], monitor: Monitor, folder: Path, items: str) -> T:
    """What comes of `work`; where it is stopped, the command ends with its exit code and says how to go on.

    Args:
        work: asks, and counts in `monitor`.
        monitor: shown meanwhile.
        folder: where what was answered is kept.
        items: what is counted, in words.

    Raises:
        SelfInstructError: it could not begin, or is the user's to mend.
    """
    from selfinstruct_chains.cli.progress import LiveDisplay
    from selfinstruct_chains.cli.signals import handlers_put_back, interruptible
    from selfinstruct_chains.cli.summary import how_to_go_on

    try:
        display = LiveDisplay(monitor, folder, as_json=False, items=items)
        with handlers_put_back(), display, overheard(display.note):
            return asyncio.run(interruptible(work, monitor))
    except SelfInstructError as stopped:
        if not monitor.wanted or stopped.exit_code == ConfigError.exit_code:
            raise
        if hushed():
            echo(f"Stopped: {stopped}", err=True)
            raise SystemExit(stopped.exit_code) from None
        echo(how_to_go_on(monitor, stopped, f"{monitor.finished:,} of {monitor.wanted:,} {items} are in {folder}"))
        raise SystemExit(stopped.exit_code) from None
