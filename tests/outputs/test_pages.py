"""What pages are built of: a policy, data that breaks out of nothing, and files that may be replaced."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.pages import assets, blocks, data, may_replace, packed, policy

MARK = "<!-- a page of a test -->"


def test_only_the_page_s_own_scripts_run() -> None:
    """By their hashes; nothing is fetched from anywhere."""
    empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    other = "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"

    assert policy(["", "abc"]) == (
        f"default-src 'none'; script-src {empty} {other}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_data_is_json_that_ends_no_script() -> None:
    """Without a blank between; what HTML could take for its own is escaped."""
    assert data({"a": ["</script>", "&"], "b": 1}) == '{"a":["\\u003c/script\\u003e","\\u0026"],"b":1}'


def test_rows_are_packed_the_same_at_any_time() -> None:
    """As blocks that browsers don't run."""
    rows = [["a", 1], ["é", None]]
    whole = base64.b64decode(packed(rows))

    assert gzip.decompress(whole).decode() == json.dumps(rows, separators=(",", ":"))
    assert whole[4:8] == bytes(4)  # no time of day
    assert blocks(["one", "two"]) == (
        '<script type="text/plain" class="rows">one</script>\n<script type="text/plain" class="rows">two</script>'
    )


def test_assets_stand_one_after_another() -> None:
    """With a line's end between."""
    assert assets(["theme.css", "page.css"]) == f"{assets(['theme.css'])}\n{assets(['page.css'])}"
    assert assets(["theme.css"]).startswith((":root", "/*"))


def test_only_pages_of_the_kind_are_replaced(tmp_path: Path) -> None:
    """By the mark at their start, if it is whole within a hundred characters; another file is by force alone."""
    page = tmp_path / "page.html"
    may_replace(page, MARK, "page", force=False)
    page.write_text("x" * 100 + MARK)
    may_replace(page, MARK, "page", force=False)
    for text in ("x" * 101 + MARK, "precious"):
        page.write_text(text)
        with pytest.raises(ConfigError) as raised:
            may_replace(page, MARK, "page of a test", force=False)
        assert str(raised.value) == (
            f"{page}: exists, and is no page of a test; choose another file: -o, or --force to replace it"
        )
        may_replace(page, MARK, "page", force=True)


@pytest.mark.parametrize("force", [False, True])
def test_a_page_is_a_file_in_a_folder(tmp_path: Path, force: bool) -> None:
    """Or standard output, or another stream."""
    with pytest.raises(ConfigError, match=rf"^{tmp_path}: a folder; give a file: -o$"):
        may_replace(tmp_path, MARK, "page", force=force)
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/no: no such folder; make it first, or choose another file"):
        may_replace(tmp_path / "no" / "page.html", MARK, "page", force=force)
    for stream in ("-", "/dev/null"):
        may_replace(Path(stream), MARK, "page", force=force)
