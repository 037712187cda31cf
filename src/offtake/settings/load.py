"""From the file and the environment to the tree, or to every mistake at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from offtake.settings.anchored import anchored, no_store
from offtake.settings.dialects import check_dialects
from offtake.settings.document import Document, Plain, read
from offtake.settings.effective import Setting, in_force, shown
from offtake.settings.environment import fill_in, override
from offtake.settings.plugged import Plugins
from offtake.settings.problem import BadConfiguration, Finding, Mark, Origin, Problem, Steps, dotted
from offtake.settings.rules import check_rules
from offtake.settings.shape import Shape
from offtake.settings.tree import Settings
from offtake.settings.typed import typed, without_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The tree, where each setting in force comes from (by its dotted path), and the texts that held `${NAME}`."""

    settings: Settings
    origins: Mapping[str, Origin]
    written: Mapping[str, str]


def load(path: Path | None, environ: Mapping[str, str], known: Plugins) -> Loaded:
    """Read the configuration; without a file it is defaults and environment, and paths are relative to here.

    Raises BadConfiguration with every mistake there is.
    """
    document = read(path) if path else Document()
    shape = Shape.of(known)
    unfilled: list[Finding] = []
    filled = fill_in(document.plain, environ, unfilled)
    laid = override(without_empty(filled, shape), environ, shape)
    plain = {"storage": {}, "dialects": {}, **laid.plain} if isinstance(laid.plain, dict) else laid.plain
    settings, misfits = typed(plain, known, shape)
    told = {one.path for one in document.problems}
    broken = [*check_rules(plain, known), *check_dialects(plain, known, shape)]
    findings = _distinct([*unfilled, *misfits, *laid.findings, *broken])
    problems = [
        *document.problems,
        *laid.problems,
        *(_located(one, document, laid.variables) for one in findings if dotted(one.steps) not in told),
    ]
    if problems or settings is None:
        raise BadConfiguration(problems)
    folder = path.parent.resolve() if path else Path.cwd()
    settings = anchored(settings, known, folder)
    if problems := [_located(one, document, laid.variables) for one in no_store(settings, known)]:
        raise BadConfiguration(problems)
    return Loaded(
        settings=settings,
        origins={dotted(one.steps): _origin(one.steps, document, laid.variables) for one in in_force(settings)},
        written=dict(_written(document.plain, filled, laid.variables)),
    )


def masked(loaded: Loaded) -> Sequence[tuple[str, str, Origin]]:
    """Path, value and origin of every setting in force, as `offtake check` prints them.

    Secrets are masked, and so are passwords in URLs; a text that takes something from the environment stays as written.
    """
    rows = []
    for setting in in_force(loaded.settings):
        path = dotted(setting.steps)
        value = loaded.written.get(path, setting.value)
        rows.append(
            (path, shown(Setting(steps=setting.steps, value=value, secret=setting.secret)), loaded.origins[path])
        )
    return rows


def _distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each mistake once; where a text could not be filled in, nothing else is said of it."""
    kept: dict[tuple[Steps, str], Finding] = {}
    unfilled: set[Steps] = set()
    for one in findings:
        if one.steps not in unfilled:
            kept.setdefault((one.steps, one.message), one)
        if one.is_final:
            unfilled.add(one.steps)
    return list(kept.values())


def _located(finding: Finding, document: Document, variables: Mapping[Steps, str]) -> Problem:
    mark = _mark(finding, document)
    variable = next((name for steps, name in variables.items() if finding.steps[: len(steps)] == steps), None)
    return Problem(
        path=dotted(finding.steps),
        message=finding.message,
        cure=finding.cure,
        file=None if variable else document.file,
        line=mark.line if mark and not variable else None,
        column=mark.column if mark and not variable else None,
        variable=variable,
    )


def _mark(finding: Finding, document: Document) -> Mark | None:
    """The place of a finding, or of the nearest thing above it that stands in the file."""
    steps = finding.steps
    if not finding.at_key and steps in document.values:
        return document.values[steps]
    while steps:
        if mark := document.keys.get(steps) or document.values.get(steps):
            return mark
        steps = steps[:-1]
    return None


def _origin(steps: Steps, document: Document, variables: Mapping[Steps, str]) -> Origin:
    if steps in variables:
        return Origin(variable=variables[steps])
    if steps in document.keys:
        return Origin(file=document.file, line=document.keys[steps].line)
    return Origin()


def _written(raw: Plain, filled: Plain, variables: Mapping[Steps, str], steps: Steps = ()) -> Iterable[tuple[str, str]]:
    if isinstance(raw, dict) and isinstance(filled, dict):
        for name, one in raw.items():
            yield from _written(one, filled[name], variables, (*steps, name))
    elif raw != filled and steps not in variables:
        yield dotted(steps), str(raw)
