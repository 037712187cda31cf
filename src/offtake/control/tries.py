"""The repository `Tries`: the log of what was tried, by message or delivery."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, select

from offtake.control.database import Database
from offtake.control.tables_telling import TRIES
from offtake.core.callback import Try
from offtake.core.error import Trouble


class SqlTries:
    """Tries, each kept once however often it is told of."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection

    def append(self, one: Try) -> None:
        """Add a try; one with the same subject and number is there already: nothing is changed."""
        self._connection.execute(self._database.insert(TRIES).values(_row(one)).on_conflict_do_nothing())

    def of(self, subject: str) -> Sequence[Try]:
        """The tries of a message or a delivery, in order."""
        query = select(TRIES).where(TRIES.c.subject == subject).order_by(TRIES.c.number)
        return [_try(row) for row in self._connection.execute(query)]


def _row(one: Try) -> Mapping[str, object]:
    return {
        "subject": one.subject,
        "number": one.number,
        "at": one.at,
        "seconds": one.seconds,
        "status": one.status,
        "answer": one.answer,
        "trouble": one.trouble,
        "reason": one.reason,
    }


def _try(row: Row[*tuple[object, ...]]) -> Try:
    return Try(
        subject=row.subject,
        number=row.number,
        at=row.at,
        seconds=row.seconds,
        status=row.status,
        answer=row.answer,
        trouble=row.trouble and Trouble(row.trouble),
        reason=row.reason,
    )
