"""A request for an export, from its JSON to the words of the core; pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from offtake.core.error import InvalidRequest
from offtake.core.export import ExportRequest, Selection
from offtake.core.filter import Condition
from offtake.core.kind import Kind
from offtake.core.limits import Split, Window
from offtake.core.target import Callback, Target
from offtake.core.tenant import Scope
from offtake.service.endpoints import check_bare_url
from offtake.web.dialects.native.callbacks import INCLUDE_LINKS
from offtake.web.dialects.native.reading import body_of, idempotency_key, moment
from offtake.web.dialects.native.wire import ExportAsked, SelectionAsked, WindowAsked
from offtake.web.dialects.native.wire_delivering import TargetAsked
from offtake.web.dialects.native.wire_telling import CallbackAsked, Tellable
from offtake.web.message import Request
from offtake.web.webhooks import check_secret

KIND = "native"


def export_request(request: Request) -> ExportRequest:
    """What a POST asks for; raises InvalidRequest naming the member at fault, and its kin."""
    asked = body_of(request, ExportAsked)
    return ExportRequest(
        selections=_selections(asked),
        format=asked.format,
        compression=asked.compression,
        options=asked.options,
        split=Split(rows=asked.split.rows, bytes=asked.split.bytes) if asked.split else Split(),
        dialect=KIND,
        recipients=asked.encrypt_to,
        client_reference=asked.client_reference,
        idempotency_key=idempotency_key(request),
        callbacks=(_callback(asked.callback),) if asked.callback else (),
        targets=tuple(target_of(one, f"deliver[{place}].") for place, one in enumerate(asked.deliver)),
    )


def target_of(asked: TargetAsked, path: str = "") -> Target:
    """Where files are to be pushed; whether that can be is the service's to say. `path` is where it stands."""
    if asked.type is None and asked.destination is None:
        raise InvalidRequest(
            "No target is named.", field=f"{path}type", cure="Give a 'type' with its 'options', or a 'destination'."
        )
    pauses = asked.retry_seconds
    return Target(
        via=asked.type or "",
        options=asked.options,
        path=asked.path,
        finish=asked.finish,
        on_existing=asked.on_existing,
        retries=None if pauses is None else tuple(timedelta(seconds=one) for one in pauses),
        destination=asked.destination,
    )


def kinds_of(events: Iterable[Tellable]) -> frozenset[Kind]:
    """What is told of, in the words of the core."""
    return frozenset(Kind(one) for one in events)


def telling_options(include_links: bool) -> dict[str, str]:
    """What our teller remembers of an endpoint."""
    return {INCLUDE_LINKS: "true"} if include_links else {}


def _callback(asked: CallbackAsked) -> Callback:
    if asked.secret is None:
        raise InvalidRequest(
            "A callback that nobody signs cannot be trusted.",
            field="callback.secret",
            cure="Give 'whsec_' and the base64 of 24 to 64 random bytes, as 'openssl rand -base64 32' prints them.",
        )
    return Callback(
        url=check_bare_url(asked.url, "callback.url"),
        via=KIND,
        kinds=kinds_of(asked.events),
        secret=check_secret(asked.secret, "callback.secret"),
        options=telling_options(asked.include_links),
    )


def _selections(asked: ExportAsked) -> tuple[Selection, ...]:
    single: Mapping[str, object] = {
        "dataset": asked.dataset,
        "fields": asked.fields,
        "where": asked.where,
        "window": asked.window,
        "scope": asked.scope,
    }
    if asked.selections is not None:
        both = next((name for name, value in single.items() if value), None)
        if both is not None:
            raise InvalidRequest(
                f"'{both}' and 'selections' are both there.",
                field=both,
                cure="Give either 'dataset' with its members, or 'selections' that each have theirs.",
            )
        return tuple(_selection(one, f"selections[{place}].") for place, one in enumerate(asked.selections))
    if asked.dataset is None:
        raise InvalidRequest("Nothing is asked for.", field="dataset", cure="Name a dataset, or give 'selections'.")
    one = SelectionAsked(
        dataset=asked.dataset, fields=asked.fields, where=asked.where, window=asked.window, scope=asked.scope
    )
    return (_selection(one, ""),)


def _selection(asked: SelectionAsked, path: str) -> Selection:
    return Selection(
        dataset=asked.dataset,
        fields=asked.fields,
        where=tuple(Condition(field=one.field, op=one.op, value=one.value) for one in asked.where),
        window=_window(asked.window, path) if asked.window else None,
        scope=_scope(asked.scope, path),
    )


def _scope(asked: Scope, path: str) -> Scope:
    empty = next((dimension for dimension, ids in asked.items() if not ids), None)
    if empty is not None:
        raise InvalidRequest(
            f"The list of ids for '{empty}' is empty.",
            field=f"{path}scope.{empty}",
            cure="Leave the member out to ask for everything in the token's scope.",
        )
    return asked


def _window(asked: WindowAsked, path: str) -> Window:
    return Window(
        start=moment(asked.start, f"{path}window.start") if asked.start is not None else None,
        end=moment(asked.end, f"{path}window.end") if asked.end is not None else None,
    )
