"""A request for an export, from its JSON to the words of the core; pure."""

from collections.abc import Mapping
from datetime import datetime

from offtake.core.error import InvalidRequest
from offtake.core.export import ExportRequest, Selection
from offtake.core.filter import Condition, instant
from offtake.core.limits import Split, Window
from offtake.web.body import decode, require_json
from offtake.web.dialects.native.reading import idempotency_key, query
from offtake.web.dialects.native.wire import ExportAsked, SelectionAsked, WindowAsked
from offtake.web.message import Request

KIND = "native"


def export_request(request: Request) -> ExportRequest:
    """What a POST asks for; raises InvalidRequest naming the member at fault, and its kin."""
    query(request)
    require_json(request)
    asked = decode(request.body, ExportAsked)
    return ExportRequest(
        selections=_selections(asked),
        format=asked.format,
        compression=asked.compression,
        options=asked.options,
        split=Split(rows=asked.split.rows, bytes=asked.split.bytes) if asked.split else Split(),
        dialect=KIND,
        client_reference=asked.client_reference,
        idempotency_key=idempotency_key(request),
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
        scope=asked.scope,
    )


def _window(asked: WindowAsked, path: str) -> Window:
    return Window(start=_instant(asked.start, f"{path}window.start"), end=_instant(asked.end, f"{path}window.end"))


def _instant(text: str | None, path: str) -> datetime | None:
    if text is None:
        return None
    try:
        return instant(text)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            "This is not an instant.", field=path, cure='Write it like "2024-01-31T13:45:00Z".'
        ) from None
