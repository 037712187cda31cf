"""The Emarsys API v2's exports of contacts: those that changed or registered, of lists and of segments; told of,
delivered, or read a page at a time.

The wire form is described in the vendor's public documentation of the API, "Exporting Changes"; where that is silent,
what we chose is written down in docs/how-to/serve-emarsys-clients.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from offtake.core.error import ExportError, InvalidRequest, LimitExceeded, MalformedRequest, NotPermitted
from offtake.core.tenant import Action, Names, Principal
from offtake.service.house import House
from offtake.service.pages import Page
from offtake.web.dialect import AnyOperation, Context, Dialect, Documented, Issue, Operation, keyed, public, steady
from offtake.web.dialects.emarsys import errors, tokens
from offtake.web.dialects.emarsys.callbacks import TELLER
from offtake.web.dialects.emarsys.calls import CALLS
from offtake.web.dialects.emarsys.exports import Exports, Watched, memo_of
from offtake.web.dialects.emarsys.lookups import LookUps, Told
from offtake.web.dialects.emarsys.options import KIND, Options, check
from offtake.web.dialects.emarsys.proofs import BEARER, CLIENT, SIGNED, Proof, present
from offtake.web.dialects.emarsys.replying import MEDIA_TYPE, Envelope, headers, reply
from offtake.web.dialects.emarsys.telling import Status, word
from offtake.web.message import Reply, Request, Spliced

HEALTH: Final = "/healthcheck"
VERSIONS: Final = ((SIGNED, ""), (BEARER, "_v3"))
"""How each version's requests are proved, and what marks the names of its operations."""

CSV: Final = "text/csv;charset=UTF-8"
SECRET_BYTES: Final = 10

COMMON: Final[tuple[type[ExportError], ...]] = (LimitExceeded, InvalidRequest)


def dialect(options: object) -> Dialect:
    """The dialect as its options make it."""
    assert isinstance(options, Options)
    check(options)

    return Dialect(
        kind=KIND,
        title="Emarsys",
        roots=(SIGNED.root, BEARER.root, CLIENT.root, HEALTH),
        operations=tuple(_operations(options)),
        present=partial(present, once=options.refuse_replays),
        rate=steady(options.requests, options.request_window),
        error=partial(errors.render, options),
        issue=issue,
        names=Names.SERVER,
        teller=TELLER,
        body_bytes=options.body_bytes,
        options=Options,
        configure=dialect,
    )


def issue(random: Callable[[int], bytes], _: str | None) -> Issue:
    """An API user's secret in the vendor's look."""
    secret = random(SECRET_BYTES).hex()
    return Issue(secret=secret, shown={"secret": secret})


def _operations(options: Options) -> Iterator[AnyOperation]:
    for proof, mark in VERSIONS:
        for one in (*_asking(options, proof), *_looking(options, proof)):
            yield replace(one, name=f"{one.name}{mark}")
    yield keyed(
        "get_token",
        "POST",
        CLIENT.root,
        parse=tokens.wanted,
        call=tokens.Tokens(options).grant,
        render=lambda context, granted: reply(options, context, granted),
        document=_documented("Ask for a bearer token", COMMON, CLIENT),
    )
    for name, path in (("get_health", HEALTH), ("get_health_slash", f"{HEALTH}/")):
        yield public(
            name,
            "GET",
            path,
            parse=_same,
            call=_healthy,
            render=lambda context, _: reply(options, context, Envelope()),
            document=Documented(summary="Tell that the server is there", reply_media_type=MEDIA_TYPE),
        )


