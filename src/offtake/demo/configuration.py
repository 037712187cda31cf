"""The demo's configuration: the sections of `offtake.yaml` that say what is there and who may see it.

Everything is a plain dict, list, text, number or truth value, ready for YAML.
"""

from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Final

from offtake.core.dataset import FieldType, Stored
from offtake.demo.data import DATA_SETS
from offtake.demo.tables import Account, Column, Member, Parameter, Prepared, Table, View
from offtake.demo.writing import POSTGRESQL, SQLITE, Writing

Plain = bool | int | str | list["Plain"] | dict[str, "Plain"]
"""What YAML is made of."""

SOURCE: Final = "demo"
LANGUAGES: Final = ("en", "de", "hu")


def configuration(url: str) -> dict[str, Plain]:
    """The sections `sources`, `datasets` and `tenants` for the demo data in the database at `url`.

    What is left at its default is left out.
    """
    words = SQLITE if url.startswith("sqlite:") else POSTGRESQL
    datasets: dict[str, Plain] = {}
    tenants: dict[str, Plain] = {}
    for data in DATA_SETS:
        datasets |= {table.name: _table(table) for table in data.tables}
        datasets |= {view.name: _view(view) for view in data.views}
        datasets |= {prepared.name: _prepared(prepared, words) for prepared in data.prepared}
        tenants |= {account.id: _account(account) for account in data.accounts}
    return {"sources": {SOURCE: {"url": url}}, "datasets": datasets, "tenants": tenants}


def _table(table: Table) -> Plain:
    return {
        "source": SOURCE,
        "title": table.title,
        "description": table.about,
        "table": table.name,
        "key": list(table.key),
        "order": list(table.order or table.key),
        "scope": dict(table.scope),
        **({"change": table.change} if table.change else {}),
        "fields": _fields(table.columns),
    }


def _view(view: View) -> Plain:
    return {
        "source": SOURCE,
        "title": view.title,
        "description": view.about,
        "table": view.name,
        "key": [view.key],
        "order": [view.key],
        "scope": {dimension: f"{dimension}_id" for dimension in view.scope},
        "change": view.change,
        "fields": {member.name: _member(member) for member in view.members(SQLITE)},
    }


def _prepared(prepared: Prepared, words: Writing) -> Plain:
    return {
        "source": SOURCE,
        "title": prepared.title,
        "description": prepared.about,
        "sql": cleandoc(prepared.sql(words)),
        "parameters": {parameter.name: _parameter(parameter) for parameter in prepared.parameters},
        "key": list(prepared.key),
        "order": list(prepared.key),
        "scope": dict(prepared.scope),
        **({"document": prepared.document} if prepared.document else {}),
        "fields": _fields(prepared.columns),
    }


def _parameter(parameter: Parameter) -> Plain:
    default: dict[str, Plain] = {} if parameter.default is None else {"default": parameter.default}
    many: dict[str, Plain] = {"many": True} if parameter.many else {}
    return {"type": parameter.type.value, "description": parameter.about, **default, **many}


def _fields(columns: Iterable[Column]) -> dict[str, Plain]:
    return {column.name: _field(column) for column in columns}


def _field(column: Column) -> Plain:
    field: dict[str, Plain] = {"type": column.type.value, "description": column.about, "nullable": column.nullable}
    if column.type is FieldType.TIMESTAMP:
        field["precision"] = column.precision
    if column.stored is not Stored.NATIVE:
        field["stored"] = column.stored.value
    if column.scale:
        field["scale"] = column.scale
    if labels := _labels(column.en, column.de, column.hu):
        field["labels"] = labels
    if column.choices:
        field["choices"] = {value: _labels(*texts) for value, texts in column.choices.items()}
    if column.filter:
        field["filter"] = True if isinstance(column.filter, bool) else [op.value for op in column.filter]
    if column.access:
        field["access"] = list(column.access)
    return field


def _member(member: Member) -> Plain:
    return {
        "type": member.type.value,
        **({} if member.nullable else {"nullable": False}),
        **({"precision": 0} if member.type is FieldType.TIMESTAMP else {}),
        **({"filter": [op.value for op in member.filter]} if member.filter else {}),
    }


def _labels(*texts: str) -> dict[str, Plain]:
    """The texts by the languages that they are given in, as far as they go."""
    return {language: text for language, text in zip(LANGUAGES, texts, strict=False) if text}


def _account(account: Account) -> Plain:
    scope: Mapping[str, Plain] = {dimension: list(ids) for dimension, ids in account.scope.items()}
    return {
        "name": account.name,
        "scope": dict(scope),
        **({"grants": list(account.grants)} if account.grants else {}),
    }
