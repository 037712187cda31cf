"""Which dialect answers a request, and with which operation."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from offtake.core.error import ExportError, NoSuchOperation, WrongMethod
from offtake.web.dialect import AnyOperation, Dialect
from offtake.web.intake import plain
from offtake.web.message import Request

_NEEDLESS: Final = re.compile(r"%(2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])", re.IGNORECASE)
"""The escape of a letter, a digit or one of `-._~`, which is that very sign (RFC 3986, 2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Who answers, and either the operation with the named segments of its path, or why there is none."""

    dialect: Dialect
    operation: AnyOperation | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    missing: ExportError | None = None


class Routes:
    """Every dialect's operations by path, in the order of the tables: the first path that fits is the one.

    A path that none has is answered by the dialect whose root it lies under, else by the first.
    """

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = dialects
        self._table: list[tuple[re.Pattern[str], Dialect, Mapping[str, AnyOperation]]] = []
        for dialect in dialects:
            by_path: dict[str, dict[str, AnyOperation]] = {}
            for operation in dialect.operations:
                by_path.setdefault(operation.path, {})[operation.method] = operation
            self._table += [(_pattern(path, dialect.any_case), dialect, found) for path, found in by_path.items()]

    def match(self, request: Request) -> Match:
        """Find the operation of a request; HEAD is answered by GET's, without the body."""
        bare = _NEEDLESS.sub(lambda found: chr(int(found[1], 16)), request.raw_path)
        for pattern, dialect, methods in self._table:
            if found := pattern.fullmatch(bare if dialect.any_case else request.raw_path):
                wanted = "GET" if request.method == "HEAD" and "HEAD" not in methods else request.method
                if wanted not in methods:
                    return Match(dialect=dialect, missing=_wrong_method(request.method, methods))
                values = {name: plain(value) for name, value in found.groupdict().items()}
                return Match(dialect=dialect, operation=methods[wanted], values=values)
        owner = next((one for one in self._dialects if _lies_under(request.path, one.roots)), self._dialects[0])
        return Match(dialect=owner, missing=NoSuchOperation("There is no such path.", cure="Check the URL."))


def _pattern(path: str, any_case: bool) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{one}>[^/]+)" if number % 2 else re.escape(one) for number, one in enumerate(pieces)),
        re.IGNORECASE if any_case else re.NOFLAG,
    )


def _wrong_method(method: str, methods: Mapping[str, AnyOperation]) -> WrongMethod:
    allowed = ", ".join(sorted({*methods, "HEAD"} if "GET" in methods else methods))
    return WrongMethod(f"This path does not take {method}.", field=allowed, cure=f"Use {allowed}.")


def _lies_under(path: str, roots: Sequence[str]) -> bool:
    """In whatever letter case, and with whatever slashes: a mistake is answered by the dialect that was meant."""
    below = f"{re.sub('/+', '/', path.lower()).rstrip('/')}/"
    return any(below.startswith(f"{root.lower().rstrip('/')}/") for root in roots)
