"""How demo data are described: one table of columns from which DDL, loading and configuration are all made."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from offtake.core.dataset import FieldType, Op, Stored
from offtake.demo.writing import Writing

KEY: Final = "id"
"""The key of a table that names no other, and the order in which its rows are exported."""

Cell = str | int | bool | None
"""A value as SQLite keeps it: instants `2015-07-01T14:00:00Z`, dates `2015-07-01`, decimals `75.00`, UUIDs in lower
case, all as text. PostgreSQL reads the same texts into its own types."""

Row = tuple[Cell, ...]
"""Cells in the order of the table's columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, with all that the configuration says about it.

    `en`, `de` and `hu` label it, `choices` give its values labels in that order, with or without the last. `references`
    names the table whose key it holds. `filter` is True for every operator of the type, or the operators; `access` the
    grants needed.
    `stored`, `scale` and `precision` are those of a field: what is kept as an integer is one in both databases, and
    instants of milliseconds (3) are kept with microseconds, so that as texts they compare with parameters.
    """

    name: str
    type: FieldType
    about: str
    en: str = ""
    de: str = ""
    hu: str = ""
    nullable: bool = False
    references: str | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    filter: bool | tuple[Op, ...] = False
    access: tuple[str, ...] = ()
    stored: Stored = Stored.NATIVE
    scale: int = 0
    precision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `scope` gives the column of each dimension, `change` that of windows.

    Rows are exported by `order`. `stored_by` is the primary key: in SQLite rows lie in its order, so where it begins
    with a column of the scope they need no further index and no sorting. Both are the `key` where nothing is said.
    """

    name: str
    title: str
    about: str
    columns: tuple[Column, ...]
    scope: Mapping[str, str]
    change: str | None = None
    key: tuple[str, ...] = (KEY,)
    order: tuple[str, ...] = ()
    stored_by: tuple[str, ...] = ()

    @property
    def primary(self) -> tuple[str, ...]:
        """The columns of the primary key."""
        return self.stored_by or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value that a prepared SELECT takes as `:name`; one without a default must be given.

    One of `many` is a list, for `IN (:name)`; it may be empty.
    """

    name: str
    type: FieldType
    about: str
    default: str | int | None = None
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A dataset made by a SELECT over the tables, exported in the order of its key.

    `sql` says it in a database's own words. `columns` are those of its result; those of the scope need not be among
    them. `document` names the one that is the whole row in JSON Lines.
    """

    name: str
    title: str
    about: str
    sql: Callable[[Writing], str]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    scope: Mapping[str, str]
    key: tuple[str, ...] = (KEY,)
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an exported entity: its name and type there, and the SQL that yields it."""

    name: str
    type: FieldType
    value: str
    nullable: bool = False
    filter: tuple[Op, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A dataset made by a view; its columns are called as the entity's members, in their order.

    `members` says them in a database's own words. `rows` is what stands behind FROM. `scope` gives for each dimension
    the expression of its id, which becomes a column `<dimension>_id` that is not exported.
    """

    name: str
    title: str
    about: str
    members: Callable[[Writing], tuple[Member, ...]]
    rows: str
    scope: Mapping[str, str]
    change: str
    key: str = "Id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer of the demo server: its scope (dimension to ids) and the access labels it holds."""

    id: str
    name: str
    scope: Mapping[str, tuple[str, ...]]
    grants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Tables that belong together, referenced ones first.

    Tables `behind` the views, and `layouts`, the views that prepared SELECTs read, are no datasets themselves. `rows`
    starts a fresh stream for each table and each of those behind, by name; for the same instant it yields the same rows
    at every call, and none that is later.
    """

    tables: tuple[Table, ...]
    behind: tuple[Table, ...] = ()
    views: tuple[View, ...] = ()
    layouts: tuple[View, ...] = ()
    prepared: tuple[Prepared, ...] = ()
    accounts: tuple[Account, ...] = ()
    rows: Callable[[datetime], Mapping[str, Iterator[Row]]]
