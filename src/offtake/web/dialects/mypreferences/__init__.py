"""The MyPreferences exports of PossibleNOW, in three generations of its interface.

Generation A exports by customer id, by segment and by schedule, B by segment, C by segment group and by segment. The
wire form is described in the vendor's public documentation of its asynchronous interface; where that is silent, what we
chose is written down in docs/how-to/serve-mypreferences-clients.md.
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
from offtake.core.tenant import Names
from offtake.service import exports as service
from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Dialect, Documented, Issue, keyed, steady
from offtake.web.dialects.mypreferences import errors, replying, signing, telling
from offtake.web.dialects.mypreferences.callbacks import TELLER
from offtake.web.dialects.mypreferences.exports import Block, Exports, Job, Kinds
from offtake.web.dialects.mypreferences.options import KIND, ROOTS, Generation, JobKind, Options, check, generation_of
from offtake.web.dialects.mypreferences.replying import content_type, document, is_xml
from offtake.web.dialects.mypreferences.rules import RULES
from offtake.web.message import Reply, Request

STATUS_TYPES: Final[Mapping[Generation, str]] = {
    Generation.A: "AsyncTokenStatus",
    Generation.B: "AsyncApiDataExportStatusResult",
    Generation.C: "AsyncApiDataExportStatusResult",
}
SECRET_BYTES: Final = 24

SIGNED: Final = ("Authorization", "PNAUTHINFO3-HMAC-SHA256 Credential=user/time Signature=...")
READ: Final[tuple[type[ExportError], ...]] = (LimitExceeded, InvalidRequest, NotFound, NotPermitted)
WRITTEN: Final[tuple[type[ExportError], ...]] = (*READ, MalformedRequest, WrongMediaType)
DAYS: Final = (("startDate", str, "changed from then on"), ("endDate", str, "changed until then"))
KEPT: Final = (("keepFiles", bool, "keep the files"),)
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
        roots=_roots(options),
        operations=(*_generation_a(exports), *_generation_b(exports), *_generation_c(exports, options)),
        present=partial(signing.present, options),
        rate=steady(options.requests, options.request_window),
        error=errors.render,
        issue=issue,
        names=Names.ACCOUNT,
        teller=TELLER,
        body_bytes=options.body_bytes,
        any_case=True,
        options=Options,
        configure=dialect,
    )


def _roots(options: Options) -> tuple[str, ...]:
    """Those of the original, and what the operator's own paths begin with."""
    paths = (
        *options.v4_initiate,
        *options.v4_initiate_segment,
        *options.v4_status,
        *options.v4_data,
        *options.v4_commit,
    )
    return tuple(dict.fromkeys(("/API", "/Profiles", *filter(None, (one.partition("/{")[0] for one in paths)))))


def issue(random: Callable[[int], bytes], _: str | None) -> Issue:
    """A user's shared secret."""
    secret = random(SECRET_BYTES).hex()
    return Issue(secret=secret, shown={"secret": secret})


def _generation_a(exports: Exports) -> Iterator[AnyOperation]:
    root = f"{ROOTS[Generation.A]}/{{client}}"
    kinds = (
        (JobKind.CUSTOMERS, "CID", "", "/{token}"),
        (JobKind.SEGMENT_A, "Segment", "/{segment_or_token}", "/{segment_or_token}"),
        (JobKind.SCHEDULE, "Schedule", "/{schedule_or_token}", "/{schedule_or_token}"),
    )
    yield _watched(exports, "get_status_a", f"{root}/status/Token/{{token}}", [kind for kind, *_ in kinds])
    for kind, word, subject, token in kinds:
        place, name = f"{root}/export/{word}", f"{word.lower()}_a"
        yield _begun_at(exports, f"begin_{name}", place + subject, kind)
        yield _ended(exports, f"commit_{name}", f"{place}/Commit/{{token}}", [kind])
        yield _read(exports, f"get_{name}", place + token, [kind])


