"""Texts compared with what SQLite holds, which may be a number: the text of that is the one that is exported.

SQLite compares a column with a value by the column's affinity: it turns the text `5` into a number for a column of
numbers, and the number into a text for one of texts. An expression (of a view, of an operator's SELECT) and a column
that is declared without a type have no such affinity: there no text equals a number, and every number is less than
every text. So a text that a number may have is given in both forms, which are one wherever there is an affinity.

`own` is a column, or an SQL expression in its place. What an index could find stands first, with nothing around the
column but a collation: it holds of every row that is meant, and what follows it then looks at those rows alone.
"""

import re
from collections.abc import Sequence
from typing import Final

from offtake.sql.statement import Argument, Sql, joined, sql

WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
NUMBER: Final = re.compile(r"\s*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*")
"""Every text that an affinity makes a number of."""

FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?(?:e[-+][0-9]{2,3})?|-?Infinity")
"""Every text that is exported for a float."""

AFTER: Final = "~"
"""Makes a text that is no number of one that is, and a greater one."""


def meets(own: str, texts: Sequence[str]) -> Sql:
    """Whether a column is one of these ids: in their own text, or an integer of that text.

    A single integer is compared as a number first: an index on a column of numbers then gives the rows in their order,
    as it does not for a list.
    """
    met = _in(own, [form for one in texts for form in _forms(one)[: 2 if _whole(one) else 1]])
    return sql(f"{own} = ", _number(texts[0]), " AND ", met) if len(texts) == 1 and _whole(texts[0]) else met


def equals(own: str, texts: Sequence[str]) -> Sql:
    """Whether a field's text is one of these.

    `05` and `5.0` are no texts of the number 5, though a column's affinity may take them for it.
    """
    if all(_whole(one) or not (NUMBER.fullmatch(one) or FLOAT.fullmatch(one)) for one in texts):
        return meets(own, texts)
    met = _in(own, [form for one in texts for form in _forms(one)])
    return sql(met, " AND ", _in(_text(own), [(Argument(one),) for one in texts]))


def stands(own: str, sign: str, text: str) -> Sql:
    """Whether a field's text stands so (`<`, `>=`) to this one, by code points.

    Numbers come before all texts in an index, so it is of use for what is less, and not for what is greater.
    """
    exact = sql(f"{_text(own)} {sign} ", Argument(text))
    if not sign.startswith("<"):
        return exact
    bound = text + AFTER if NUMBER.fullmatch(text) else text
    return sql(f"{own} COLLATE BINARY <= ", Argument(bound), " AND ", exact)


def begins(own: str, prefix: str) -> Sql:
    """Whether a field's text begins with exactly `prefix`."""
    return sql(f"substr({_text(own)}, 1, {len(prefix)}) = ", Argument(prefix))


def _text(own: str) -> str:
    """The text that is exported for what a column holds; bytes, which have none, stay what they are."""
    numbers = f"WHEN 'integer' THEN CAST({own} AS TEXT) WHEN 'real' THEN offtake_text({own})"
    return f"CASE typeof({own}) {numbers} ELSE {own} END"


def _in(own: str, values: Sequence[Sql]) -> Sql:
    return sql(f"{own} COLLATE BINARY IN (", joined(", ", values), ")")


def _forms(text: str) -> Sequence[Sql]:
    """A text, and then the number that has it, if one does."""
    if _whole(text):
        return (Argument(text),), _number(text)
    return ((Argument(text),), (Argument(float(text)),)) if FLOAT.fullmatch(text) else ((Argument(text),),)


def _number(text: str) -> Sql:
    return sql("CAST(", Argument(text), " AS NUMERIC)")


def _whole(text: str) -> bool:
    """Whether an integer of 64 bits is written so, and only so."""
    return WHOLE.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63
