"""Plain values into the tree, and what pydantic complains of into findings with cures."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from offtake.settings.document import Plain
from offtake.settings.plugged import Plugins
from offtake.settings.problem import Finding, Steps, nearest, suggest, unknown
from offtake.settings.section import LONGEST, TOO_LONG, write_duration
from offtake.settings.shape import Shape, write
from offtake.settings.tree import Settings

SHOWN: Final = 40
"""Characters of a wrong value that are shown."""

EMPTY: Final[Mapping[str | int, str]] = {"fields": "Add a field, such as  id: {type: integer}"}
"""What to put where something must be."""


def typed(plain: Plain, known: Plugins, shape: Shape) -> tuple[Settings | None, Sequence[Finding]]:
    """The tree, or every way in which the values do not fit it; of a list with a bad item, only the item is told."""
    try:
        return Settings.model_validate_json(json.dumps(plain), context=known), ()
    except ValidationError as problem:
        findings = {finding.steps: finding for finding in _findings(problem, plain, shape)}
        above = {steps[:-1] for steps in findings if isinstance(steps[-1], int)}
        return None, tuple(finding for steps, finding in findings.items() if steps not in above)


def without_empty(plain: Plain, shape: Shape) -> Plain:
    """Read a section with nothing in it (`server:`) as one whose settings all have their defaults."""
    if plain is None and shape.kinds() == {"object"}:
        return {}
    if not isinstance(plain, dict):
        return plain
    members, entry = shape.members(), shape.entry()
    return {
        name: without_empty(one, below) if (below := members.get(name) or entry) else one for name, one in plain.items()
    }


def _findings(problem: ValidationError, plain: Plain, shape: Shape) -> Iterator[Finding]:
    for error in problem.errors(include_url=False):
        steps = _steps(error["loc"], plain)
        match error["type"]:
            case "extra_forbidden" | "unexpected_keyword_argument":
                yield _unknown(steps, shape)
            case "missing":
                yield _missing((*steps, error["loc"][-1]), shape)
            case _ if error["loc"][-1] == "[key]":
                yield _bad_name(steps, error, shape)
            case "too_short" | "string_too_short":
                yield _empty(steps)
            case kind if kind == TOO_LONG:
                yield _too_long(steps, error["input"])
            case _:
                yield _wrong(steps, error["input"], shape)


def _steps(loc: Sequence[str | int], plain: Plain) -> Steps:
    """The part of pydantic's location that is a way in the document; it also names the branches it tried."""
    steps: list[str | int] = []
    for step in loc:
        match plain, step:
            case dict(), str() if step in plain:
                plain = plain[step]
            case list(), int() if step < len(plain):
                plain = plain[step]
            case _:
                continue
        steps.append(step)
    return tuple(steps)


def _unknown(steps: Steps, shape: Shape) -> Finding:
    above = shape.at(steps[:-1])
    known = list(above.members()) if above else []
    return Finding(
        steps=steps,
        at_key=True,
        message=f"There is no setting '{steps[-1]}' here.",
        cure=suggest(str(steps[-1]), known),
    )


def _missing(steps: Steps, shape: Shape) -> Finding:
    there = shape.at(steps)
    why = there.description() if there else ""
    return Finding(
        steps=steps,
        at_key=True,
        message=f"'{steps[-1]}' is missing.",
        cure=f"Add  {_line(steps, _example(there))}\n    {why}".rstrip(),
    )


def _bad_name(steps: Steps, error: ErrorDetails, shape: Shape) -> Finding:
    above = shape.at(steps[:-1])
    if above and above.names():
        return unknown(steps, "setting", str(error["input"])[:SHOWN], above.names(), at_key=True)
    return Finding(
        steps=steps,
        at_key=True,
        message=f"{str(error['input'])[:SHOWN]!r} cannot be a name.",
        cure="Use up to 64 letters, digits, '_' and '-', and begin with a letter; fields may begin with a digit.",
    )


def _empty(steps: Steps) -> Finding:
    return Finding(steps=steps, message="This must not be empty.", cure=EMPTY.get(steps[-1], "Give one at least."))


def _too_long(steps: Steps, given: object) -> Finding:
    longest = write_duration(LONGEST)
    return Finding(steps=steps, message=f"{given} is longer than {longest}.", cure=f"Give {longest} at most.")


def _wrong(steps: Steps, given: object, shape: Shape) -> Finding:
    there = shape.at(steps)
    if there is None:
        return Finding(steps=steps, message="This value is not right.", cure="See the reference of settings.")
    message = f"This takes {there.takes()}; {_shown(given)} is not."
    close = nearest(given, there.words()) if isinstance(given, str) else None
    if close:
        return Finding(steps=steps, message=message, cure=f"Did you mean '{close}'?")
    if there.is_free_text() and isinstance(given, bool | int | float):
        return Finding(
            steps=steps, message=message, cure=f"Put it in quotes:  {_line(steps, json.dumps(write(given)))}"
        )
    if "object" in there.kinds():
        names = ", ".join(there.members() or there.names())
        return Finding(steps=steps, message=message, cure=f"Its members: {names or 'name: value'}.")
    return Finding(steps=steps, message=message, cure=f"Write it like  {_line(steps, _example(there))}")


def _shown(given: object) -> str:
    """A wrong value as far as it may be shown: what looks like a URL or a key could hold a secret."""
    match given:
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str() if len(given) > SHOWN or "://" in given or "@" in given:
            return "this text"
        case _:
            return write(given)


def _example(there: Shape | None) -> str:
    example = there.example() if there else None
    if example is None and there:
        example = next(iter(there.words()), "text")
    return _flow(example)


def _line(steps: Steps, value: str) -> str:
    """A value with its name before it, or with the dash of a list's item."""
    return f"- {value}" if steps and isinstance(steps[-1], int) else f"{steps[-1] if steps else 'name'}: {value}"


def _flow(example: object) -> str:
    match example:
        case dict():
            return "{" + ", ".join(f"{name}: {_flow(one)}" for name, one in example.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(_flow(one) for one in example) + "]"
        case _:
            return write(example)