def _generation_b(exports: Exports) -> Iterator[AnyOperation]:
    root, kinds = f"{ROOTS[Generation.B]}/{{client}}/Export", [JobKind.SEGMENT_B]
    yield _begun_at(exports, "begin_segment_b", f"{root}/Segment/{{segment}}", JobKind.SEGMENT_B)
    yield _watched(exports, "get_status_b", f"{root}/{{token}}/Status", kinds)
    yield _ended(exports, "commit_b", f"{root}/{{token}}/Commit", kinds)
    yield _read(exports, "get_block_b", f"{root}/{{token}}", kinds)


def _generation_c(exports: Exports, options: Options) -> Iterator[AnyOperation]:
    kinds = [JobKind.GROUP, JobKind.SEGMENT_C]
    for number, path in enumerate(options.v4_initiate, start=1):
        yield _begun_at(exports, f"begin_group_c_{number}", path, JobKind.GROUP)
    for number, path in enumerate(options.v4_initiate_segment, start=1):
        yield _begun_at(exports, f"begin_segment_c_{number}", path, JobKind.SEGMENT_C)
    for number, path in enumerate(options.v4_status, start=1):
        yield _watched(exports, f"get_status_c_{number}", path, kinds)
    for number, path in enumerate(options.v4_commit, start=1):
        yield _ended(exports, f"commit_c_{number}", path, kinds)
    for number, path in enumerate(options.v4_data, start=1):
        yield _read(exports, f"get_block_c_{number}", path, kinds)


def _begun_at(exports: Exports, name: str, path: str, kind: JobKind) -> AnyOperation:
    rules = RULES[kind]
    described = Documented(
        summary=rules.summary, headers=(SIGNED,), query=DAYS if rules.has_days else (), errors=WRITTEN
    )
    return keyed(name, "POST", path, parse=_same, call=partial(exports.begin, kind), render=_begun, document=described)


def _watched(exports: Exports, name: str, path: str, kinds: Kinds) -> AnyOperation:
    described = Documented(summary="Show a job", headers=(SIGNED,), errors=READ)
    return keyed(name, "GET", path, parse=_same, call=partial(exports.watch, kinds), render=_status, document=described)


def _ended(exports: Exports, name: str, path: str, kinds: Kinds) -> AnyOperation:
    described = Documented(summary="End a job", headers=(SIGNED,), query=KEPT, errors=READ)
    return keyed(
        name, "POST", path, parse=_same, call=partial(exports.commit, kinds), render=_committed, document=described
    )


def _read(exports: Exports, name: str, path: str, kinds: Kinds) -> AnyOperation:
    described = Documented(summary="Read rows", headers=(SIGNED,), query=PAGE, errors=READ)
    return keyed(name, "GET", path, parse=_same, call=partial(exports.block, kinds), render=_block, document=described)


def _same(request: Request) -> Request:
    return request


def _begun(context: Context, token: int) -> Reply:
    return _reply(context, "AsyncToken", {"AccessToken": token})


def _status(context: Context, job: Job) -> Reply:
    name = STATUS_TYPES[generation_of(context.request.path)]
    return _reply(context, name, telling.status(job.export, job.word, job.token, job.size))


def _committed(context: Context, _: None) -> Reply:
    return Reply(status=200, headers={"Cache-Control": "no-store"})


def _block(context: Context, block: Block) -> Reply:
    def had(house: House) -> None:
        service.acknowledge(house, block.export)

    members: dict[str, object] = {
        **block.beside,
        "Count": block.page.count,
        "HasMore": block.has_more,
        "Limit": block.limit,
        "Offset": block.first,
        "TotalResults": block.page.total,
    }
    body = _with_rows(context, members, block)
    return Reply(status=200, body=body, headers=content_type(context), on_sent=had if block.ends else None)


def _with_rows(context: Context, members: Mapping[str, object], block: Block) -> bytes:
    """The document with the rows in it: as text, so that no number is bent, or each made into elements."""
    rules = block.rules
    if is_xml(context):
        return document(context, rules.result, {**members, rules.rows: replying.rows(block.rows)})
    head = msgspec.json.encode(members)[:-1]
    return b"%s,%s:[%s]}" % (head, msgspec.json.encode(rules.rows), block.rows.rstrip(b"\n").replace(b"\n", b","))


def _reply(context: Context, name: str, members: Mapping[str, object]) -> Reply:
    return Reply(status=200, body=document(context, name, members), headers=content_type(context))


DIALECT: Final = dialect(Options())
