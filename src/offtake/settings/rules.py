"""What types cannot say: names that must exist, members that exclude each other, values that must agree.

The rules look at the plain values, so that they speak even where a type is wrong somewhere else; they pass over
what is not of the type they expect, since the types tell of that.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from offtake.core.dataset import FieldType, Op, Stored
from offtake.core.error import InvalidRequest
from offtake.core.filter import DEFAULT_OPS, canonical
from offtake.egress.dial import Proxy
from offtake.egress.guard import Guard
from offtake.secrets import keyring
from offtake.settings.document import Plain, members
from offtake.settings.plugged import DEFAULT_STORAGE, Plugins, scheme
from offtake.settings.problem import Finding, Steps, suggest, unknown

Entry = dict[str, Plain]

CHANGE_TYPES: Final = frozenset({FieldType.TIMESTAMP, FieldType.DATETIME, FieldType.DATE})
"""The types a window of time can apply to."""

STORED_FOR: Final = {
    Stored.UNIX: FieldType.TIMESTAMP,
    Stored.UNIX_MS: FieldType.TIMESTAMP,
    Stored.SCALED: FieldType.DECIMAL,
}
"""The type that each way of storing is for; the native way is for all."""

WHOSE: Final = ("tenant", "scope", "shared")


def check_rules(plain: Plain, known: Plugins) -> Iterator[Finding]:
    """Yield every rule that the values break."""
    yield from _storage(dict(members(plain, "storage")), known)
    yield from _readable(plain)
    sources = dict(members(plain, "sources"))
    for name, source in sources.items():
        yield from _source(("sources", name), dict(members(source)), known)
    datasets = dict(members(plain, "datasets"))
    for name, dataset in datasets.items():
        entry, steps = dict(members(dataset)), ("datasets", name)
        yield from _names(steps, entry, "source", sources, "source")
        yield from _dataset(steps, entry)
        yield from _relation(steps, entry, _dialect(sources, entry.get("source"), known))
    for name, tenant in members(plain, "tenants"):
        entry = dict(members(tenant))
        if isinstance(entry.get("datasets"), list):
            yield from _names(("tenants", name), entry, "datasets", datasets, "dataset")


def _storage(entry: Entry, known: Plugins) -> Iterator[Finding]:
    kind = entry.get("kind", DEFAULT_STORAGE)
    if isinstance(kind, str) and kind not in known.storages:
        yield unknown(("storage", "kind"), "storage", kind, known.storages)


def _readable(plain: Plain) -> Iterator[Finding]:
    """What is written for the way out and for the keys, which the parts that use it can read or not."""
    egress, secrets = dict(members(plain, "egress")), dict(members(plain, "secrets"))
    allow = egress.get("allow")
    for place, entry in enumerate(allow if isinstance(allow, list) else ()):
        yield from _read(("egress", "allow", place), entry, lambda one: Guard([one]))
    yield from _read(("egress", "proxy"), egress.get("proxy"), Proxy.of)
    yield from _read(("secrets", "key"), secrets.get("key"), keyring.from_text)


def _read(steps: Steps, value: Plain, reader: Callable[[str], object]) -> Iterator[Finding]:
    if not isinstance(value, str) or not value:
        return
    try:
        reader(value)
    except InvalidRequest as problem:
        yield Finding(steps=steps, message=problem.message, cure=problem.cure or "Write it otherwise.")


def _source(steps: Steps, entry: Entry, known: Plugins) -> Iterator[Finding]:
    url = entry.get("url")
    if not isinstance(url, str) or not url:
        return
    kind = scheme(url)
    if not kind:
        yield Finding(
            steps=(*steps, "url"),
            message="This is not a URL.",
            cure=f"Begin with one of: {', '.join(f'{one}://' for one in known.sources)}.",
        )
    elif kind not in known.sources:
        yield Finding(
            steps=(*steps, "url"),
            message=f"No kind of source has URLs of '{kind}://'.",
            cure=suggest(kind, known.sources),
        )


def _dataset(steps: Steps, entry: Entry) -> Iterator[Finding]:
    fields = {name: dict(members(one)) for name, one in members(entry, "fields")}
    for member in ("key", "order", "change", "document"):
        yield from _names(steps, entry, member, fields, "field")
    yield from _typed_field(steps, entry, "change", fields, CHANGE_TYPES)
    yield from _typed_field(steps, entry, "document", fields, {FieldType.JSON})
    yield from _whose(steps, entry)
    for name, field in fields.items():
        yield from _field((*steps, "fields", name), field)


def _names(steps: Steps, entry: Entry, member: str, there: Iterable[str], what: str) -> Iterator[Finding]:
    """A member holds a name, or a list of names, of things that must exist; a list names each once."""
    found = entry.get(member)
    listed = isinstance(found, list)
    seen = set()
    for position, name in enumerate(found if isinstance(found, list) else [found]):
        here = (*steps, member, position) if listed else (*steps, member)
        if not isinstance(name, str):
            continue
        if name not in there:
            yield unknown(here, what, name, there)
        elif name in seen:
            yield Finding(steps=here, message=f"'{name}' is named twice.", cure="Remove one.")
        seen.add(name)


def _typed_field(
    steps: Steps, entry: Entry, member: str, fields: Mapping[str, Entry], types: Collection[FieldType]
) -> Iterator[Finding]:
    name = entry.get(member)
    kind = fields.get(name, {}).get("type") if isinstance(name, str) else None
    if kind in set(FieldType) and kind not in types:
        yield Finding(
            steps=(*steps, member),
            message=f"The field '{name}' is of type {kind}.",
            cure=f"Name a field of type {' or '.join(sorted(types))}.",
        )


def _whose(steps: Steps, entry: Entry) -> Iterator[Finding]:
    given = [name for name in WHOSE if entry.get(name) not in (None, False, {})]
    if not given:
        yield Finding(
            steps=steps,
            at_key=True,
            message="It does not say whose rows these are: the scope is missing.",
            cure="Name the column with the tenant's id, as in  tenant: tenant_id  (or  scope: {dimension: column}), "
            "or say  shared: true  if every tenant may see every row.",
        )
    elif len(given) > 1:
        yield Finding(
            steps=(*steps, given[1]),
            at_key=True,
            message=f"'{given[1]}' and '{given[0]}' exclude each other.",
            cure="Keep one; several dimensions go into  scope: {tenant: column, ...}.",
        )


def _field(steps: Steps, entry: Entry) -> Iterator[Finding]:
    kind, stored, wanted = entry.get("type"), entry.get("stored"), entry.get("filter")
    if kind not in set(FieldType):
        return
    needed = next((one for way, one in STORED_FOR.items() if way == stored), None)
    if needed is not None and kind != needed:
        yield Finding(
            steps=(*steps, "stored"),
            message=f"'{stored}' is for fields of type {needed}, this one is {kind}.",
            cure=f"Write  type: {needed}  or leave 'stored' out.",
        )
    if entry.get("scale") is not None and stored != Stored.SCALED:
        yield Finding(
            steps=(*steps, "scale"),
            at_key=True,
            message="Only scaled decimals have a scale.",
            cure="Add  stored: scaled",
        )
    allowed = DEFAULT_OPS.get(FieldType(str(kind)), frozenset())
    if wanted is True and not allowed:
        yield Finding(
            steps=(*steps, "filter"), message=f"Fields of type {kind} cannot be filtered.", cure="Leave 'filter' out."
        )
    for position, op in enumerate(wanted if isinstance(wanted, list) else ()):
        if op in set(Op) and op not in allowed:
            yield Finding(
                steps=(*steps, "filter", position),
                message=f"Fields of type {kind} cannot be filtered with '{op}'.",
                cure=f"They take: {', '.join(sorted(allowed)) or 'no filter'}.",
            )


def _relation(steps: Steps, entry: Entry, dialect: str | None) -> Iterator[Finding]:
    table, sql = entry.get("table"), entry.get("sql")
    parameters = dict(members(entry, "parameters"))
    if (table is None) == (sql is None):
        yield Finding(
            steps=(*steps, "sql") if sql is not None else steps,
            at_key=True,
            message="'table' and 'sql' exclude each other." if sql is not None else "It has neither 'table' nor 'sql'.",
            cure="Give one of them: a table or view by name, or a SELECT of your own.",
        )
    if isinstance(sql, str) and dialect is not None:
        from offtake.settings.select import check_select

        yield from check_select(steps, sql, dialect, list(parameters))
    if sql is None and parameters:
        yield Finding(
            steps=(*steps, "parameters"), at_key=True, message="A table takes no parameters.", cure="Use them in 'sql'."
        )
    for name, parameter in parameters.items():
        yield from _parameter(
            (*steps, "parameters", name), name, dict(members(parameter)), dict(members(entry, "fields"))
        )


def _parameter(steps: Steps, name: str, entry: Entry, fields: Entry) -> Iterator[Finding]:
    if name in fields:
        yield Finding(
            steps=steps,
            at_key=True,
            message=f"'{name}' is the name of a field too; a filter could mean either.",
            cure="Give the parameter another name.",
        )
    kind, default = entry.get("type"), entry.get("default")
    if default is not None and entry.get("many") is True:
        yield Finding(steps=(*steps, "default"), at_key=True, message="A list has no default.", cure="Remove it.")
    if kind in set(FieldType) and default is not None and not isinstance(default, dict | list):
        try:
            canonical(FieldType(str(kind)), default, "default")
        except InvalidRequest as problem:
            yield Finding(steps=(*steps, "default"), message=problem.message, cure=problem.cure or "Change the type.")


def _dialect(sources: Entry, name: Plain, known: Plugins) -> str | None:
    """The SQL of the source a dataset names; None if that is not known."""
    kind = scheme(dict(members(sources, name)).get("url")) if isinstance(name, str) else ""
    return known.sources[kind].dialect if kind in known.sources else None
