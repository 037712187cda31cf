"""A request checked against what its principal may have, and made explicit.

Everything that can be refused is refused here, before an export exists: what is stored names every field, every
canonical condition and every id of its scope, so that the worker needs no principal and later changes to a tenant
do not bend exports that were already granted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from typing import Final

import msgspec

from offtake.core.dataset import Dataset, choose
from offtake.core.error import ExportError, InvalidRequest, NotFound
from offtake.core.export import ExportRequest, Selection
from offtake.core.filter import check
from offtake.core.limits import Split
from offtake.core.ports import Format
from offtake.core.query import Query
from offtake.core.tenant import Principal, Scope, narrow
from offtake.secrets.age import check_recipients
from offtake.service.house import House
from offtake.service.options import decode_into

COMPRESSIONS: Final = ("gzip",)
MAX_SELECTIONS: Final = 20
MAX_REFERENCE: Final = 255


def resolve(house: House, principal: Principal, ask: ExportRequest) -> ExportRequest:
    """Return the request made explicit; raise NotFound or InvalidRequest naming the member at fault."""
    if not ask.selections:
        raise InvalidRequest("Nothing is selected.", field="selections", cure="Name a dataset in one of them.")
    if len(ask.selections) > MAX_SELECTIONS:
        raise InvalidRequest(
            f"More than {MAX_SELECTIONS} selections.", field="selections", cure="Ask in several exports."
        )
    check_reference(ask.client_reference)
    if ask.compression is not None and ask.compression not in COMPRESSIONS:
        raise InvalidRequest(
            f"There is no compression '{ask.compression}'.",
            field="compression",
            cure=f"Choose one of: {', '.join(COMPRESSIONS)}; or leave it out.",
        )
    selections = tuple(_nth(house, principal, ask, number) for number in range(len(ask.selections)))
    sources = {house.datasets[one.dataset].source for one in selections}
    if len(sources) > 1:
        raise InvalidRequest(
            "The selections lie in different sources, which have no instant in common.",
            field="selections",
            cure="Ask for datasets of one source together, for others in another export.",
        )
    form = format_named(house.formats, ask.format)
    options = decode_options(form, ask.options)
    for one in selections:
        form.form(query_of(house.datasets, one), options)
    return replace(
        ask,
        selections=selections,
        split=_split(ask.split, house.policy.split),
        fingerprint=fingerprints(house, ask)[0],
        recipients=check_recipients(ask.recipients),
        callbacks=(),
        targets=(),
    )


def check_reference(client_reference: str | None) -> None:
    """Raise InvalidRequest for a client reference that is too long."""
    if client_reference is not None and len(client_reference) > MAX_REFERENCE:
        raise InvalidRequest(
            f"Longer than {MAX_REFERENCE} characters.", field="client_reference", cure="Give a shorter reference."
        )


def fingerprints(house: House, ask: ExportRequest) -> Sequence[str]:
    """Keyed digests of what the caller sent, under each master key there is, the newest first.

    Equal requests have equal ones, whatever the server made of them; passwords in them cannot be guessed at. Members
    that were left out count for nothing, so that a later version that knows more of them still knows the request.
    """
    given = {one.name: value for one in fields(ask) if (value := getattr(ask, one.name)) != _default(one)}
    sent = msgspec.json.encode(given, order="deterministic").decode()
    return [digest.hex() for digest in house.tokens.digests(sent)]


def _default(member: Field[object]) -> object:
    if member.default_factory is not MISSING:
        return member.default_factory()
    return member.default


def dataset_named(house: House, principal: Principal, name: str, path: str = "dataset") -> Dataset:
    """The dataset; NotFound alike for one that is not there and one the principal may not read."""
    dataset = house.datasets.get(name)
    if dataset is None or not principal.may_read(name):
        raise NotFound(
            f"There is no dataset '{name}'.", field=path, cure="List the datasets of this token to see their names."
        )
    return dataset


def format_named(formats: Mapping[str, Format], name: str) -> Format:
    """The format, or InvalidRequest listing those there are."""
    try:
        return formats[name]
    except KeyError:
        raise InvalidRequest(
            f"There is no format '{name}'.", field="format", cure=f"Choose one of: {', '.join(sorted(formats))}."
        ) from None


def decode_options(form: Format, given: Mapping[str, object]) -> object:
    """The format's options as an instance of its own type; unknown and ill-typed ones are refused by name."""
    return decode_into(form.options, given, "The format")


