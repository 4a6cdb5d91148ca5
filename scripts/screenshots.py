"""The site's pictures of report, review and compare, of two real runs, into docs/_static.

    uv run selfinstruct generate -n 60 -o runs/first
    uv run selfinstruct generate -n 60 -o runs/warmer --set instructions.model.temperature=1
    uv run scripts/screenshots.py runs/first runs/warmer

Needs Chromium on the PATH. The runs are left as they were: what is reviewed is a copy.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

TO = Path(__file__).parents[1] / "docs/_static"
_COMMAND = [sys.executable, "-m", "selfinstruct_chains"]
_TYPED = "yyyyynynn"  # three tasks


def main() -> None:
    """Make all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs=2, type=Path)
    first, second = parser.parse_args().runs
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        made = Path(folder)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        _selfinstruct("report", str(first), "-o", str(made / "report.html"))
        _selfinstruct("compare", str(first), str(second), "-o", str(made / "compare.html"))
        _picture(browser, (made / "report.html").as_uri(), "report")
        _picture(browser, (made / "compare.html").as_uri(), "compare")
        with _reviewed(Path(shutil.copytree(first, made / "run"))) as address:
            _picture(browser, address, "review")
        browser.close()


def _selfinstruct(*arguments: str) -> None:
    subprocess.run([*_COMMAND, *arguments], check=True)  # noqa: S603 - our own command


@contextmanager
def _reviewed(run: Path) -> Iterator[str]:
    """The address of a review of `run`, as long as it is open."""
    command = [*_COMMAND, "review", str(run), "--as", "anna"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603
        for line in process.stdout or ():
            if found := re.search(r"http://\S+", line):
                yield found[0]
                break
        process.terminate()


def _picture(browser: Browser, address: str, name: str) -> None:
    for theme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 1000, "height": 680}, color_scheme=theme)
        page.goto(address)
        if name == "review":
            _type(page)
        page.wait_for_timeout(500)  # what is drawn when a page opens
        page.screenshot(path=TO / f"{name}-{theme}.png")
        page.close()


def _type(page: Page) -> None:
    """A few verdicts, so that the next task is shown as a reviewer sees it."""
    page.wait_for_selector("main h2")
    for key in _TYPED:
        page.keyboard.press(key)


if __name__ == "__main__":
    main()
