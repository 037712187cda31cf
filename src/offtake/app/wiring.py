"""Settings to a wired house."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast
from uuid import uuid4

from sqlalchemy import Connection

from offtake import plugin
from offtake.control.store import SqlControl, SqlTransaction, open_control
from offtake.core.error import InvalidRequest
from offtake.core.ports import DeliveryPlugin, Format, Source, SourcePlugin, StoragePlugin, Transaction
from offtake.egress.way_out import WayOut
from offtake.engine.dispatch import Dispatcher
from offtake.secrets import keyring
from offtake.secrets.command import from_command
from offtake.secrets.keyfile import KeyFile
from offtake.secrets.keyring import Purpose, Ring, Subkeys
from offtake.secrets.links import LinkSigner
from offtake.secrets.tokens import Tokens
from offtake.secrets.vault import Vault
from offtake.service import tenants
from offtake.service.house import House, Policy
from offtake.settings import DialectKind, Loaded, Plugins, Settings, SourceKind, datasets, load, split
from offtake.settings import tenants as configured_tenants
from offtake.web.dialect import Dialect
from offtake.web.options import Outspoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """A configuration put to work. `close` gives back what it holds."""

    settings: Settings
    control: SqlControl
    dispatcher: Dispatcher
    house: House

    @property
    def embedded(self) -> bool:
        """Whether the control store is a SQLite file, which takes one worker."""
        return self.control.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Close every connection."""
        self.dispatcher.close()
        self.control.close()


def plugins() -> Plugins:
    """What a configuration may name: every source by its URLs' schemes, every storage by its name."""
    sources = [_source_plugin(name) for name in plugin.names("sources")]
    return Plugins(
        sources={
            scheme: SourceKind(options=one.options, dialect=one.sql, file=one.file)
            for one in sources
            for scheme in one.schemes
        },
        storages={name: _storage_plugin(name).options for name in plugin.names("storage")},
        dialects={
            one.kind: DialectKind(options=one.options, problems=partial(_problems, one))
            for one in _found_dialects()
            if one.options is not None
        },
    )


def configuration(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Load and validate the configuration; raises BadConfiguration."""
    return load(path, environ, plugins())


def wire(settings: Settings) -> Wired:
    """Open what the settings name and put it together; nothing is migrated or started."""
    control = open_control(settings.store.url, pool_size=settings.store.pool_size)
    dispatcher = Dispatcher(control.engine, _connection)
    ring = _keyring(settings)
    storage = _storage_plugin(settings.storage.kind).open(settings.storage.options)
    house = House(
        control=control,
        engine=dispatcher,
        storage=storage,
        datasets={one.name: one for one in datasets(settings)},
        formats={name: _format(name) for name in plugin.names("formats")},
        tellers={one.kind: one.teller for one in dialects(settings) if one.teller is not None},
        deliveries={name: _delivery_plugin(name) for name in plugin.names("delivery")},
        tokens=Tokens(key=Subkeys(ring, Purpose.TOKENS)),
        links=LinkSigner(key=Subkeys(ring, Purpose.LINKS)),
        vault=Vault(ring),
        policy=_policy(settings),
        clock=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid4()),
        base_url=settings.server.base_url.rstrip("/") if settings.server.base_url else None,
    )
    return Wired(settings=settings, control=control, dispatcher=dispatcher, house=house)


def prepare(wired: Wired) -> None:
    """Bring the control store up to date and put the configured tenants into it. Safe from several processes."""
    wired.control.migrate()
    wired.dispatcher.migrate()
    for tenant in configured_tenants(wired.settings):
        tenants.configured(wired.house, tenant)


def open_sources(settings: Settings) -> Mapping[str, Source]:
    """Every configured source; none is reached before it is read."""
    by_scheme = {scheme: one for one in map(_source_plugin, plugin.names("sources")) for scheme in one.schemes}
    return {name: by_scheme[one.scheme].open(one.url, one.options) for name, one in settings.sources.items()}


def way_out(settings: Settings) -> WayOut:
    """The guarded way to what customers name."""
    return WayOut(allow=settings.egress.allow, proxy=settings.egress.proxy)


def dialects(settings: Settings) -> tuple[Dialect, ...]:
    """Every dialect found, made as its settings say; the native one first: it answers for paths that none has."""
    made = (one if one.configure is None else one.configure(settings.dialects[one.kind]) for one in _found_dialects())
    return tuple(sorted(made, key=lambda one: "/v1" not in one.roots))


def new_worker_id() -> str:
    """An id that no worker process had before."""
    return secrets.token_hex(8)


def _policy(settings: Settings) -> Policy:
    limits = settings.limits
    return Policy(
        max_running=limits.max_running,
        max_pending=limits.max_pending,
        requests_per_second=limits.requests_per_second,
        burst=limits.burst,
        max_wait=timedelta(seconds=limits.max_wait_seconds),
        link_life=timedelta(seconds=limits.link_seconds),
        file_life=settings.retention.files,
        record_life=settings.retention.records,
        max_attempts=settings.worker.max_attempts,
        split=split(settings),
        callback_retries=settings.callback.retries,
        delivery_retries=settings.delivery.retries,
    )


def _keyring(settings: Settings) -> Ring:
    """The master keys: those of the environment or a command as they are at the start, those of a file as they are
    at any time."""
    given = settings.secrets
    if given.key is not None:
        ring = keyring.from_text(given.key)
    elif given.key_command is not None:
        ring = from_command(given.key_command)
    else:
        return KeyFile(Path(given.key_file))
    return lambda: ring


def _connection(transaction: Transaction) -> Connection:
    assert isinstance(transaction, SqlTransaction)
    return transaction.connection


def _source_plugin(name: str) -> SourcePlugin:
    return cast("SourcePlugin", plugin.load("sources", name))


def _storage_plugin(name: str) -> StoragePlugin:
    return cast("StoragePlugin", plugin.load("storage", name))


def _found_dialects() -> Sequence[Dialect]:
    return [cast("Dialect", plugin.load("web.dialects", name)) for name in plugin.names("web.dialects")]


def _problems(found: Dialect, options: object) -> Iterator[InvalidRequest]:
    """Why a dialect cannot be made of its options: everything they tell of themselves, else what making it raises."""
    told = tuple(options.problems()) if isinstance(options, Outspoken) else ()
    yield from told
    if not told and found.configure is not None:
        try:
            found.configure(options)
        except InvalidRequest as problem:
            yield problem


def _delivery_plugin(name: str) -> DeliveryPlugin:
    return cast("DeliveryPlugin", plugin.load("delivery", name))


def _format(name: str) -> Format:
    return cast("Format", plugin.load("formats", name))
