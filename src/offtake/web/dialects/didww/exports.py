"""What is asked of the service: exports made, found, listed, changed and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from offtake.core.dataset import FieldType
from offtake.core.error import InvalidRequest, NoSuchOperation, NotFound
from offtake.core.export import Export, ExportRequest, Outline, Selection
from offtake.core.filter import Condition, canonical
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.limits import Split
from offtake.core.ports import Listing
from offtake.core.target import Callback
from offtake.core.tenant import Principal
from offtake.service import downloads, exports
from offtake.service.downloads import Download
from offtake.service.house import House
from offtake.web.dialects.didww import asking, querying, reading
from offtake.web.dialects.didww.asking import REFERENCE, Asked, reachable
from offtake.web.dialects.didww.callbacks import FILE_URL, FRAGMENT, METHOD
from offtake.web.dialects.didww.columns import columns
from offtake.web.dialects.didww.filters import Rules
from offtake.web.dialects.didww.options import KIND, Calls, Options, Version
from offtake.web.dialects.didww.querying import Query
from offtake.web.dialects.didww.refusal import invalid, malformed, refuse
from offtake.web.message import Request

FILES: Final = "/v3/exports/"
NOBODY: Final[Mapping[FieldType, str | int]] = {
    FieldType.UUID: "00000000-0000-0000-0000-000000000000",
    FieldType.INTEGER: -(2**63),
}
"""What is the number or the trunk of no call, by types that not every text can be."""

SHOWN: Final[Mapping[State, int]] = {State.SUCCEEDED: 0, State.PENDING: 1, State.RUNNING: 2, State.FAILED: 2}
"""The states that have a status, in the order of its words. A failed export is one that goes on for ever."""


class Memo(msgspec.Struct, kw_only=True, frozen=True):
    """What of a request is shown again, kept with the export."""

    version: Version
    calls: Calls
    filters: dict[str, str | int]
    callback_url: str | None = None
    callback_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """An export in the words of a version; `query` says which of its attributes."""

    export: Export
    version: Version
    query: Query
    is_new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """A page of exports in the words of a version."""

    exports: Sequence[Outline]
    total: int
    version: Version
    query: Query


@dataclass(frozen=True, slots=True)
class Exports:
    """The operations, as the options make them."""

    options: Options

    def create(self, house: House, principal: Principal, request: Request) -> One:
        """Ask for an export."""
        version = self._version(principal, request)
        query = querying.query(request, version, listing=False)
        given = reading.resource(request.body)
        if given.id is not None:
            raise refuse(malformed("105", "Param not allowed", "id is not allowed."))
        rules = Rules(
            version=version,
            months=self.options.months(principal.tenant.id),
            needs_trunk=version is Version.Y2021 and self.options.require_voice_out_trunk,
            now=request.received_at,
        )
        ask = self._request(house, principal, request, asking.asked(given.attributes, rules), version)
        try:
            export = exports.request(house, principal, ask).export
        except (NotFound, InvalidRequest) as problem:
            raise refuse(invalid(_attribute(problem), "is invalid")) from None
        return One(export=export, version=version, query=query, is_new=True)

    def find(self, house: House, principal: Principal, request: Request) -> One:
        """The export of the path."""
        version = self._version(principal, request)
        query = querying.query(request, version, listing=False)
        return One(export=self._own(house, principal, request), version=version, query=query)

    def list(self, house: House, principal: Principal, request: Request) -> Many:
        """A page of the account's exports."""
        version = self._version(principal, request)
        query = querying.query(request, version, listing=True)
        listing = Listing(
            dialect=KIND,
            offset=query.offset,
            limit=query.size,
            ranks=SHOWN,
            now=house.clock(),
            order=query.order,
            client_reference=query.reference,
            ids=query.ids,
        )
        found = exports.listed(house, principal, listing)
        return Many(exports=found.exports, total=found.total, version=version, query=query)

    def change(self, house: House, principal: Principal, request: Request) -> One:
        """Give the export another reference."""
        version = self._version(principal, request)
        if not version.is_new:
            raise NoSuchOperation("Exports of this version cannot be changed.")
        reading.writing(request)
        query = querying.query(request, version, listing=False)
        export = self._own(house, principal, request)
        given = reading.resource(request.body)
        if given.id is None:
            raise refuse(malformed("109", "A key is required", "The resource object does not contain a key."))
        if given.id.lower() != export.id:
            problem = malformed("110", "Key is not included in URL", f"The URL does not support the key {given.id}")
            raise refuse(problem)
        wanted = asking.changed(given.attributes)
        if REFERENCE in wanted:
            export = exports.rename(house, principal, export.id, wanted[REFERENCE])
        return One(export=export, version=version, query=query)

    def delete(self, house: House, principal: Principal, request: Request) -> None:
        """Cancel the export, or remove it with its file."""
        exports.delete(house, principal, self._own(house, principal, request).id)

    def file(self, house: House, principal: Principal, request: Request) -> tuple[str, Download]:
        """The file of the path, with its export."""
        export = exports.known_as(house, principal, KIND, request.values["file"].lower()).export
        if not _is_shown(export, house):
            raise NotFound("There is no such file.")
        return export.id, downloads.fetch_only(house, principal, export)

    def _version(self, principal: Principal, request: Request) -> Version:
        return reading.version(request, self.options.version(principal.tenant.id, principal.key_id))

    def _own(self, house: House, principal: Principal, request: Request) -> Export:
        export_id = request.values["id"]
        export = exports.get(house, principal, export_id.lower()).export
        if export.request.dialect != KIND or not _is_shown(export, house):
            raise NotFound("There is no such export.", field="id")
        return export

    def _request(
        self, house: House, principal: Principal, request: Request, asked: Asked, version: Version
    ) -> ExportRequest:
        titles, dataset, reference = columns(asked.calls, version), self.options.dataset(asked.calls), house.new_id()
        memo = Memo(
            version=version,
            calls=asked.calls,
            filters=dict(asked.filters.shown),
            callback_url=asked.callback_url,
            callback_method=asked.callback_method,
        )
        return ExportRequest(
            selections=(
                Selection(
                    dataset=dataset,
                    fields=tuple(titles),
                    where=tuple(_possible(house, dataset, one) for one in asked.filters.where),
                    window=asked.filters.window,
                ),
            ),
            format="csv",
            compression="gzip",
            options={"titles": dict(titles), "timestamps": "spaced", "line_end": "lf"},
            split=Split(whole=True),
            dialect=KIND,
            reference=reference,
            client_reference=asked.reference,
            retention_months=self.options.file_months,
            memo=msgspec.to_builtins(memo),
            callbacks=self._callbacks(principal, request, asked, version, reference),
        )

    def _callbacks(
        self, principal: Principal, request: Request, asked: Asked, version: Version, reference: str
    ) -> tuple[Callback, ...]:
        if asked.callback_url is None:
            return ()
        url, fragment = reachable(asked.callback_url)
        options = {METHOD: asked.callback_method or "post", FRAGMENT: fragment}
        if version.is_new:
            options[FILE_URL] = file_url(request, reference)
        secret = self.options.callback_secrets.get(principal.tenant.id) or reading.api_key(request)
        return (Callback(url=url, via=KIND, kinds=frozenset({Kind.SUCCEEDED}), secret=secret, options=options),)


def file_url(request: Request, reference: str) -> str:
    """Where the file of an export is."""
    return f"{request.base_url}{FILES}{reference}.csv.gz"


def _is_shown(export: Export, house: House) -> bool:
    return export.state in SHOWN and (export.expires_at is None or house.clock() < export.expires_at)


def _possible(house: House, dataset: str, condition: Condition) -> Condition:
    """The condition; where it asks for what can be no number or trunk, one that no call meets."""
    field = house.datasets[dataset].field(condition.field) if dataset in house.datasets else None
    if field is None or field.type not in NOBODY:
        return condition
    try:
        canonical(field.type, condition.value, condition.field)
    except InvalidRequest:
        return replace(condition, value=NOBODY[field.type])
    return condition


def _attribute(problem: NotFound | InvalidRequest) -> str:
    """The attribute that the service complains of: what a dataset lacks is not there to be exported."""
    field = problem.field or ""
    if field.startswith("callback"):
        return "callback_url"
    return "filters" if field.startswith(("where", "window")) else "export_type"
