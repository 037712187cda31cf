"""What can be exported: datasets, their fields and types, and what may be filtered how."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from offtake.core.error import InvalidRequest
from offtake.core.tenant import Principal


class FieldType(StrEnum):
    """The types of the wire; every database's own types are projected to one of these.

    TIMESTAMP is an instant (written in UTC with `Z`), DATETIME has no zone and never gets one.
    """

    TEXT = "text"
    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    DATETIME = "datetime"
    UUID = "uuid"
    JSON = "json"
    BYTES = "bytes"


class Stored(StrEnum):
    """How a value lies in its column, where the column's own type does not say."""

    NATIVE = "native"
    UNIX = "unix"  # instant as seconds since 1970
    UNIX_MS = "unix_ms"  # instant as milliseconds since 1970
    SCALED = "scaled"  # decimal as an integer, multiplied by 10 ** scale


class Op(StrEnum):
    """What a filter may ask of a field."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    STARTS_WITH = "starts_with"
    IS_NULL = "is_null"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the result.

    `labels` are header texts by language; `choices` give a stored value its label by language; `access` names the
    grants a tenant needs to see the field (all of them); `ops` what a filter may ask of it; `scale` the digits of
    a SCALED decimal; `precision` the digits of a second (0, 3 or 6).
    """

    name: str
    type: FieldType
    column: str
    stored: Stored = Stored.NATIVE
    nullable: bool = True
    scale: int = 0
    precision: int = 6
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ops: frozenset[Op] = frozenset()
    access: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view, named as the database names it (`schema.table` allowed)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that an operator-written SELECT takes as `:name`; without a default the caller must give it.

    One with `many` takes a list, for `IN (:name)`, which is empty where the caller gives none.
    """

    name: str
    type: FieldType
    required: bool = True
    default: str | int | float | bool | None = None
    many: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """An operator-written SELECT with its declared parameters."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A named, documented set of rows that customers may export.

    `scope` maps each dimension to the column that holds it; it is empty only where the operator declared the rows
    shared by all tenants. `change` names the field a window applies to. `order` are the fields rows are sorted by.
    `document` names the one JSON field whose text is the whole row in JSON Lines.
    """

    name: str
    source: str
    relation: Table | Select
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    scope: Mapping[str, str] = field(default_factory=dict)
    shared: bool = False
    change: str | None = None
    order: tuple[str, ...] = ()
    document: str | None = None
    title: str = ""
    description: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((one for one in self.fields if one.name == name), None)

    def visible_to(self, principal: Principal) -> tuple[Field, ...]:
        """The fields whose access labels the principal's tenant holds, in the declared order."""
        return tuple(one for one in self.fields if one.access <= principal.tenant.grants)


def choose(dataset: Dataset, principal: Principal, names: tuple[str, ...] | None) -> tuple[Field, ...]:
    """Return the fields asked for, in the order asked; None asks for all that are visible.

    A field that is hidden from the principal answers like one that does not exist.
    """
    visible = dataset.visible_to(principal)
    if names is None:
        return visible
    if not names:
        raise InvalidRequest(
            "The list of fields is empty.", field="fields", cure="Name one or leave the member out to get all."
        )
    known = {one.name: one for one in visible}
    for position, name in enumerate(names):
        if name not in known:
            raise InvalidRequest(
                f"Dataset '{dataset.name}' has no field '{name}'.",
                field=f"fields[{position}]",
                cure=f"Its fields: {', '.join(known)}.",
            )
        if name in names[:position]:
            raise InvalidRequest(
                f"Field '{name}' is named twice.", field=f"fields[{position}]", cure="Name each field once."
            )
    return tuple(known[name] for name in names)
