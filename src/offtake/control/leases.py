"""The repository `Leases`: which workers live, by the database's clock alone."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection, delete, select, update

from offtake.control.columns import MICROSECOND
from offtake.control.database import Database
from offtake.control.tables import LEASES
from offtake.core.error import Conflict
from offtake.core.ports import Lease


class SqlLeases:
    """A row for every living worker; whoever deletes it has declared the worker dead, and nobody else has."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def take(self, worker_id: str, host: str, pid: int, length: timedelta) -> None:
        """Register a new worker; Conflict if its id lives already."""
        new = self._database.insert(LEASES).values(
            worker_id=worker_id, host=host, pid=pid, until=self._database.now + length // MICROSECOND
        )
        taken = self._connection.execute(new.on_conflict_do_nothing().returning(LEASES.c.worker_id))
        if taken.first() is None:
            raise Conflict("A worker with this id has a lease.", field="worker_id", cure="Start it with a new id.")

    def renew(self, worker_id: str, length: timedelta) -> bool:
        """Extend the lease; False if it has been taken away: the worker must stop at once."""
        renewed = self._connection.execute(
            update(LEASES)
            .where(LEASES.c.worker_id == worker_id)
            .values(until=self._database.now + length // MICROSECOND)
        )
        return renewed.rowcount == 1

    def reap(self, worker_id: str | None = None) -> Sequence[str]:
        """Take away every lease that has run out (or the one named) and return its worker ids, each to one caller."""
        dead = LEASES.c.until < self._database.now if worker_id is None else LEASES.c.worker_id == worker_id
        reaped = self._connection.execute(delete(LEASES).where(dead).returning(LEASES.c.worker_id))
        return sorted(reaped.scalars())

    def list(self) -> Sequence[Lease]:
        """Every lease, by worker."""
        rows = self._connection.execute(select(LEASES).order_by(LEASES.c.worker_id))
        return [Lease(worker_id=row.worker_id, host=row.host, pid=row.pid, until=row.until) for row in rows]
