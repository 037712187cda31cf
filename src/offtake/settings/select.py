"""Operator-written SQL: one SELECT that changes nothing, with every parameter declared.

sqlglot parses it as the source's own dialect. This is a check for the operator's sake; at run time the source's
read-only transaction is what holds.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from offtake.settings.problem import Finding, Steps, nearest

CHANGES: Final = (exp.DML, exp.DDL, exp.Into, exp.Lock, exp.Command)
"""What a reading statement does not hold, at any depth."""


def check_select(steps: Steps, sql: str, dialect: str, parameters: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the SELECT at `steps/sql`, given the names declared in `steps/parameters`."""
    here = (*steps, "sql")
    try:
        statements = [one for one in sqlglot.parse(sql, read=dialect) if one and not isinstance(one, exp.Semicolon)]
    except SqlglotError as problem:
        yield Finding(
            steps=here, message=f"This SQL cannot be parsed: {_told(problem)}.", cure="Try it in the database."
        )
        return
    if len(statements) != 1:
        yield Finding(
            steps=here, message=f"This is {len(statements)} statements.", cure="Give one SELECT; a WITH may begin it."
        )
        return
    statement = statements[0]
    if not isinstance(statement, exp.Query) or statement.find(*CHANGES):
        yield Finding(
            steps=here,
            message="This is not a SELECT that only reads.",
            cure="Give one SELECT without INTO or FOR UPDATE.",
        )
        return
    yield from _check_parameters(steps, statement, parameters)


def _check_parameters(steps: Steps, statement: exp.Query, declared: Sequence[str]) -> Iterator[Finding]:
    used = []
    for one in statement.find_all(exp.Placeholder, exp.Parameter):
        if isinstance(one, exp.Placeholder) and isinstance(one.this, str):
            used.append(one.this)
        else:
            yield Finding(
                steps=(*steps, "sql"),
                message="A parameter has no name, or not our form.",
                cure="Write parameters as :name",
            )
    for name in dict.fromkeys(used):
        if name not in declared:
            close = nearest(name, declared)
            other = f"Did you mean :{close}? Else declare it" if close else "Declare it"
            yield Finding(
                steps=(*steps, "sql"),
                message=f"The parameter :{name} is not declared.",
                cure=f"{other} beside the SELECT:  parameters: {{{name}: {{type: text}}}}",
            )
    for name in declared:
        if name not in used:
            yield Finding(
                steps=(*steps, "parameters", name),
                at_key=True,
                message=f"The SELECT does not use :{name}.",
                cure=f"Use it in the SELECT as :{name}, or remove it here.",
            )


def _told(problem: SqlglotError) -> str:
    """The parser's complaint with its place in the SQL."""
    errors = getattr(problem, "errors", None)
    if not errors:
        return "it is broken off or misquoted"
    return f"{errors[0]['description']} at line {errors[0]['line']}, near {errors[0]['highlight']!r}"
