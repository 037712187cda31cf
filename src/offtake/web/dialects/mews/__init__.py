"""The Mews Connector API's exports: `exports/add`, `exports/getAll`, and the files behind their links.

The wire form is described in the vendor's public documentation of the Connector API, "Exports"; where that is silent,
what we chose is written down in docs/how-to/serve-mews-clients.md.
"""

from collections.abc import Callable
from typing import Final

from offtake.core.error import AlreadyRunning, Gone, LimitExceeded, MalformedRequest, NotFound, RequestTooLarge
from offtake.core.tenant import Action
from offtake.web.dialect import AnyOperation, Dialect, Documented, Issue, keyed, public, steady
from offtake.web.dialects.mews import errors, files, reading
from offtake.web.dialects.mews.exports import Exports
from offtake.web.dialects.mews.options import KIND, Options
from offtake.web.dialects.mews.telling import Added, All

ROOT: Final = "/api/connector/v1"


def dialect(options: object) -> Dialect:
    """The dialect as its options make it."""
    assert isinstance(options, Options)

    return Dialect(
        kind=KIND,
        title="Mews Connector",
        roots=("/api/connector", "/exports"),
        operations=_operations(Exports(options)),
        present=reading.present,
        rate=steady(options.requests, options.request_window),
        error=errors.render,
        issue=issue,
        options=Options,
        configure=dialect,
    )


def issue(random: Callable[[int], bytes], partner: str | None) -> Issue:
    """An access token, and a client token where none is given, in the vendor's look."""
    client, access = partner or _token(random), _token(random)
    return Issue(secret=access, partner=client, shown={"client_token": client, "access_token": access})


def _token(random: Callable[[int], bytes]) -> str:
    digits = random(32).hex().upper()
    return f"{digits[:32]}-{digits[32:63]}"


def _operations(exports: Exports) -> tuple[AnyOperation, ...]:
    refused = (MalformedRequest, RequestTooLarge, LimitExceeded)
    return (
        keyed(
            "add_export",
            "POST",
            f"{ROOT}/exports/add",
            parse=reading.add_asked,
            call=exports.add,
            render=exports.added,
            document=Documented(
                summary="Ask for an export of an entity type",
                reply_type=Added,
                errors=(*refused, AlreadyRunning),
            ),
            action=Action.EXPORT,
        ),
        keyed(
            "get_all_exports",
            "POST",
            f"{ROOT}/exports/getAll",
            parse=reading.export_ids,
            call=exports.get_all,
            render=exports.got,
            document=Documented(summary="Show exports, their files with fresh links", reply_type=All, errors=refused),
            action=Action.READ,
        ),
        public(
            "get_export_file",
            "GET",
            "/exports/{file}",
            parse=files.place,
            call=files.fetch,
            render=files.render,
            document=Documented(
                summary="Fetch a file by its link", reply_media_type=files.MEDIA_TYPE, errors=(NotFound, Gone)
            ),
            signed=True,
        ),
    )


DIALECT: Final = dialect(Options())
