"""The query of a request: which attributes, and of a list which page, in what order, and which exports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from offtake.core.export import ExportId
from offtake.core.ports import Sort
from offtake.web.dialects.didww.asking import REFERENCE
from offtake.web.dialects.didww.options import Version
from offtake.web.dialects.didww.reading import RESOURCE
from offtake.web.dialects.didww.refusal import Problem, malformed, refuse, shown
from offtake.web.message import Request

SIZE: Final = 50
MAX_SIZE: Final = 100
FARTHEST: Final = 2**53
"""No list is longer."""

ATTRIBUTES: Final = ("status", "created_at", "url", "callback_url", "callback_method", "export_type")
NEW_ATTRIBUTES: Final = (*ATTRIBUTES, REFERENCE, "filters")
SORTS: Final[Mapping[str, Sort]] = {"created_at": Sort.CREATED, "status": Sort.STATE}
NEW_SORTS: Final[Mapping[str, Sort]] = {**SORTS, REFERENCE: Sort.CLIENT_REFERENCE}
NUMBER: Final = "page[number]"
PAGE_SIZE: Final = "page[size]"

_MEMBER: Final = re.compile(r"(page|filter|fields)\[([^\[\]]+)\]")
_POSITIVE: Final = re.compile(r"0*[1-9][0-9]*", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

_Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a query asks for; `others` are its members that are not about the page, as they were sent."""

    attributes: tuple[str, ...]
    number: int = 1
    size: int = SIZE
    order: tuple[tuple[Sort, bool], ...] = ()
    reference: str | None = None
    ids: frozenset[ExportId] | None = None
    others: tuple[tuple[str, str], ...] = ()

    @property
    def offset(self) -> int:
        """How many exports are passed over."""
        return min((self.number - 1) * self.size, FARTHEST)


def is_uuid(text: str) -> bool:
    """Whether it can be an id."""
    return _UUID.fullmatch(text) is not None


def query(request: Request, version: Version, *, listing: bool) -> Query:
    """The query, or an InvalidRequest with all that is wrong with it; what only lists have is passed over elsewhere."""
    given = request.query
    problems: list[Problem] = []
    attributes = _fields(given, version, problems)
    _include(given, problems)
    wanted = Query(attributes=attributes)
    if listing:
        number, size = _page(given, problems)
        reference, ids = _filter(given, version, problems)
        wanted = Query(
            attributes=attributes,
            number=number,
            size=size,
            order=tuple(_order(given.get("sort", ()), version, problems)),
            reference=reference,
            ids=ids,
            others=tuple(
                (name, value) for name, values in given.items() if not name.startswith("page[") for value in values
            ),
        )
    if problems:
        raise refuse(*problems)
    return wanted


def _members(given: _Given, family: str) -> Iterator[tuple[str, Sequence[str]]]:
    """What stands in the brackets of each member, with its values; the whole name where it is in another form."""
    for name, values in given.items():
        if name.startswith(family):
            found = _MEMBER.fullmatch(name)
            yield (found[2] if found and found[1] == family else name), values


def _fields(given: _Given, version: Version, problems: list[Problem]) -> tuple[str, ...]:
    known = NEW_ATTRIBUTES if version.is_new else ATTRIBUTES
    wanted = None
    for kind, values in _members(given, "fields"):
        if kind != RESOURCE:
            problems.append(malformed("101", "Invalid resource", f"{kind} is not a valid resource."))
            continue
        wanted = _listed(values)
        problems += [
            malformed("104", "Invalid field", f"{one} is not a valid field for {RESOURCE}.")
            for one in wanted
            if one not in (*known, "id")
        ]
    return known if wanted is None else tuple(one for one in known if one in wanted)


def _include(given: _Given, problems: list[Problem]) -> None:
    problems += [
        malformed("112", "Invalid field", f"{one} is not a valid relationship of {RESOURCE}")
        for one in _listed(given.get("include", ()))
    ]


def _page(given: _Given, problems: list[Problem]) -> tuple[int, int]:
    numbers = {"number": 1, "size": SIZE}
    for name, values in _members(given, "page"):
        value = _only(values)
        if name not in numbers:
            problems.append(malformed("105", "Page parameter not allowed", f"{name} is not an allowed page parameter."))
        elif not _POSITIVE.fullmatch(value):
            problems.append(_page_problem(f"{value} is not a valid value for {name} page parameter."))
        elif name == "size" and _number(value) > MAX_SIZE:
            problems.append(_page_problem(f"size exceeds maximum page size of {MAX_SIZE}."))
        else:
            numbers[name] = _number(value)
    return numbers["number"], numbers["size"]


def _page_problem(detail: str) -> Problem:
    return malformed("118", "Invalid page value", detail)


def _filter(given: _Given, version: Version, problems: list[Problem]) -> tuple[str | None, frozenset[ExportId] | None]:
    reference, ids = None, None
    for name, values in _members(given, "filter"):
        if version.is_new and name == REFERENCE:
            reference = _only(values)
            if reference not in values:
                problems.append(_filter_problem(reference, name))
        elif version.is_new and name == "id":
            asked = _listed(values)
            problems += [_filter_problem(one, name) for one in asked if not is_uuid(one)]
            ids = frozenset(ExportId(one.lower()) for one in asked)
        else:
            problems.append(malformed("102", "Filter not allowed", f"{name} is not allowed."))
    return reference, ids


def _filter_problem(value: str, name: str) -> Problem:
    return malformed("107", "Invalid filter value", f"{value} is not a valid value for {name}.")


def _order(wanted: Sequence[str], version: Version, problems: list[Problem]) -> Iterator[tuple[Sort, bool]]:
    known = NEW_SORTS if version.is_new else SORTS
    for one in _listed(wanted):
        name = one.removeprefix("-")
        if name in known:
            yield known[name], one.startswith("-")
        else:
            detail = f"{name} is not a valid sort criteria for {RESOURCE}"
            problems.append(malformed("114", "Invalid sort criteria", detail))


def _listed(values: Sequence[str]) -> list[str]:
    """What is listed: between commas, or by naming the member again."""
    return [one.strip() for text in values for one in text.split(",") if one.strip()]


def _only(values: Sequence[str]) -> str:
    """The value of what can have but one; where there are several, all of them as JSON, which is a value of nothing."""
    return values[0] if len(set(values)) == 1 else shown(values)


def _number(digits: str) -> int:
    """The number, or another that is beyond every page as well."""
    return int(digits.lstrip("0")[:18])
