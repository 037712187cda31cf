"""CSV as RFC 4180 has it, with what spreadsheets and older programs want as options."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from offtake.core.dataset import Field
from offtake.core.error import InvalidRequest
from offtake.core.ports import TextForm
from offtake.core.query import FORMULA_STARTS, CsvLayout, Query, Quoting

DELIMITERS: Final = frozenset(",;|\t\x1f!#$%&*<>?^_`~")
"""ASCII characters that appear in no number, date, UUID or base64 text, so that those never need quotes."""

LINE_ENDS: Final = {"crlf": b"\r\n", "lf": b"\n"}
ZONE: Final = re.compile(r"UTC|[A-Z]\w*(/[\w+-]+)+", re.ASCII)
"""Names of zones that mean the same everywhere: to some databases `CET` is one hour ahead, summer or not."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How a CSV file is written. Without any of them it is what RFC 4180 describes, in UTF-8."""

    delimiter: str = field(default=",", metadata={"description": "What stands between cells: one ASCII character."})
    header: bool = field(default=True, metadata={"description": "Whether each file begins with a line of names."})
    header_names: Literal["names", "labels"] = field(
        default="names",
        metadata={"description": "What the header holds: the fields' names, or their labels in `language`."},
    )
    titles: Mapping[str, str] = field(
        default_factory=dict,
        metadata={"description": "What the header holds for a field, by the field's name, instead of name or label."},
    )
    language: str | None = field(
        default=None,
        metadata={
            "description": "The language of labels, such as `en`: choice values are then written as their label."
        },
    )
    quoting: Quoting = field(
        default=Quoting.MINIMAL,
        metadata={
            "description": "Which cells are quoted: those that need it and empty texts, but no nulls (`minimal`); "
            "those that need it, neither empty texts nor nulls, except in files of one column, where no line is empty "
            "(`sparse`); or all but nulls (`all`)."
        },
    )
    timestamps: Literal["iso", "spaced"] = field(
        default="iso",
        metadata={
            "description": "How instants and date-times are written: `2024-01-02T03:04:05Z` (`iso`) or "
            "`2024-01-02 03:04:05` (`spaced`)."
        },
    )
    time_zone: str | None = field(
        default=None,
        metadata={
            "description": "The time zone, such as `Europe/Vienna`, in whose local time `spaced` instants are written; "
            "UTC if there is none."
        },
    )
    line_end: Literal["crlf", "lf"] = field(default="crlf", metadata={"description": "What ends a line."})
    bom: bool = field(
        default=False,
        metadata={"description": "Whether each file begins with a byte order mark, by which Excel knows UTF-8."},
    )
    spreadsheet: bool = field(
        default=False,
        metadata={
            "description": "Whether texts that a spreadsheet would run as a formula get an apostrophe before them."
        },
    )


class CsvFormat:
    """The port `Format`."""

    media_type: str = "text/csv; charset=utf-8"
    extension: str = "csv"
    options: type = CsvOptions

    def form(self, query: Query, options: object) -> TextForm:
        """Lines of cells; each file opens with the header, if there is one."""
        assert isinstance(options, CsvOptions)
        _check(query, options)
        layout = CsvLayout(
            delimiter=options.delimiter,
            quoting=options.quoting,
            guarded=options.spreadsheet,
            language=options.language,
            spaced=options.timestamps == "spaced",
            zone=options.time_zone,
        )
        line_end = LINE_ENDS[options.line_end]
        mark = BYTE_ORDER_MARK if options.bom else b""
        header = _header(query, options).encode() + line_end if options.header else b""
        return TextForm(layout=layout, header=mark + header, line_end=line_end, quoted=True)


FORMAT: Final = CsvFormat()


def _check(query: Query, options: CsvOptions) -> None:
    if query.dataset.document is not None:
        raise InvalidRequest(
            f"Rows of dataset '{query.dataset.name}' are nested documents, which have no cells.",
            field="format",
            cure="Ask for JSON Lines.",
        )
    if options.delimiter not in DELIMITERS:
        raise InvalidRequest(
            "This cannot stand between cells.",
            field="options.delimiter",
            cure="Give a comma, a semicolon, a tab, a vertical bar or another one of: "
            + " ".join(sorted(one for one in DELIMITERS if one.isprintable())),
        )
    if options.header_names == "labels" and options.language is None:
        raise InvalidRequest(
            "Labels are asked for, but in no language.", field="options.language", cure="Name one, such as 'en'."
        )
    _check_titles(query, options)
    _check_zone(options)


def _check_titles(query: Query, options: CsvOptions) -> None:
    names = [one.name for one in query.fields]
    for name, title in options.titles.items():
        if name not in names:
            raise InvalidRequest(
                f"No field '{name}' is exported of dataset '{query.dataset.name}'.",
                field=f"options.titles.{name}",
                cure=f"The exported fields: {', '.join(names)}.",
            )
        if "\x00" in title:
            raise InvalidRequest(
                f"The title of field '{name}' holds a NUL.", field=f"options.titles.{name}", cure="Leave it out."
            )


def _check_zone(options: CsvOptions) -> None:
    if options.time_zone is None:
        return
    if options.timestamps != "spaced":
        raise InvalidRequest(
            "Local time is only written without a zone behind it.",
            field="options.time_zone",
            cure="Ask for 'timestamps' as 'spaced', or leave the time zone out.",
        )
    if not _is_zone(options.time_zone):
        raise InvalidRequest(
            "There is no such time zone.",
            field="options.time_zone",
            cure="Name it as the IANA database does, by area and place, such as 'Europe/Vienna', or 'UTC'.",
        )


def _is_zone(name: str) -> bool:
    if ZONE.fullmatch(name) is None:
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _header(query: Query, options: CsvOptions) -> str:
    alone = len(query.fields) == 1
    return options.delimiter.join(_cell(_title(one, options), options, alone=alone) for one in query.fields)


def _title(field: Field, options: CsvOptions) -> str:
    if field.name in options.titles:
        return options.titles[field.name]
    if options.header_names == "names" or options.language is None:
        return field.name
    return field.labels.get(options.language, field.name)


def _cell(text: str, options: CsvOptions, *, alone: bool) -> str:
    if options.spreadsheet and text.startswith(FORMULA_STARTS):
        text = f"'{text}"
    empty = not text and (alone or options.quoting is not Quoting.SPARSE)
    if empty or any(sign in text for sign in (options.delimiter, '"', "\r", "\n")) or options.quoting is Quoting.ALL:
        return '"' + text.replace('"', '""') + '"'
    return text
