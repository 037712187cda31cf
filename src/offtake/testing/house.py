"""A house for tests: a real control store and storage in a directory, a clock that stands until it is moved, and an
engine that only remembers. What a worker would do is done by `succeed`.

    stage = build(tmp_path)
    token = stage.token("acme")
    ... ask for an export ...
    stage.succeed(export_id, {"bookings.csv": b"id\\n1\\n"})
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import msgspec

from offtake import plugin
from offtake.control.store import SqlControl, open_control
from offtake.core.callback import Teller
from offtake.core.dataset import Dataset, Field, FieldType, Op, Parameter, Select, Table
from offtake.core.export import Attempt, Export, ExportId, Part
from offtake.core.filter import DEFAULT_OPS
from offtake.core.limits import Split
from offtake.core.ports import Format, Storage, StoragePlugin, Task, TextForm, Transaction
from offtake.core.query import CsvLayout, Query
from offtake.core.tenant import ALL_ACTIONS, Action, Names, Scope, Tenant, TenantId
from offtake.secrets.keyring import Keyring
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import Tokens
from offtake.secrets.vault import Vault
from offtake.service import runs, tenants
from offtake.service.house import House, Policy
from offtake.testing.shelf import ShelfDelivery
from offtake.web.dialect import Dialect

START: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

POLICY: Final = Policy(
    max_running=2,
    max_pending=1000,
    requests_per_second=1000.0,
    burst=100_000,
    max_wait=timedelta(seconds=5),
    link_life=timedelta(minutes=10),
    file_life=timedelta(days=7),
    record_life=timedelta(days=90),
    max_attempts=3,
    split=Split(),
)
"""Generous, so that a test meets only the limit it asks for."""


class StandingClock:
    """The time, which moves only when it is told to."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let so much time pass."""
        self.now += by


class RecordingEngine:
    """The port `Engine`: keeps what it is given and runs nothing. `queued` is set once there is a task."""

    def __init__(self) -> None:
        self.queued = threading.Event()
        self.tasks: list[Task] = []
        self.cancelled: list[str] = []

    def enqueue(self, transaction: Transaction, task: Task) -> None:
        """Remember the task."""
        self.tasks.append(task)
        self.queued.set()

    def cancel(self, task_ids: Sequence[str]) -> None:
        """Remember the ids."""
        self.cancelled += task_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainOptions:
    """The options of the plain format."""

    header: bool = True
    delimiter: str = ","


class PlainFormat:
    """The port `Format`, no more than a request needs."""

    media_type = "text/csv"
    extension = "csv"
    options: type = PlainOptions

    def form(self, query: Query, options: object) -> TextForm:
        """Lines of CSV, whatever the options."""
        return TextForm(layout=CsvLayout())


def bookings() -> Dataset:
    """A dataset with a change time, a scope, and a field that not every tenant sees."""
    return Dataset(
        name="bookings",
        source="hotel",
        relation=Table(name="bookings"),
        title="Bookings",
        description="Every booking, and what became of it.",
        key=("id",),
        scope={"enterprise": "enterprise_id"},
        change="updated_at",
        fields=(
            _field("id", FieldType.UUID, nullable=False),
            _field("guests", FieldType.INTEGER),
            _field("price", FieldType.DECIMAL, stored_scale=2),
            _field("updated_at", FieldType.TIMESTAMP, nullable=False),
            replace(
                _field("state", FieldType.TEXT),
                labels={"en": "State", "de": "Zustand"},
                choices={"C": {"en": "cancelled", "de": "storniert"}},
                ops=frozenset({Op.EQ, Op.IN}),
            ),
            replace(_field("card", FieldType.TEXT), access=frozenset({"payment"})),
        ),
    )


