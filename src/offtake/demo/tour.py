"""The tour: one export of real data, end to end, by the same client that customers use; then what to go on with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from offtake.client import Client, Pulled
from offtake.demo.data import DATA_SETS
from offtake.demo.didww import visit as didww
from offtake.demo.emarsys import visit as emarsys
from offtake.demo.mews import visit as mews
from offtake.demo.mypreferences import visit as mypreferences
from offtake.demo.proof import expected
from offtake.demo.tables import Table as SourceTable

DATASET = "reservations"
DIMENSION = "enterprise"

Check = tuple[str, str, str]
"""What is looked at, what the source has, and what the file has."""

VISITS: Final[Mapping[str, Callable[[str, Mapping[str, object], Path], Sequence[Check]]]] = {
    "mews": mews.visit,
    "didww": didww.visit,
    "emarsys": emarsys.visit,
    "mypreferences": mypreferences.visit,
}
"""The stops at dialects, by name."""

Bring = Callable[[Client, str, Path], Pulled]
"""Watches an export and downloads it into a folder, showing how far it is."""

Show = Callable[[Table], None]
"""Prints a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """What the tour needs of the demo: where the server is, a token and the credentials by dialect, the source, and
    whose rows the token sees."""

    base_url: str
    token: str
    credentials: Mapping[str, Mapping[str, object]]
    database: Path
    ids: Sequence[str]
    downloads: Path


def take(stop: Stop, bring: Bring, show: Show) -> bool:
    """Run one export, download it, prove it against the source, and tell, then visit each dialect; True if everything
    is right."""
    with Client(stop.base_url, stop.token) as client:
        pulled = bring(client, client.create(DATASET, format="csv").id, stop.downloads)
    proof = expected(stop.database, _source_table(), DIMENSION, stop.ids)
    rows = sum(file.rows or 0 for file in pulled.export.files)
    digest = sha256(b"".join(path.read_bytes() for path in pulled.files)).hexdigest()
    checks = (("rows", f"{proof.rows:,}", f"{rows:,}"), ("SHA-256", proof.sha256, digest))
    show(_report(checks, pulled))
    right = all(source == file for _, source, file in checks)
    for name, visit in VISITS.items():
        seen = visit(stop.base_url, stop.credentials[name], stop.database)
        show(_checked(seen, f"As clients of {name} see it"))
        right = right and all(source == file for _, source, file in seen)
    return right


def _source_table() -> SourceTable:
    return next(table for data in DATA_SETS for table in data.tables if table.name == DATASET)


def _checked(checks: Sequence[Check], title: str) -> Table:
    table = Table(title=title)
    table.add_column("check", no_wrap=True)
    table.add_column("in the source", overflow="fold")
    table.add_column("in the file", overflow="fold")
    table.add_column()
    for name, source, file in checks:
        same = Text("same", "green") if source == file else Text("DIFFERENT", "red")
        table.add_row(name, source, file, same)
    return table


def _report(checks: Sequence[Check], pulled: Pulled) -> Table:
    table = _checked(checks, f"Export {pulled.export.id}")
    size = sum(file.bytes for file in pulled.export.files)
    table.caption = f"{', '.join(map(str, pulled.files))}: {size:,} bytes"
    return table
