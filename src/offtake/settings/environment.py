"""The environment: `${NAME}` in texts of the file, and `OFFTAKE_` variables that override settings."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Final

from offtake.settings.document import Plain, scalar
from offtake.settings.problem import Finding, Problem, Steps, dotted, nearest
from offtake.settings.shape import Shape, leaves

PREFIX: Final = "OFFTAKE_"
CONFIG_VARIABLE: Final = "OFFTAKE_CONFIG"
"""Where the configuration file is, for the command line."""

RESERVED: Final = frozenset({CONFIG_VARIABLE, "OFFTAKE_URL", "OFFTAKE_TOKEN", "OFFTAKE_CHAOS"})
"""Variables with our prefix that are no settings."""

REFERENCE: Final = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """The values with the variables laid over them, and which variable each comes from."""

    plain: Plain
    variables: Mapping[Steps, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()


def fill_in(plain: Plain, environ: Mapping[str, str], findings: list[Finding], steps: Steps = ()) -> Plain:
    """Replace `${NAME}` in every text, once; `$${` stands for `${`. What cannot be replaced goes to `findings`."""
    match plain:
        case dict():
            return {name: fill_in(one, environ, findings, (*steps, name)) for name, one in plain.items()}
        case list():
            return [fill_in(one, environ, findings, (*steps, place)) for place, one in enumerate(plain)]
        case str():
            return REFERENCE.sub(lambda found: _replacement(found, environ, findings, steps), plain)
        case _:
            return plain


def variable(steps: Steps) -> str:
    """The name of the variable that overrides a setting."""
    return PREFIX + re.sub(r"[^A-Z0-9]", "_", "_".join(str(step) for step in steps).upper())


def override(plain: Plain, environ: Mapping[str, str], shape: Shape) -> Overridden:
    """Lay every `OFFTAKE_` variable over the setting it names; one that names none, or two, is a problem."""
    settings: dict[str, list[tuple[Steps, Shape]]] = {}
    for steps, leaf in leaves(shape, plain):
        settings.setdefault(variable(steps), []).append((steps, leaf))
    problems = []
    laid: Plain = plain
    variables = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        if name not in settings:
            problems.append(_unknown(name, settings))
            continue
        for steps, leaf in settings[name]:
            laid = _with(laid, steps, value(environ[name], leaf))
            variables[steps] = name
    return Overridden(plain=laid, variables=variables, problems=tuple(problems), findings=tuple(_collisions(settings)))


def value(text: str, leaf: Shape) -> Plain:
    """Read a variable as the setting takes it: a text as it is, a list between commas, all else as a YAML scalar."""
    kinds, meant = leaf.kinds(), scalar(text)
    if "null" in kinds and meant is None:
        return None
    if "boolean" in kinds and isinstance(meant, bool):
        return meant
    if "array" in kinds and text not in leaf.constants():
        return [one.strip() for one in text.split(",") if one.strip()]
    if "string" in kinds and not kinds & {"integer", "number"}:
        return text
    return meant


def _replacement(found: re.Match[str], environ: Mapping[str, str], findings: list[Finding], steps: Steps) -> str:
    if found[0] == "$${":
        return "${"
    name = found[1]
    if name is None:
        findings.append(
            Finding(
                steps=steps,
                is_final=True,
                message="'${' is not followed by a variable's name and '}'.",
                cure="Write ${NAME}, or $${ for the two characters themselves.",
            )
        )
    elif name not in environ:
        findings.append(
            Finding(
                steps=steps,
                is_final=True,
                message=f"The environment variable {name} is not set.",
                cure=f"Set {name} before starting, or write the value here.",
            )
        )
    return environ.get(name or "", found[0])


def _with(plain: Plain, steps: Steps, new: Plain) -> Plain:
    """A copy with one value replaced; a scalar in the way stays, for the types to complain of."""
    if not steps:
        return new
    if plain is not None and not isinstance(plain, dict):
        return plain
    head = str(steps[0])
    below = plain or {}
    return {**below, head: _with(below.get(head), steps[1:], new)}


def _collisions(settings: Mapping[str, list[tuple[Steps, Shape]]]) -> Iterator[Finding]:
    """Settings that share a variable, told once for the names that bring it about."""
    pairs = (pairwise(sorted(steps for steps, _ in several)) for several in settings.values())
    for first, second in dict.fromkeys(_parted(*pair) for each in pairs for pair in each):
        yield Finding(
            steps=second,
            at_key=True,
            message=f"Variables cannot tell it from {dotted(first)}: both are {variable(second)}.",
            cure="Rename one of them, so that they differ in more than case, '-' and '_'.",
        )


def _parted(first: Steps, second: Steps) -> tuple[Steps, Steps]:
    """Both ways, up to the step where they part."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
    return first[: same + 1], second[: same + 1]


def _unknown(name: str, settings: Mapping[str, object]) -> Problem:
    close = nearest(name, settings)
    return Problem(
        path="",
        message="No setting has this name.",
        cure=f"Did you mean {close}?" if close else "See `offtake check` for every setting; unset this one.",
        variable=name,
    )
