"""A plug-in's own options, read into its own dataclass beside the members that are ours.

Which plug-ins there are is handed in; nothing here knows their names.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from dataclasses import Field as DataclassField
from datetime import timedelta
from typing import Annotated, Final, TypeVar, get_args, get_origin, get_type_hints

from pydantic import Field, PlainValidator, ValidationError, WithJsonSchema, create_model
from pydantic.fields import FieldInfo

from offtake.core.error import InvalidRequest
from offtake.settings.section import Duration, Section, Text

DEFAULT_STORAGE: Final = "local"
DIRECTORY: Final = "directory"
"""An option of this name is a folder: relative to the configuration file, and one of ours where none is given."""

DEFAULT_DIRECTORY: Final = "offtake-data/files"

URL: Final = "Where the source is, as scheme://user:password@host:port/name; the scheme tells what kind it is."
KIND: Final = "Where finished files lie: the name of a storage plug-in."


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """What the configuration must know of a source plug-in.

    `options` is its options dataclass; a field's `metadata` may hold `description` (text) and `secret` (true hides
    the value). `dialect` is the name by which sqlglot knows its SQL. `file` tells that its URLs name a file, as
    scheme:///path, which is then relative to the configuration file.
    """

    options: type
    dialect: str
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectKind:
    """What the configuration must know of a dialect that has options.

    `options` is its options dataclass, as a source's; bounds stand in the types of its fields, as `Annotated[int,
    Field(ge=1)]`, and a text whose schema has `x-names: datasets` is the name of a dataset. `problems` tells everything
    that a dialect cannot do with such options; the `field` of each is the dotted path of the setting.
    """

    options: type
    problems: Callable[[object], Iterable[InvalidRequest]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """The plug-ins a configuration may name: sources by their URL's scheme, storages by name (their options), and the
    dialects that have options."""

    sources: Mapping[str, SourceKind] = field(default_factory=dict)
    storages: Mapping[str, type] = field(default_factory=dict)
    dialects: Mapping[str, DialectKind] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A source: its URL, the scheme of it, and an instance of its plug-in's options."""

    url: str
    scheme: str
    options: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSettings:
    """The storage: its plug-in's name, and an instance of that plug-in's options."""

    kind: str = DEFAULT_STORAGE
    options: object = None


class SourceForm(Section):
    """The members that every source has."""

    url: Text = Field(description=URL, examples=["postgresql://reader:${DB_PASSWORD}@db.example:5432/hotel"])


class StorageForm(Section):
    """The members that every storage has."""

    kind: Text = Field(default=DEFAULT_STORAGE, description=KIND)


class DialectForm(Section):
    """How an API of another product is spoken."""


Form = TypeVar("Form", bound=Section)


def with_options(form: type[Form], options: type) -> type[Form]:
    """The form with the plug-in's options as further members."""
    hints = get_type_hints(options, include_extras=True)
    members = {one.name: (_hint(hints[one.name]), _member(one)) for one in fields(options)}
    create: Callable[..., type[Form]] = create_model
    return create(form.__name__, __base__=form, **members)


def dialects_form(known: Plugins) -> type[Section]:
    """A member for each dialect that has options."""
    members = {}
    for name, kind in known.dialects.items():
        form = with_options(DialectForm, kind.options)
        members[name] = (form, FieldInfo(default=form(), description=kind.options.__doc__))
    create: Callable[..., type[Section]] = create_model
    return create("Dialects", __base__=Section, **members)


def sound(options: type, value: object) -> object:
    """A dialect's options of the members that fit their types; all others have their defaults."""
    form = with_options(DialectForm, options)
    given: object = value if isinstance(value, dict) else {}
    while True:
        try:
            return _made(options, form.model_validate_json(json.dumps(given)))
        except ValidationError as problem:
            fewer = given
            for error in problem.errors(include_url=False):
                fewer = _without(fewer, error["loc"])
            assert fewer != given, "every option of a dialect has a default"
            given = fewer


def scheme(url: object) -> str:
    """The part of a URL before `://`; empty for what is not a URL."""
    head, mark, _ = url.partition("://") if isinstance(url, str) else ("", "", "")
    return head.lower() if mark else ""