def query_of(datasets: Mapping[str, Dataset], selection: Selection) -> Query:
    """The query of an explicit selection. A field that the operator removed since then is InvalidRequest."""
    dataset = datasets.get(selection.dataset)
    if dataset is None:
        raise InvalidRequest(
            f"Dataset '{selection.dataset}' is no longer configured.", field="dataset", cure="Ask for another export."
        )
    names = selection.fields or ()
    chosen = {one.name: one for one in dataset.fields}
    missing = [name for name in names if name not in chosen]
    if missing:
        raise InvalidRequest(
            f"Dataset '{dataset.name}' no longer has the field '{missing[0]}'.",
            field="fields",
            cure="Ask for another export.",
        )
    return Query(
        dataset=dataset,
        fields=tuple(chosen[name] for name in names),
        where=selection.where,
        window=selection.window,
        scope={dimension: selection.scope[dimension] for dimension in dataset.scope if dimension in selection.scope},
    )


def covers(wide: Mapping[str, frozenset[str]], narrow_one: Scope) -> bool:
    """Whether every id of the one scope lies within the other."""
    return all(wide.get(dimension, frozenset()).issuperset(ids) for dimension, ids in narrow_one.items())


def _nth(house: House, principal: Principal, ask: ExportRequest, number: int) -> Selection:
    """A selection made explicit; where there are several, a problem says in which it lies."""
    try:
        return _selection(house, principal, ask.selections[number])
    except ExportError as problem:
        if len(ask.selections) > 1 and problem.field is not None:
            problem.field = f"selections[{number}].{problem.field}"
        raise


def _selection(house: House, principal: Principal, ask: Selection) -> Selection:
    dataset = dataset_named(house, principal, ask.dataset)
    fields = choose(dataset, principal, ask.fields)
    if not fields:
        raise NotFound(
            f"There is no dataset '{ask.dataset}'.", field="dataset", cure="List the datasets of this token."
        )
    if ask.window is not None and dataset.change is None:
        raise InvalidRequest(
            f"Dataset '{dataset.name}' records no change time, so it has no window.",
            field="window",
            cure="Leave the window out.",
        )
    where = check(dataset, dataset.visible_to(principal), ask.where)
    return replace(
        ask, fields=tuple(one.name for one in fields), where=where, scope=_scope(dataset, principal, ask.scope)
    )


def _scope(dataset: Dataset, principal: Principal, wish: Scope) -> Scope:
    for dimension in wish:
        if dimension not in dataset.scope:
            raise InvalidRequest(
                f"Dataset '{dataset.name}' is not divided by '{dimension}'.",
                field=f"scope.{dimension}",
                cure=f"It is divided by: {', '.join(dataset.scope) or 'nothing'}.",
            )
    granted = narrow(principal.effective_scope(), wish)
    return {dimension: granted.get(dimension, ()) for dimension in dataset.scope}


def _split(ask: Split, default: Split) -> Split:
    limits: Sequence[tuple[str, int | None]] = (("rows", ask.rows), ("bytes", ask.bytes))
    for name, value in limits:
        if value is not None and value < 1:
            raise InvalidRequest(
                "A part needs at least one.", field=f"split.{name}", cure="Give a positive number or leave it out."
            )
    return ask if ask.whole else replace(ask, rows=ask.rows or default.rows, bytes=ask.bytes or default.bytes)