def _asking(options: Options, proof: Proof) -> Iterator[Operation]:
    exports = Exports(options)

    def told(context: Context, found: Watched) -> Reply:
        memo, status = memo_of(found.export), word(found.export, found.deliveries)
        shown = Status(
            id=str(found.export.request.reference),
            created=memo.created,
            status=status,
            type=memo.type,
            file_name=memo.file_name if status == "done" else None,
            ftp_host=memo.host,
            ftp_dir=memo.folder,
        )
        return reply(options, context, Envelope(data=shown))

    def rows(context: Context, page: Page) -> Reply:
        described = {**headers(options, context), "Content-Type": CSV}
        return Reply(status=200, body=Spliced(pieces=(*page.header, *page.slices)), headers=described)

    for call in CALLS:
        yield keyed(
            call.name,
            "POST",
            f"{proof.root}/{call.path}",
            parse=_same,
            call=partial(exports.ask, call),
            render=lambda context, number: reply(options, context, Envelope(data={"id": number})),
            document=_documented(call.summary, (*COMMON, MalformedRequest, NotPermitted), proof),
            action=Action.EXPORT,
        )
    data = f"{proof.root}/export/{{id}}/data"
    unnamed = _forms("get_contact_data_unnamed", f"{proof.root}/export//data")
    for name, path in (*_forms("get_contact_data", data), *unnamed):
        document = _documented("Read an export's rows", (*COMMON, NotPermitted), proof, media_type=CSV)
        yield keyed(
            name, "GET", path, parse=_same, call=exports.data, render=rows, document=document, action=Action.DOWNLOAD
        )
    for name, path in (
        *_forms("get_contact_export", f"{proof.root}/export/{{id}}"),
        ("get_contact_export_unnamed", f"{proof.root}/export"),
        ("get_contact_export_unnamed_slash", f"{proof.root}/export/"),
        ("get_contact_export_unnamed_slashes", f"{proof.root}/export//"),
    ):
        document = _documented("Show an export", (*COMMON, NotPermitted), proof)
        yield keyed(
            name, "GET", path, parse=_same, call=exports.watch, render=told, document=document, action=Action.READ
        )


def _looking(options: Options, proof: Proof) -> Iterator[Operation]:
    look = LookUps(options)
    table: tuple[tuple[str, str, Callable[[House, Principal, Request], Told], str], ...] = (
        ("get_settings", "settings", look.settings, "Show the account"),
        ("list_field_choices", "field/choices", look.choices_of_many, "List the choices of several fields"),
        ("list_fields_in", "field/translate/{language}", look.fields, "List the contact fields in a language"),
        ("list_choices_in", "field/{id}/choice/translate/{language}", look.choices, "List choices in a language"),
        ("list_choices", "field/{id}/choice", look.choices, "List the choices of a field"),
        ("list_fields", "field", look.fields, "List the contact fields"),
        ("list_forms", "form", look.forms, "List the forms"),
        ("list_sources", "source", look.sources, "List the API sources"),
        ("count_contact_list", "contactlist/{id}/count", look.contact_list_count, "Count the contacts of a list"),
        ("list_contact_lists", "contactlist", look.contact_lists, "List the contact lists"),
        ("list_segments", "filter", look.segments, "List the segments"),
        ("list_languages_in", "language/translate/{language}", look.languages, "List the languages in a language"),
        ("list_languages", "language", look.languages, "List the languages"),
    )
    for name, path, call, summary in table:
        for full_name, full_path in _forms(name, f"{proof.root}/{path}"):
            yield keyed(
                full_name,
                "GET",
                full_path,
                parse=_same,
                call=call,
                render=lambda context, found: reply(options, context, Envelope(data=found)),
                document=_documented(summary, COMMON, proof),
            )


def _forms(name: str, path: str) -> Iterator[tuple[str, str]]:
    """A path in the forms in which clients send it: as it is, with a slash, and with its query as a segment,
    whose last value may be empty."""
    yield name, path
    yield f"{name}_slash", f"{path}/"
    yield f"{name}_inline", f"{path}/{{name}}={{value}}"
    yield f"{name}_inline_slash", f"{path}/{{name}}={{value}}/"
    yield f"{name}_inline_empty", f"{path}/{{name}}="
    yield f"{name}_inline_empty_slash", f"{path}/{{name}}=/"


def _same(request: Request) -> Request:
    return request


def _healthy(_: House, __: Request) -> None:
    return None


def _documented(
    summary: str, problems: tuple[type[ExportError], ...], proof: Proof, media_type: str = MEDIA_TYPE
) -> Documented:
    return Documented(summary=summary, reply_media_type=media_type, headers=(proof.header,), errors=problems)


DIALECT: Final = dialect(Options())
