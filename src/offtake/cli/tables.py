"""Tables with nothing cut from them: ids, names and paths are there to be copied."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.table import Table

LEAST: Final = 20
"""Characters that a column of long texts keeps when others need the line."""

WIDE: Final = 100_000
"""More characters than any line has."""


def table(*columns: str, folds: Iterable[str] = (), title: str | None = None) -> Table:
    """A table with these headings; texts in the columns of `folds` may go over several lines, all others are whole."""
    made = Table(title=title)
    for one in columns:
        made.add_column(one, overflow="fold", no_wrap=one not in folds)
    return made


def facts(rows: Iterable[tuple[str, object]], *, title: str | None = None) -> Table:
    """What is known of one thing, by name; what is None is left out."""
    made = Table(title=title, show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        if value is not None:
            made.add_row(name, str(value))
    return made


def print_table(table: Table) -> None:
    """Print a table: as wide as it needs to a file or a program, else in the terminal's width.

    Long texts are folded for that; where that does not make enough room, each row becomes a list of its own.
    """
    terminal = Console()
    whole, least = _widths(table)
    if not terminal.is_terminal or whole <= terminal.width:
        _console(whole).print(table)
    elif least <= terminal.width:
        _console(terminal.width).print(table)
    else:
        _console(terminal.width).print(_listed(table) if table.show_header else table)


def _console(width: int) -> Console:
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _widths(table: Table) -> tuple[int, int]:
    """The width of a table on whose lines every cell is whole, and of one whose long texts are folded."""
    console = _console(WIDE)
    cells = [
        max((console.measure(cell).maximum for cell in (column.header, *column.cells)), default=0)
        for column in table.columns
    ]
    whole = console.measure(table).maximum
    spared = (max(0, width - LEAST) for column, width in zip(table.columns, cells, strict=True) if not column.no_wrap)
    return whole, whole - sum(spared)


def _listed(table: Table) -> Table:
    """Each row as lines of heading and value, with a line between rows."""
    made = Table(title=table.title, caption=table.caption, show_header=False)
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            made.add_row(column.header, cell)
        made.add_section()
    return made
