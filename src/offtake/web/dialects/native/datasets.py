"""What can be exported: `/v1/datasets`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from offtake.core.dataset import Dataset, Field, Select
from offtake.core.error import NotFound
from offtake.core.filter import MAX_VALUES
from offtake.core.ports import Format
from offtake.core.tenant import Principal, Scope
from offtake.service import catalog
from offtake.service.house import House, Policy
from offtake.service.resolve import COMPRESSIONS, MAX_SELECTIONS
from offtake.web.dialect import AnyOperation, Context, Documented, keyed
from offtake.web.dialects.native.reading import query
from offtake.web.dialects.native.reply import reply_json
from offtake.web.dialects.native.wire import (
    DatasetBrief,
    DatasetsTold,
    DatasetTold,
    FieldTold,
    FormatTold,
    LimitsTold,
    ParameterTold,
    WindowTold,
)
from offtake.web.message import Reply, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A dataset as it is offered to one principal."""

    dataset: Dataset
    fields: Sequence[Field]
    scope: Scope
    formats: Mapping[str, Format]
    policy: Policy
    running: int


def _list(house: House, principal: Principal, _: None) -> Sequence[Dataset]:
    return catalog.datasets(house, principal)


def _listed(context: Context, found: Sequence[Dataset]) -> Reply:
    briefs = tuple(DatasetBrief(name=one.name, title=one.title, description=one.description) for one in found)
    return reply_json(context, DatasetsTold(datasets=briefs))


def _without_query(request: Request) -> None:
    query(request)


def _named(request: Request) -> str:
    query(request)
    return request.values["name"]


def _show(house: House, principal: Principal, name: str) -> Offer:
    dataset = catalog.dataset(house, principal, name)
    scope = principal.effective_scope()
    return Offer(
        dataset=dataset,
        fields=dataset.visible_to(principal),
        scope={dimension: scope.get(dimension, ()) for dimension in dataset.scope},
        formats=house.formats,
        policy=house.policy,
        running=house.policy.max_running,
    )


def _shown(context: Context, offer: Offer) -> Reply:
    dataset = offer.dataset
    visible = {one.name for one in offer.fields}
    change = dataset.change if dataset.change in visible else None
    told = DatasetTold(
        name=dataset.name,
        title=dataset.title,
        description=dataset.description,
        fields=tuple(_field(one) for one in offer.fields),
        key=tuple(one for one in dataset.key if one in visible),
        window=None if dataset.change is None else WindowTold(field=change),
        scope=offer.scope,
        parameters=_parameters(dataset),
        formats=tuple(_format(name, form) for name, form in sorted(offer.formats.items())),
        compressions=COMPRESSIONS,
        limits=LimitsTold(
            running=offer.running, pending=offer.policy.max_pending, selections=MAX_SELECTIONS, values=MAX_VALUES
        ),
    )
    return reply_json(context, told)


def _field(one: Field) -> FieldTold:
    return FieldTold(
        name=one.name,
        type=one.type,
        nullable=one.nullable,
        description=one.description,
        labels=one.labels,
        choices=one.choices,
        ops=tuple(sorted(one.ops)),
    )


def _parameters(dataset: Dataset) -> tuple[ParameterTold, ...]:
    if not isinstance(dataset.relation, Select):
        return ()
    return tuple(
        ParameterTold(
            name=one.name,
            type=one.type,
            required=one.required,
            default=one.default,
            many=one.many,
            description=one.description,
        )
        for one in dataset.relation.parameters
    )


def _format(name: str, form: Format) -> FormatTold:
    return FormatTold(
        name=name,
        media_type=form.media_type,
        extension=form.extension,
        options=msgspec.json.schema(form.options),
    )


OPERATIONS: Final[tuple[AnyOperation, ...]] = (
    keyed(
        "list_datasets",
        "GET",
        "/v1/datasets",
        parse=_without_query,
        call=_list,
        render=_listed,
        document=Documented(summary="List the datasets that the token may read", reply_type=DatasetsTold),
    ),
    keyed(
        "get_dataset",
        "GET",
        "/v1/datasets/{name}",
        parse=_named,
        call=_show,
        render=_shown,
        document=Documented(
            summary="Show a dataset",
            description="Its fields, filters, formats with their options, and limits: all that a request can use.",
            reply_type=DatasetTold,
            errors=(NotFound,),
        ),
    ),
)
