"""What is wrong with a configuration, where it stands, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

Steps = tuple[str | int, ...]
"""The way to a setting: `("datasets", "bookings", "key", 0)`."""


def dotted(steps: Steps) -> str:
    """Write the way to a setting as people do: `datasets.bookings.key[0]`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in the file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a setting's value comes from: a place in the file, an environment variable, or neither (its default)."""

    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        if self.variable:
            return self.variable
        return f"{self.file}:{self.line}" if self.file else "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A mistake by its way in the tree, before it is known where that stands.

    `at_key` points at the member's name instead of its value; `is_final` tells that nothing else said of it helps.
    """

    steps: Steps
    message: str
    cure: str
    at_key: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake. It stands in the file (`file`, `line`, `column`) or in an environment variable (`variable`)."""

    path: str
    message: str
    cure: str
    file: Path | None = None
    line: int | None = None
    column: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        head = f"{self.path}: {self.message}" if self.path else self.message
        return f"{self.place}: {head}\n    {self.cure}"

    @property
    def place(self) -> str:
        """Where to look: `offtake.yaml:12:5`, or the variable's name."""
        if self.variable:
            return self.variable
        steps = (self.file or "configuration", self.line, self.column)
        return ":".join(str(step) for step in steps if step is not None)


class BadConfiguration(Exception):
    """Every mistake of a configuration, in the order of the file, those of the environment last."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=_order))
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = len(self.problems)
        head = "The configuration has a mistake:" if count == 1 else f"The configuration has {count} mistakes:"
        return "\n\n".join([head, *map(str, self.problems)])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, if any is like it at all."""
    by_lower = {one.lower(): one for one in known}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """A cure for a word that is not known: the nearest known one, else all of them."""
    words = list(known)
    close = nearest(word, words)
    if close:
        return f"Did you mean '{close}'?"
    return f"Known here: {', '.join(words)}." if words else "There is none."


def unknown(steps: Steps, what: str, name: str, known: Iterable[str], *, at_key: bool = False) -> Finding:
    """The name of a thing that there is not."""
    return Finding(steps=steps, at_key=at_key, message=f"There is no {what} '{name}'.", cure=suggest(name, known))


def _order(problem: Problem) -> tuple[bool, int, int, str, str, str]:
    in_environment = problem.variable is not None
    return in_environment, problem.line or 0, problem.column or 0, problem.variable or "", problem.path, problem.message
