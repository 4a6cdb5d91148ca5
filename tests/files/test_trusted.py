"""Which chain files were said yes to."""

from selfinstruct_chains.files.trusted import Trusted


def test_a_yes_is_of_this_content_and_this_question(tmp_path):
    """A copy has it, a changed file has not, nor another question; the list of another process counts."""
    Trusted(tmp_path / "new").add(b"model: x", ["a"], "my\nchain.yaml")
    trusted = Trusted(tmp_path / "new")

    assert trusted.has(b"model: x", ["a"])
    assert not trusted.has(b"model: y", ["a"])
    assert not trusted.has(b"model: x", ["a", "b"])
    assert not trusted.has(b"model: xa", [])
    assert len((tmp_path / "new" / "trusted-chains.txt").read_text(encoding="utf-8").splitlines()) == 1


def test_a_list_that_is_none(tmp_path):
    """One that can't be read is empty."""
    (tmp_path / "trusted-chains.txt").mkdir()

    assert not Trusted(tmp_path).has(b"", [])
