"""The tree into values of the core."""

from offtake.core.dataset import Dataset, Field, Parameter, Select, Table
from offtake.core.filter import DEFAULT_OPS
from offtake.core.limits import Split
from offtake.core.tenant import Tenant, TenantId
from offtake.settings.entries import DatasetSettings, FieldSettings, ParameterSettings, TenantSettings
from offtake.settings.tree import Settings

TENANT = "tenant"
"""The dimension that every tenant has."""


def datasets(settings: Settings) -> tuple[Dataset, ...]:
    """Every dataset, in the order of the file."""
    return tuple(_dataset(name, one) for name, one in settings.datasets.items())


def tenants(settings: Settings) -> tuple[Tenant, ...]:
    """Every tenant that the configuration names, in the order of the file."""
    return tuple(_tenant(name, one) for name, one in settings.tenants.items())


def split(settings: Settings) -> Split:
    """The roll-over of files where a request does not say."""
    return Split(rows=settings.split.rows, bytes=settings.split.bytes)


def _dataset(name: str, entry: DatasetSettings) -> Dataset:
    return Dataset(
        name=name,
        source=entry.source,
        relation=_relation(entry),
        fields=tuple(_field(one, settings) for one, settings in entry.fields.items()),
        key=entry.key,
        scope={TENANT: entry.tenant} if entry.tenant else dict(entry.scope),
        shared=entry.shared,
        change=entry.change,
        order=entry.order,
        document=entry.document,
        title=entry.title,
        description=entry.description,
    )


def _relation(entry: DatasetSettings) -> Table | Select:
    if entry.table is not None:
        return Table(name=entry.table)
    sql = (entry.sql or "").strip().removesuffix(";").rstrip()
    return Select(sql=sql, parameters=tuple(_parameter(name, one) for name, one in entry.parameters.items()))


def _parameter(name: str, entry: ParameterSettings) -> Parameter:
    return Parameter(
        name=name,
        type=entry.type,
        required=entry.default is None and not entry.many,
        default=entry.default,
        many=entry.many,
        description=entry.description,
    )


def _field(name: str, entry: FieldSettings) -> Field:
    chosen = frozenset(entry.filter) if isinstance(entry.filter, tuple) else frozenset()
    return Field(
        name=name,
        type=entry.type,
        column=entry.column or name,
        stored=entry.stored,
        nullable=entry.nullable,
        scale=entry.scale,
        precision=entry.precision,
        description=entry.description,
        labels=dict(entry.labels),
        choices={value: dict(labels) for value, labels in entry.choices.items()},
        ops=DEFAULT_OPS[entry.type] if entry.filter is True else chosen,
        access=frozenset(entry.access),
    )


def _tenant(tenant_id: str, entry: TenantSettings) -> Tenant:
    return Tenant(
        id=TenantId(tenant_id),
        name=entry.name or tenant_id,
        scope={TENANT: (tenant_id,), **entry.scope},
        datasets=None if entry.datasets == "all" else frozenset(entry.datasets),
        grants=frozenset(entry.grants),
        requests_per_second=entry.requests_per_second,
    )