def _hint(hint: object) -> object:
    """The type of a member: a length of time as it is written, with the bounds it has."""
    if get_origin(hint) is Annotated and get_args(hint)[0] is timedelta:
        return Annotated[(Duration, *get_args(hint)[1:])]
    return Duration if hint is timedelta else hint


def _without(value: object, loc: Sequence[str | int]) -> object:
    """A mapping without the member that is at fault: the innermost, or the list that holds it."""
    head = loc[0] if loc else None
    if not isinstance(value, dict) or head not in value:
        return value
    rest = {name: one for name, one in value.items() if name != head}
    below = value[head]
    is_inside = len(loc) > 1 and isinstance(below, dict) and loc[1] in below
    return {**rest, head: _without(below, loc[1:])} if is_inside else rest


def _member(option: DataclassField[object]) -> FieldInfo:
    description = str(option.metadata.get("description", "")) or None
    if option.default is not MISSING:
        return FieldInfo(default=option.default, description=description)
    if option.default_factory is not MISSING:
        return FieldInfo(default_factory=option.default_factory, description=description)
    if option.name == DIRECTORY:
        return FieldInfo(default=DEFAULT_DIRECTORY, description=description)
    return FieldInfo(description=description)


def _read(form: type[Form], options: type | None, value: object) -> tuple[Form, object]:
    """Validate the members and the options together; an unknown kind (None) is told elsewhere, its options pass."""
    if options is None:
        if isinstance(value, dict):
            value = {name: one for name, one in value.items() if name in form.model_fields}
        return form.model_validate_json(json.dumps(value)), None
    both = with_options(form, options).model_validate_json(json.dumps(value))
    return both, _made(options, both)


def _made(options: type, form: Section) -> object:
    """An instance of a plug-in's options, of the form that holds them."""
    made: object = options(**{one.name: getattr(form, one.name) for one in fields(options)})
    return made


def _source(value: object, known: Plugins) -> SourceSettings:
    kind = scheme(value.get("url")) if isinstance(value, dict) else ""
    options = known.sources[kind].options if kind in known.sources else None
    form, chosen = _read(SourceForm, options, value)
    return SourceSettings(url=form.url, scheme=kind, options=chosen)


def _storage(value: object, known: Plugins) -> StorageSettings:
    kind = value.get("kind", DEFAULT_STORAGE) if isinstance(value, dict) else ""
    options = known.storages.get(kind) if isinstance(kind, str) else None
    form, chosen = _read(StorageForm, options, value)
    return StorageSettings(kind=form.kind, options=chosen)


def _dialects(value: object, known: Plugins) -> Mapping[str, object]:
    """Each dialect's options as an instance of its own type."""
    read = dialects_form(known).model_validate_json(json.dumps(value))
    return {name: _made(kind.options, getattr(read, name)) for name, kind in known.dialects.items()}


Dialects = Annotated[
    Mapping[str, object],
    PlainValidator(lambda value, info: _dialects(value, info.context)),
    WithJsonSchema({"type": "object"}),
]
"""The dialects' options in the tree, by the dialect's name; their schema is added where the plug-ins are known."""

Source = Annotated[
    SourceSettings,
    PlainValidator(lambda value, info: _source(value, info.context)),
    WithJsonSchema(SourceForm.model_json_schema()),
]
"""A source in the tree; the schema of its options is added where the plug-ins are known."""

Storage = Annotated[
    StorageSettings,
    PlainValidator(lambda value, info: _storage(value, info.context)),
    WithJsonSchema(StorageForm.model_json_schema()),
]
"""The storage in the tree; likewise."""
