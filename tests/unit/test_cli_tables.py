"""Tables of the command line: whatever the width, ids, names and paths can be copied."""

import re

import pytest
from rich.table import Table

from offtake.cli.tables import facts, print_table, table

ID = "dc7e5bb4-0c9a-4ad5-b701-82d4c2a9f59b"
PATH = "/srv/offtake/data/of/a/hotel/chain/exports/2026-11-23/reservations.csv"
TEXT = " ".join(f"word{number}" for number in range(40))
STYLES = re.compile(r"\x1b\[[0-9;]*m")


def some() -> Table:
    made = table("id", "name", "path", "description", folds=("description",), title="Things")
    made.add_row(ID, "[red]:key:", PATH, TEXT)
    made.add_row(ID[::-1], "other", "/tmp", "short")
    return made


def printed(made: Table, columns: int | None, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> str:
    """What is printed to a terminal of so many columns; to a file for None."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "COLUMNS", "TERM"):
        patch.delenv(name, raising=False)
    if columns is not None:
        patch.setenv("FORCE_COLOR", "1")
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", str(columns))
    print_table(made)
    return STYLES.sub("", capsys.readouterr().out)


def test_a_file_gets_every_row_on_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(some(), None, capsys, monkeypatch)
    assert re.search(rf"{ID} . \[red\]:key: . {PATH} . {TEXT}", out)


@pytest.mark.parametrize("columns", [80, 100, 150, 200, 600])
def test_a_terminal_gets_ids_and_names_whole(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = printed(some(), columns, capsys, monkeypatch)
    assert max(map(len, out.splitlines())) <= columns
    for one in (ID, ID[::-1], "[red]:key:", "other", *TEXT.split()):
        assert re.search(rf"(?<!\S){re.escape(one)}(?!\S)", out), one
    broken = re.sub(r"[^\w/.-]", "", out)
    assert PATH in out or PATH in broken
    assert "…" not in out


def test_facts_leave_out_what_is_not_known(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = printed(facts([("id", ID), ("path", PATH), ("failure", None)], title=ID), 60, capsys, monkeypatch)
    assert out.count(ID) == 2
    assert "failure" not in out
    assert PATH in re.sub(r"[^\w/.-]", "", out)
