"""What only the dialects can say of their settings, and the datasets that these name.

As the rules do, they look at the plain values, and pass over what is not of the type they expect.
"""

from collections.abc import Iterator
from typing import Final

from offtake.settings.document import Plain, members
from offtake.settings.plugged import Plugins, sound
from offtake.settings.problem import Finding, Steps, dotted, unknown
from offtake.settings.shape import Shape

DIALECTS: Final = "dialects"
DATASETS: Final = "datasets"


def check_dialects(plain: Plain, known: Plugins, shape: Shape) -> Iterator[Finding]:
    """Yield every name of a dataset that there is not, and everything that a dialect cannot work with.

    Only what is given is looked at: the defaults of a dialect that nobody uses name datasets that need not be there.
    """
    there = dict(members(plain, DATASETS))
    for name, value in members(plain, DIALECTS):
        steps, below = (DIALECTS, name), shape.at((DIALECTS, name))
        for found, dataset in _named(value, below, steps):
            if dataset not in there:
                yield unknown(found, "dataset", dataset, there)
        if name in known.dialects:
            yield from _problems(known, name, value, steps)


def _named(plain: Plain, shape: Shape | None, steps: Steps) -> Iterator[tuple[Steps, str]]:
    """Every text that is the name of a dataset, with the way to it; an empty one that is the default names none."""
    if shape is None:
        return
    if isinstance(plain, str) and shape.refers_to() == DATASETS and (plain or shape.default() != ""):
        yield steps, plain
    for name, one in members(plain):
        if not shape.names() or name in shape.names():
            yield from _named(one, shape.at((name,)), (*steps, name))


def _problems(known: Plugins, name: str, value: Plain, steps: Steps) -> Iterator[Finding]:
    kind = known.dialects[name]
    for problem in kind.problems(sound(kind.options, value)):
        path = problem.field or ""
        nearest = _nearest(path, value, steps)
        yield Finding(
            steps=nearest,
            at_key=dotted(nearest) != path,
            message=problem.message,
            cure=problem.cure or "See the reference of this dialect.",
        )


def _nearest(path: str, plain: Plain, steps: Steps) -> Steps:
    """The way to the setting of a dotted path, or to the nearest above it that is given; names may hold dots."""
    inside = (one for one in _ways(plain, steps) if _leads(dotted(one), path))
    return max(inside, key=lambda one: len(dotted(one)), default=steps)


def _ways(plain: Plain, steps: Steps) -> Iterator[Steps]:
    yield steps
    entries = enumerate(plain) if isinstance(plain, list) else members(plain)
    for step, one in entries:
        yield from _ways(one, (*steps, step))


def _leads(above: str, path: str) -> bool:
    return path.startswith(above) and path[len(above) : len(above) + 1] in ("", ".", "[")
