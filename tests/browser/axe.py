"""What axe-core says of a page: https://github.com/dequelabs/axe-core, from npm, put there by `.ci/run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
"""`npm install --no-save axe-core` in the root puts it there."""
_SERIOUS = ["serious", "critical"]


async def serious(page: Page) -> list[str]:
    """Its serious and critical violations, each with its rule and what breaks it; skips the test without it."""
    if not SCRIPT.exists():
        pytest.skip("no axe-core here: npm install --no-save axe-core")
    await page.evaluate(SCRIPT.read_text(encoding="utf-8"))  # a page's policy does not hold for what is evaluated
    found = await page.evaluate("axe.run().then((result) => result.violations)")
    return [f"{one['id']}: {node['html'][:200]}" for one in found if one["impact"] in _SERIOUS for node in one["nodes"]]
