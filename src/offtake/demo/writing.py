"""How the two databases write values inside JSON documents, so that the documents of both are the same bytes, and
what else they call differently.

A document is written as its own text with SQL between backticks: `{"Currency":"`i.currency`"}`. What stands
between backticks must yield JSON text (a number, `null`, a quoted text) or, inside the document's own quotes, a text
that needs no escaping, such as an id.

SQLite keeps its JSON functions out of views that a careful reader (`trusted_schema = OFF`) opens, so texts are escaped
by `replace`, alike in both databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final

MARK: Final = "`"
ESCAPES: Final[Mapping[str, str]] = {"\\": r"\\", '"': r"\"", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
"""Backslashes first; the remaining control characters do not occur in the demo's texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A database's own words; `{0}` is the expression written."""

    filled: str
    moment: str
    fine_moment: str
    listing: str
    in_order: str
    in_lower_case: str
    in_cents: str
    from_cents: str
    difference: str

    def document(self, text: str) -> str:
        """The SQL that yields the document."""
        fixed, values = text.split(MARK)[::2], text.split(MARK)[1::2]
        if not values:
            return literal(text)
        form = literal("%s".join(piece.replace("%", "%%") for piece in fixed))
        return f"{self.filled}({', '.join((form, *values))})"

    def instant(self, moment: str) -> str:
        """An instant as JSON, in whole seconds with `Z`; null for null."""
        return f"coalesce('\"' || {self.moment.format(moment)} || '\"', 'null')"

    def fine_instant(self, moment: str) -> str:
        """An instant that is not null, as a text in milliseconds with `Z`."""
        return self.fine_moment.format(moment)

    def listed(self, document: str, rows: str, *order: str) -> str:
        """A list of documents, one of each of the `rows` that stand behind FROM, in the order of texts."""
        by = ", ".join(map(self.in_order.format, order))
        return self.listing.format(document=self.document(document), rows=rows, order=by)

    def lower(self, text: str) -> str:
        """A text in lower case, whatever its letters."""
        return self.in_lower_case.format(text)

    def cents(self, amount: str) -> str:
        """An amount of two decimals as an integer."""
        return self.in_cents.format(amount)

    def money(self, cents: str) -> str:
        """An integer of cents as an exact number of two decimals."""
        return self.from_cents.format(cents)

    def minus(self, amount: str, other: str) -> str:
        """The difference of two amounts of two decimals, exact."""
        return self.difference.format(amount, other)


SQLITE: Final = Writing(
    filled="printf",
    moment="{0}",
    fine_moment="substr({0}, 1, 23) || 'Z'",
    listing=(
        "(SELECT '[' || coalesce(group_concat(item, ','), '') || ']' FROM"
        " (SELECT {document} AS item FROM {rows} ORDER BY {order}))"
    ),
    in_order="{0}",
    in_lower_case="offtake_lower({0})",
    in_cents="CAST(replace({0}, '.', '') AS INTEGER)",
    from_cents="printf('%.2f', ({0}) / 100.0)",
    difference="printf('%.2f', {0} - {1})",
)
"""What is printed was exact before, and is far below 2**53 cents: floats on the way cannot bend it."""

POSTGRESQL: Final = Writing(
    filled="format",
    moment="""to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    fine_moment="""to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""",
    listing="(SELECT '[' || coalesce(string_agg({document}, ',' ORDER BY {order}), '') || ']' FROM {rows})",
    in_order='{0} COLLATE "C"',
    in_lower_case="lower({0})",
    in_cents="CAST({0} * 100 AS integer)",
    from_cents="CAST(({0}) / 100.0 AS numeric(12,2))",
    difference="{0} - {1}",
)


def quoted(text: str) -> str:
    """The SQL that yields a text as JSON; null for null."""
    escaped = reduce(_replaced, ESCAPES.items(), text)
    return f"coalesce('\"' || {escaped} || '\"', 'null')"


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _replaced(text: str, escape: tuple[str, str]) -> str:
    return f"replace({text}, {literal(escape[0])}, {literal(escape[1])})"
