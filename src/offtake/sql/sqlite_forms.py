"""How SQLite chooses the text of a value: one of its usual forms by SQL alone, or else what a function makes of it."""

from collections.abc import Callable
from dataclasses import dataclass

from offtake.sql.statement import Sql, sql

Frame = Callable[[Sql], Sql]
"""What is put around a text, such as quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Pairs of a test and the text of a value that passes it, the most usual first, and the text of every other value.

    Invariants: null passes no test; no text is null.
    """

    own: str
    usual: tuple[tuple[str, str], ...] = ()
    other: str | Sql

    def text(self, null: str = "NULL", frame: Frame = sql) -> Sql:
        """The text in its frame, `null` for null. Each form has a frame of its own, so none is worked out twice."""
        arms = (sql(f" WHEN {test} THEN ", frame((text,))) for test, text in self.usual)
        return sql("CASE", *arms, f" WHEN {self.own} IS NULL THEN {null} ELSE ", frame(sql(self.other)), " END")