def rates() -> Dataset:
    """A dataset over an operator-written SELECT, shared by all tenants."""
    return Dataset(
        name="rates",
        source="hotel",
        relation=Select(
            sql="SELECT day, rate FROM rates WHERE hotel = :hotel",
            parameters=(Parameter(name="hotel", type=FieldType.TEXT, description="The hotel's code."),),
        ),
        shared=True,
        fields=(_field("day", FieldType.DATE), _field("rate", FieldType.FLOAT)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A house, and the strings behind it."""

    house: House
    control: SqlControl
    engine: RecordingEngine
    clock: StandingClock
    shelf: ShelfDelivery
    kind: str = "native"
    tokens: dict[str, str] = field(default_factory=dict)

    def tenant(self, name: str, scope: Scope | None = None, **more: object) -> Tenant:
        """Make a tenant whose scope is one enterprise called after it; `more` are members of `Tenant`."""
        made = Tenant(id=TenantId(name), name=name, scope=scope or {"enterprise": (f"{name}-1", f"{name}-2")})
        made = replace(made, **more)  # type: ignore[arg-type]
        tenants.put(self.house, made)
        return made

    def token(
        self,
        tenant: str = "acme",
        *,
        actions: frozenset[Action] = ALL_ACTIONS,
        datasets: frozenset[str] | None = None,
        scope: Scope | None = None,
        kind: str | None = None,
        secret: str | None = None,
        partner: str | None = None,
        user: str | None = None,
        names: Names = Names.SERVER,
    ) -> str:
        """A new token of a tenant, which is made if it is not there."""
        if all(one.id != tenant for one in tenants.every(self.house)):
            self.tenant(tenant)
        return tenants.issue_key(
            self.house,
            TenantId(tenant),
            kind=kind or self.kind,
            name="test",
            actions=actions,
            datasets=datasets,
            scope=scope,
            secret=secret,
            partner=partner,
            user=user,
            names=names,
        ).secret

    def start(self, export_id: str) -> Attempt:
        """Begin an attempt, as a worker would."""
        attempt = runs.claim(self.house, ExportId(export_id))
        assert attempt is not None
        return attempt

    def succeed(self, export_id: str, files: Mapping[str, bytes]) -> Export:
        """Finish the export with these files, as a worker would; of a file's lines the first counts as its header."""
        attempt = self.start(export_id)
        parts = []
        for number, (name, content) in enumerate(files.items(), start=1):
            location = f"{runs.location(attempt)}/{name}"
            self._store(location, content)
            parts.append(
                Part(
                    selection=0,
                    number=number,
                    name=name,
                    location=location,
                    rows=max(0, content.count(b"\n") - 1),
                    bytes=len(content),
                    sha256=sha256(content).hexdigest(),
                )
            )
        self._store(f"{runs.location(attempt)}/manifest.json", _manifest(attempt.export, parts))
        return runs.publish(self.house, attempt, parts)

    def close(self) -> None:
        """Give back every connection."""
        self.control.close()

    def _store(self, location: str, content: bytes) -> None:
        writer = self.house.storage.create(location)
        writer.write(content)
        writer.commit()


def build(
    directory: Path,
    *,
    datasets: Sequence[Dataset] | None = None,
    formats: Mapping[str, Format] | None = None,
    policy: Policy = POLICY,
) -> Stage:
    """Build a house in a directory; `close` the stage afterwards."""
    control = store(directory / "control.db")
    engine, clock, shelf = RecordingEngine(), StandingClock(), ShelfDelivery()
    house = House(
        control=control,
        engine=engine,
        storage=_storage(directory / "files"),
        datasets={one.name: one for one in datasets or (bookings(), rates())},
        formats=formats or {"csv": PlainFormat()},
        tellers=_tellers(),
        deliveries={"shelf": shelf},
        tokens=Tokens(key=b"t" * 32),
        links=LinkSigner(key=b"l" * 32),
        vault=Vault(lambda: Keyring((b"v" * 32,))),
        policy=policy,
        clock=clock,
        new_id=lambda: str(uuid4()),
    )
    return Stage(house=house, control=control, engine=engine, clock=clock, shelf=shelf)


def store(path: Path) -> SqlControl:
    """A control store in a new file, with the newest schema and nothing in it."""
    path.write_bytes(_migrated())
    path.chmod(0o600)
    return open_control(f"sqlite:///{path}")


@cache
def _migrated() -> bytes:
    """The file of a control store on which every migration was run, which takes longer than most tests do."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "control.db")
        control = open_control(f"sqlite:///{path}")
        control.migrate()
        control.close()
        return path.read_bytes()


@cache
def _tellers() -> Mapping[str, Teller]:
    found: list[Dialect] = [plugin.load("web.dialects", name) for name in plugin.names("web.dialects")]
    return {one.kind: one.teller for one in found if one.teller is not None}


def _manifest(export: Export, parts: Sequence[Part]) -> bytes:
    """As the pipeline writes it, but for the schemas and the request."""
    members = ("name", "selection", "number", "rows", "bytes", "sha256")
    document = {
        "version": 1,
        "export": export.id,
        "created_at": export.created_at,
        "read_at": export.started_at,
        "format": export.request.format,
        "compression": export.request.compression,
        "rows": sum(one.rows for one in parts),
        "bytes": sum(one.bytes for one in parts),
        "files": [{name: getattr(one, name) for name in members} for one in parts],
        "selections": [],
        "request": {},
    }
    return msgspec.json.encode(document)


def _storage(directory: Path) -> Storage:
    local: StoragePlugin = plugin.load("storage", "local")
    return local.open(local.options(directory=str(directory)))


def _field(name: str, kind: FieldType, *, nullable: bool = True, stored_scale: int = 0) -> Field:
    return Field(
        name=name,
        type=kind,
        column=name,
        nullable=nullable,
        scale=stored_scale,
        description=f"The {name}.",
        ops=DEFAULT_OPS[kind],
    )
