"""What stands under names the operator chose: datasets with their fields, and tenants."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from offtake.core.dataset import FieldType, Op, Stored
from offtake.settings.section import FieldName, Name, Section, Text

Filter = bool | tuple[Op, ...]
"""What a filter may ask of a field: nothing, everything its type allows, or these."""

Labels = Mapping[str, str]
"""A text per language: `{en: Guest, de: Gast}`."""


class FieldSettings(Section):
    """One column of the result."""

    type: FieldType = Field(description="The type customers see; the column's own type is projected to it.")
    column: Text | None = Field(
        default=None,
        description="The column it is read from; the one of its own name where not given.",
        examples=["guest_name"],
    )
    stored: Stored = Field(
        default=Stored.NATIVE,
        description="How the value lies in its column, where its type does not say: unix or unix_ms for instants "
        "kept as numbers, scaled for decimals kept as integers.",
    )
    scale: int = Field(default=0, ge=0, le=38, description="Digits after the point of a scaled decimal.")
    precision: Literal[0, 3, 6] = Field(
        default=6, description="Digits of a second that times and instants are written with."
    )
    nullable: bool = Field(default=True, description="Whether the column can hold nulls.")
    description: str = Field(default="", description="What the field means, for customers.")
    labels: Labels = Field(default={}, description="Header texts by language, where an export asks for a language.")
    choices: Mapping[str, Labels] = Field(default={}, description="Stored values with their labels by language.")
    filter: Filter = Field(
        default=False,
        description="Whether customers may filter by it: true for all operators of its type, or a list of them.",
    )
    access: tuple[Text, ...] = Field(
        default=(), description="Grants that a tenant needs to see the field, all of them.", examples=[["personal"]]
    )


class ParameterSettings(Section):
    """A value that an operator-written SELECT takes as `:name`."""

    type: FieldType = Field(description="The type of the value.")
    default: str | int | float | bool | None = Field(
        default=None,
        description="The value where the customer gives none; without a default they must.",
        examples=["2024-01-01"],
    )
    many: bool = Field(
        default=False, description="Take a list, for `IN (:name)`; it is empty where the customer gives none."
    )
    description: str = Field(default="", description="What the parameter does, for customers.")


class DatasetSettings(Section):
    """A set of rows that customers may export. Exactly one of `table` and `sql`; one of `tenant`, `scope`, `shared`."""

    source: Name = Field(description="The source it is read from.", examples=["hotel"])
    table: Text | None = Field(
        default=None, description="The table or view, schema.table allowed.", examples=["bookings"]
    )
    sql: Text | None = Field(
        default=None,
        description="One SELECT of your own in place of a table.",
        examples=["SELECT id, tenant_id FROM bookings"],
    )
    parameters: Mapping[Name, ParameterSettings] = Field(
        default={}, description="Values the SELECT takes, written :name in it."
    )
    fields: Mapping[FieldName, FieldSettings] = Field(
        min_length=1, description="The columns customers get, in this order."
    )
    key: tuple[FieldName, ...] = Field(default=(), description="The fields that tell rows apart.", examples=[["id"]])
    tenant: Text | None = Field(
        default=None,
        description="The column that holds the tenant's id; short for  scope: {tenant: column}.",
        examples=["tenant_id"],
    )
    scope: Mapping[Name, Text] = Field(
        default={},
        description="Whose rows: per dimension the column that holds its ids.",
        examples=[{"tenant": "tenant_id"}],
    )
    shared: bool = Field(default=False, description="Whether every tenant may see every row.")
    change: FieldName | None = Field(
        default=None, description="The field that windows of time apply to.", examples=["updated_at"]
    )
    order: tuple[FieldName, ...] = Field(default=(), description="The fields rows are sorted by.", examples=[["id"]])
    document: FieldName | None = Field(
        default=None, description="The JSON field whose text is the whole row in JSON Lines.", examples=["body"]
    )
    title: str = Field(default="", description="A short name for people.")
    description: str = Field(default="", description="What the rows are, for customers.")


class TenantSettings(Section):
    """A customer account."""

    name: str = Field(default="", description="The account's name for people; its id where empty.")
    scope: Mapping[Name, tuple[Text, ...]] = Field(
        default={},
        description="Per dimension the ids whose rows it may see. The dimension 'tenant' is always there, with the "
        "tenant's own id unless given.",
        examples=[{"enterprise": ["e1", "e2"]}],
    )
    datasets: Literal["all"] | tuple[Name, ...] = Field(
        default="all", description="What it may export: all, or a list of datasets.", examples=[["bookings"]]
    )
    grants: tuple[Text, ...] = Field(
        default=(), description="The access labels of fields it may see.", examples=[["personal"]]
    )
    requests_per_second: float | None = Field(
        default=None,
        gt=0,
        description="Requests a second for each of its keys, in place of the limit for all.",
        examples=[100],
    )
