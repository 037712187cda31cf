"""The MyPreferences exports of PossibleNOW: by customer id (generation A) and by segment group (generation C).

The wire form is described in the vendor's public documentation of its asynchronous interface; where that is silent,
what we chose is written down in docs/how-to/serve-mypreferences-clients.md.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import msgspec

from offtake.core.error import (
    ExportError,
    InvalidRequest,
    LimitExceeded,
    MalformedRequest,
    NotFound,
    NotPermitted,
    WrongMediaType,
)
from offtake.core.tenant import Names, Principal
from offtake.service import exports as service
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Dialect, Documented, Issue, keyed, steady
from offtake.web.dialects.mypreferences import errors, replying, signing, telling
from offtake.web.dialects.mypreferences.callbacks import TELLER
from offtake.web.dialects.mypreferences.exports import Block, Exports, Job
from offtake.web.dialects.mypreferences.options import KIND, Generation, Options, check
from offtake.web.dialects.mypreferences.replying import content_type, document, generation, is_xml
from offtake.web.message import Reply, Request

ROOT_A: Final = "/API/3/async"
SECRET_BYTES: Final = 24

SIGNED: Final = ("Authorization", "PNAUTHINFO3-HMAC-SHA256 Credential=user/time Signature=...")
READ: Final[tuple[type[ExportError], ...]] = (LimitExceeded, InvalidRequest, NotFound, NotPermitted)
WRITTEN: Final[tuple[type[ExportError], ...]] = (*READ, MalformedRequest, WrongMediaType)
PAGE: Final = (
    ("limit", int, "rows at most; 1000 where not given, 10000 at most"),
    ("offset", int, "the first row, counted from 1"),
    ("keepAlive", bool, "keep the token beyond the last row"),
)


def dialect(options: object) -> Dialect:
    """The dialect as its options make it."""
    assert isinstance(options, Options)

    check(options)
    exports = Exports(options)
    return Dialect(
        kind=KIND,
        title="MyPreferences",
        roots=("/API", "/Profiles"),
        operations=(*_generation_a(exports), *_generation_c(exports, options)),
        present=partial(signing.present, options),
        rate=steady(options.requests, options.request_window),
        error=errors.render,
        issue=issue,
        names=Names.ACCOUNT,
        teller=TELLER,
        any_case=True,
        options=Options,
        configure=dialect,
    )


def issue(random: Callable[[int], bytes], _: str | None) -> Issue:
    """A user's shared secret."""
    secret = random(SECRET_BYTES).hex()
    return Issue(secret=secret, shown={"secret": secret})


def _generation_a(exports: Exports) -> Iterator[AnyOperation]:
    root = f"{ROOT_A}/{{client}}"
    yield keyed(
        "begin_customer_export",
        "POST",
        f"{root}/export/CID",
        parse=_same,
        call=exports.begin_customers,
        render=_begun,
        document=Documented(
            summary="Export the preferences of customers",
            headers=(SIGNED,),
            query=(("startDate", str, "changed from then on"), ("endDate", str, "changed until then")),
            errors=WRITTEN,
        ),
    )
    yield _keyed("get_customer_status", "GET", f"{root}/status/Token/{{token}}", exports.watch, _status, "Show a job")
    yield _keyed(
        "commit_customer_export", "POST", f"{root}/export/CID/Commit/{{token}}", exports.commit, _committed, "End a job"
    )
    yield _keyed("get_customer_block", "GET", f"{root}/export/CID/{{token}}", exports.block, _block, "Read rows")


def _generation_c(exports: Exports, options: Options) -> Iterator[AnyOperation]:
    for number, path in enumerate(options.v4_initiate, start=1):
        yield keyed(
            f"begin_group_export_{number}",
            "POST",
            path,
            parse=_same,
            call=exports.begin_group,
            render=_begun,
            document=Documented(summary="Export a segment group", headers=(SIGNED,), errors=WRITTEN),
        )
    for number, path in enumerate(options.v4_status, start=1):
        yield _keyed(f"get_group_status_{number}", "GET", path, exports.watch, _status, "Show a job")
    for number, path in enumerate(options.v4_commit, start=1):
        yield _keyed(f"commit_group_export_{number}", "POST", path, exports.commit, _committed, "End a job")
    for number, path in enumerate(options.v4_data, start=1):
        yield _keyed(f"get_group_block_{number}", "GET", path, exports.block, _block, "Read rows")


def _keyed(
    name: str,
    method: str,
    path: str,
    call: Callable[[House, Principal, Request], object],
    render: Callable[[Context, object], Reply],
    summary: str,
) -> AnyOperation:
    query = PAGE if render is _block else (("keepFiles", bool, "keep the files"),) if render is _committed else ()
    described = Documented(summary=summary, headers=(SIGNED,), query=query, errors=READ)
    return keyed(name, method, path, parse=_same, call=call, render=render, document=described)


def _same(request: Request) -> Request:
    return request


def _begun(context: Context, token: int) -> Reply:
    return _reply(context, "AsyncToken", {"AccessToken": token})


def _status(context: Context, job: object) -> Reply:
    assert isinstance(job, Job)
    return _reply(context, "AsyncTokenStatus", telling.status(job.export, job.word, job.token, job.size))


def _committed(context: Context, _: object) -> Reply:
    return Reply(status=200, headers={"Cache-Control": "no-store"})


def _block(context: Context, block: object) -> Reply:
    assert isinstance(block, Block)

    def had(house: House) -> None:
        service.acknowledge(house, block.export)

    members: dict[str, object] = {
        "Count": block.page.count,
        "HasMore": block.has_more,
        "Limit": block.limit,
        "Offset": block.first,
        "TotalResults": block.page.total,
    }
    rows = "UserProfilePreferences"
    if generation(context.request) is Generation.A:
        nobody = [{"CID": one, "Message": "No preferences found."} for one in block.nobody]
        members, rows = {"Messages": nobody, **members}, "Preferences"
    body = _with_rows(context, members, rows, block.rows)
    return Reply(status=200, body=body, headers=content_type(context), on_sent=had if block.ends else None)


def _with_rows(context: Context, members: Mapping[str, object], name: str, rows: bytes) -> bytes:
    """The document with the rows in it: as text, so that no number is bent, or each made into elements."""
    if is_xml(context):
        return document(context, "CIDPreferenceResult", {**members, name: replying.rows(rows)})
    head = msgspec.json.encode(members)[:-1]
    return b"%s,%s:[%s]}" % (head, msgspec.json.encode(name), rows.rstrip(b"\n").replace(b"\n", b","))


def _reply(context: Context, name: str, members: Mapping[str, object]) -> Reply:
    return Reply(status=200, body=document(context, name, members), headers=content_type(context))


DIALECT: Final = dialect(Options())
