"""What a PostgreSQL database holds, read from its catalog."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from offtake.core.dataset import FieldType
from offtake.core.ports import Column, Relation
from offtake.sql.statement import segment

RELATIONS: Final = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid), a.attname,
       coalesce(base.typname, own.typname), a.attnotnull OR own.typnotnull,
       coalesce(a.attnum = ANY (i.indkey::int2[]), false)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS own ON own.oid = a.atttypid
LEFT JOIN pg_type AS base ON base.oid = own.typbasetype
LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY n.nspname, c.relname, a.attnum
"""
"""Schema, relation, whether its name alone finds it, column, type (of a domain: what it is made of), not null, key."""

TYPES: Final[Mapping[str, FieldType]] = {
    "int2": FieldType.INTEGER,
    "int4": FieldType.INTEGER,
    "int8": FieldType.INTEGER,
    "oid": FieldType.INTEGER,
    "float4": FieldType.FLOAT,
    "float8": FieldType.FLOAT,
    "numeric": FieldType.DECIMAL,
    "bool": FieldType.BOOLEAN,
    "date": FieldType.DATE,
    "time": FieldType.TIME,
    "timestamptz": FieldType.TIMESTAMP,
    "timestamp": FieldType.DATETIME,
    "uuid": FieldType.UUID,
    "json": FieldType.JSON,
    "jsonb": FieldType.JSON,
    "bytea": FieldType.BYTES,
}
"""Every other type is exported as its text."""

Row = tuple[str, str, bool, str, str, bool, bool]


def relations(rows: Sequence[Row]) -> tuple[Relation, ...]:
    """The rows of `RELATIONS` as relations, by name, with the schema where it is needed."""
    found = [
        Relation(
            name=segment(relation) if visible else f"{segment(schema)}.{segment(relation)}",
            columns=tuple(
                Column(name=name, type=TYPES.get(kind, FieldType.TEXT).value, nullable=not firm, key=key)
                for _, _, _, name, kind, firm, key in group
            ),
        )
        for (schema, relation, visible), group in groupby(rows, key=lambda row: row[:3])
    ]
    return tuple(sorted(found, key=lambda one: one.name))
