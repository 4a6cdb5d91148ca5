"""What a push says of itself, and what it leaves as it was; without the command around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.push import Pushed, check, push
from tests.outputs.export.hub import TOKEN, Repository, loopback_hub
from tests.outputs.runs import run_folder, task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selfinstruct_chains.outputs.export.export import Exported
    from tests.outputs.export.hub import Hub

NAME = "acme/mine"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub on loopback, and the settings with which huggingface_hub goes there and may write."""
    with loopback_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
        yield hub


@pytest.fixture
def done(tmp_path: Path) -> Exported:
    """An export of two tasks."""
    return export(run_folder(tmp_path / "run", [task(0, "Say yes."), task(1, "Go on.")]), "messages", tmp_path / "chat")


class Beside(dict[str, str]):
    """Texts beside the data; something happens when they are asked for."""

    def __init__(self, happens: Callable[[], object], **texts: str) -> None:
        super().__init__(texts)
        self._happens = happens

    def items(self) -> Any:
        """As those of any other."""
        self._happens()
        return super().items()


def test_an_export_s_card_is_replaced_without_force(hub: Hub, done: Exported) -> None:
    """By the tag that it has; what the first push made is private, and the second says what it did."""
    first = push(done, {"chain.yaml": "é"}, NAME, public=False)
    second = push(done, {}, NAME, public=False)
    found = hub.datasets[NAME]

    assert found.files.keys() == {"train.jsonl", "README.md", "chain.yaml"}
    assert found.files["chain.yaml"] == "é".encode()
    assert found.files["README.md"] == done.card.read_bytes()
    assert found.messages == ["2 examples, by selfinstruct-chains"] * 2
    url = f"{hub.url}/datasets/{NAME}"
    assert first._replace(commit="") == Pushed(url, "", private=True, notes=())
    note = "A commit on top of the 3 files there: only those of the same names were replaced."
    assert second == Pushed(url, found.sha, private=True, notes=(note,))


def test_a_new_one_is_public_where_that_is_asked_for(hub: Hub, done: Exported) -> None:
    """Another push to it has to say so too."""
    assert not push(done, {}, NAME, public=True).private
    assert not hub.datasets[NAME].private
    with pytest.raises(ConfigError) as raised:
        push(done, {}, NAME, public=False)
    assert str(raised.value) == (
        f"--push: {NAME} is there already, and all may read it: --public to add to it, or give another name"
    )
    assert not push(done, {}, NAME, public=True).private


def test_what_others_put_there_stays(hub: Hub, done: Exported) -> None:
    """Where there is no card one is written; where somebody else's is, only by force."""
    hub.datasets[NAME] = Repository(private=True, files={"rows.csv": b"a"})
    pushed = push(done, {}, NAME, public=True)

    assert pushed.private
    assert pushed.notes == (
        "A commit on top of the 1 files there: only those of the same names were replaced.",
        "It was private and stays so: change that in its settings, on its page.",
    )
    hub.datasets[NAME].files["README.md"] = b"# By hand\n"
    with pytest.raises(ConfigError) as raised:
        push(done, {}, NAME, public=False)
    assert str(raised.value) == (
        f"--push: {NAME} has a card (README.md) that no export wrote: --force to replace it, or another name"
    )
    push(done, {}, NAME, public=False, force=True)
    assert hub.datasets[NAME].files["rows.csv"] == b"a"


@pytest.mark.parametrize("shown", [True, False])
def test_bars_of_the_hub_s_client_are_as_they_were(hub: Hub, done: Exported, shown: bool) -> None:
    """And not shown meanwhile."""
    from huggingface_hub import utils

    hidden: list[bool] = []
    before = utils.are_progress_bars_disabled()
    (utils.enable_progress_bars if shown else utils.disable_progress_bars)()
    try:
        push(done, Beside(lambda: hidden.append(utils.are_progress_bars_disabled())), NAME, public=False)
        assert utils.are_progress_bars_disabled() != shown
    finally:
        (utils.disable_progress_bars if before else utils.enable_progress_bars)()

    assert hidden == [True]


@pytest.mark.parametrize("error", [OSError("no"), RuntimeError("no"), ValueError("no")])
def test_what_python_raises_on_the_way_is_a_line(hub: Hub, done: Exported, error: Exception) -> None:
    """As what the hub's client raises; what is neither is not hidden."""

    def fails(error: Exception) -> Beside:
        def raises() -> None:
            raise error

        return Beside(raises)

    with pytest.raises(ConfigError) as raised:
        push(done, fails(error), NAME, public=False)
    assert str(raised.value) == f"--push {NAME}: the hub did not take it: no"
    with pytest.raises(KeyError):
        push(done, fails(KeyError("no")), NAME, public=False)


@pytest.mark.parametrize(
    ("name", "format_name", "expected"),
    [
        (NAME, "messages", ""),
        ("a.b/c_d-e", "csv", ""),
        ("mine", "csv", "--push 'mine': not a dataset's name; OWNER/NAME is expected, of letters, digits, . _ -"),
        ("a/b--c", "csv", "--push 'a/b--c': not a dataset's name; OWNER/NAME is expected, of letters, digits, . _ -"),
        ("a/é", "csv", "--push 'a/é': not a dataset's name; OWNER/NAME is expected, of letters, digits, . _ -"),
        (NAME, "datasets", "--push: datasets is a folder that only load_from_disk reads; use --format parquet"),
    ],
)
def test_what_would_keep_it_from_the_hub(
    monkeypatch: pytest.MonkeyPatch, name: str, format_name: str, expected: str
) -> None:
    """Is known before anything is asked."""
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    if not expected:
        check(name, format_name)
        return
    with pytest.raises(ConfigError) as raised:
        check(name, format_name)
    assert str(raised.value) == expected
