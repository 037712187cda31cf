"""How the two databases write values inside JSON documents, so that the documents of both are the same bytes.

A document is written as its own text with SQL between backticks: `document('{"Currency":"`i.currency`"}')`. What stands
between backticks must yield JSON text (a number, `null`, a quoted text) or, inside the document's own quotes, a text
that needs no escaping, such as an id.
"""

from dataclasses import dataclass
from typing import Final

MARK: Final = "`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A database's own words; `{0}` is the expression written."""

    text: str
    moment: str
    in_cents: str
    from_cents: str

    def quoted(self, text: str) -> str:
        """A text as JSON, escaped; null for null."""
        return f"coalesce({self.text.format(text)}, 'null')"

    def instant(self, moment: str) -> str:
        """An instant as JSON, in whole seconds with `Z`; null for null."""
        return f"coalesce('\"' || {self.moment.format(moment)} || '\"', 'null')"

    def cents(self, amount: str) -> str:
        """An amount of two decimals as an integer."""
        return self.in_cents.format(amount)

    def money(self, cents: str) -> str:
        """An integer of cents as an exact number of two decimals."""
        return self.from_cents.format(cents)


SQLITE: Final = Writing(
    text="json_quote({0})",
    moment="{0}",
    in_cents="CAST(replace({0}, '.', '') AS INTEGER)",
    from_cents="printf('%.2f', ({0}) / 100.0)",
)
"""Cents are far below 2**53, so the quotient is printed exactly."""

POSTGRESQL: Final = Writing(
    text="to_json({0})::text",
    moment="""to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    in_cents="CAST({0} * 100 AS integer)",
    from_cents="CAST(({0}) / 100.0 AS numeric(12,2))",
)


def document(text: str) -> str:
    """The SQL that yields the document."""
    pieces = text.split(MARK)
    return " || ".join(
        f"({piece})" if number % 2 else literal(piece) for number, piece in enumerate(pieces) if piece or number % 2
    )


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"
