"""The tables of keys in chains/README.md and prompts/README.md, between two marks.

make tables      # writes them anew; with --check, only says whether they are as they should be
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ext.keys import chain_sections, prompt_sections

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ext.keys import Section

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- keys: make tables -->\n", "<!-- end of keys -->\n"


def main() -> None:
    """Write both, or with --check exit with 1 where one is not as it should be."""
    stale = []
    for folder, sections in (("chains", chain_sections()), ("prompts", prompt_sections())):
        file = ROOT / folder / "README.md"
        before = file.read_text(encoding="utf-8")
        start, _, rest = before.partition(BEGIN)
        _, _, end = rest.partition(END)
        after = f"{start}{BEGIN}\n{_table(sections)}\n{END}{end}"
        if before != after:
            stale.append(str(file.relative_to(ROOT)))
            if "--check" not in sys.argv:
                file.write_text(after, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)}: not as the program has it; make tables")


def _table(sections: Iterable[Section]) -> str:
    rows = ["| key | type | default | |", "|---|---|---|---|"]
    for section in sections:
        for key in section.keys:
            path = key.path.removeprefix("prompt.")
            default = f"`{key.default}`" if key.default else ""
            rows.append(
                "| "
                + " | ".join(cell.replace("|", "\\|") for cell in (f"`{path}`", key.type, default, key.says))
                + " |"
            )
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
