"""The DIDWW API v3's exports: call records asked for, watched, fetched, and told of when they are ready.

The wire form is described in the vendor's public documentation of the API, "Exports", in JSON:API 1.0; where that is
silent, what we chose is written down in docs/how-to/serve-didww-clients.md.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from offtake.core.error import (
    ExportError,
    InvalidRequest,
    LimitExceeded,
    MalformedRequest,
    NotAcceptable,
    NotFound,
    WrongMediaType,
)
from offtake.web.dialect import AnyOperation, Dialect, Documented, Issue, keyed, steady
from offtake.web.dialects.didww import errors, reading, telling
from offtake.web.dialects.didww.callbacks import TELLER
from offtake.web.dialects.didww.exports import Exports
from offtake.web.dialects.didww.options import KIND, Options
from offtake.web.dialects.didww.reading import MEDIA_TYPE

ROOT: Final = "/v3"
EXPORTS: Final = f"{ROOT}/exports"
KEY_BYTES: Final = 16

KEY: Final = ("Api-Key", "the account's key")
VERSION: Final = ("X-DIDWW-API-Version", "the API version of this request")
READ: Final = (LimitExceeded, NotAcceptable, InvalidRequest)
WRITTEN: Final = (*READ, MalformedRequest, WrongMediaType)


def dialect(options: object) -> Dialect:
    """The dialect as its options make it."""
    assert isinstance(options, Options)

    return Dialect(
        kind=KIND,
        title="DIDWW",
        roots=(ROOT,),
        operations=_operations(Exports(options)),
        present=reading.present,
        rate=steady(options.requests, options.request_window),
        error=partial(errors.render, options),
        issue=issue,
        teller=TELLER,
        options=Options,
        configure=dialect,
    )


def issue(random: Callable[[int], bytes], _: str | None) -> Issue:
    """An API key in the vendor's look."""
    key = random(KEY_BYTES).hex()
    return Issue(secret=key, shown={"api_key": key})


def _operations(exports: Exports) -> tuple[AnyOperation, ...]:
    return (
        keyed(
            "list_call_exports",
            "GET",
            EXPORTS,
            parse=reading.acceptable,
            call=exports.list,
            render=telling.many,
            document=_documented("List exports, a page at a time", READ),
        ),
        keyed(
            "create_call_export",
            "POST",
            EXPORTS,
            parse=reading.writing,
            call=exports.create,
            render=telling.one,
            document=_documented("Ask for an export of call records", WRITTEN, 201),
        ),
        keyed(
            "get_call_file",
            "GET",
            f"{EXPORTS}/{{file}}{errors.FILE}",
            parse=reading.whole,
            call=exports.file,
            render=telling.file,
            document=Documented(
                summary="Fetch a file",
                reply_media_type=telling.FILE_MEDIA_TYPE,
                headers=(KEY,),
                errors=(LimitExceeded, NotFound),
            ),
        ),
        *_on_one(exports),
    )


def _on_one(exports: Exports) -> tuple[AnyOperation, ...]:
    path = f"{EXPORTS}/{{id}}"
    delete = keyed(
        "delete_call_export",
        "DELETE",
        path,
        parse=reading.acceptable,
        call=exports.delete,
        render=telling.deleted,
        document=_documented("Cancel an export, or remove it with its file", (*READ, NotFound), 204),
    )
    return (
        keyed(
            "get_call_export",
            "GET",
            path,
            parse=reading.acceptable,
            call=exports.find,
            render=telling.one,
            document=_documented("Show an export", (*READ, NotFound)),
        ),
        *(
            keyed(
                name,
                method,
                path,
                parse=reading.whole,
                call=exports.change,
                render=telling.one,
                document=_documented("Give an export another reference", (*WRITTEN, NotFound)),
            )
            for name, method in (("change_call_export", "PATCH"), ("put_call_export", "PUT"))
        ),
        *((delete,) if exports.options.allow_delete else ()),
    )


def _documented(summary: str, problems: tuple[type[ExportError], ...], status: int = 200) -> Documented:
    return Documented(
        summary=summary,
        reply_status=status,
        reply_media_type=MEDIA_TYPE,
        headers=(KEY, VERSION),
        errors=problems,
    )


DIALECT: Final = dialect(Options())
