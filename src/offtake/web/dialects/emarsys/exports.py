"""What is asked of the service: exports made, watched, and read a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from offtake.core.dataset import Field
from offtake.core.delivery import Delivery
from offtake.core.error import Internal, NotFound, NotPermitted, Unavailable
from offtake.core.export import Export, ExportRequest, Selection
from offtake.core.kind import DELIVERY_ENDS, ENDS
from offtake.core.lifecycle import State
from offtake.core.limits import OneAtATime, Split
from offtake.core.query import Quoting
from offtake.core.target import Callback, Target
from offtake.core.tenant import Action, Principal
from offtake.service import deliveries, exports, pages, tenants
from offtake.service.house import House
from offtake.service.pages import Page
from offtake.web.dialects.emarsys import asking, paths
from offtake.web.dialects.emarsys.asking import Asked
from offtake.web.dialects.emarsys.callbacks import remembered
from offtake.web.dialects.emarsys.calls import Call
from offtake.web.dialects.emarsys.fields import contact_fields, spoken, titles
from offtake.web.dialects.emarsys.given import members
from offtake.web.dialects.emarsys.moments import written
from offtake.web.dialects.emarsys.options import KIND, Account, Options
from offtake.web.dialects.emarsys.problem import refuse
from offtake.web.dialects.emarsys.servers import Server
from offtake.web.dialects.emarsys.telling import CHANGES
from offtake.web.message import Request
from offtake.web.webhooks import shared_secret

NOT_LOCAL: Final = '"distribution_method" of this export is not compatible.'
IN_PROGRESS: Final = "Export is currently in progress. Please wait until that has finished."
GONE: Final = "Exported data is not available."
NOT_FOUND: Final = "Internal error occurred. File was not found."
NOT_READ: Final = "Server error occurred. Please choose another file."
OVER: Final = frozenset({State.FAILED, State.CANCELLED})


class Memo(msgspec.Struct, kw_only=True, frozen=True):
    """What of a request is told again, kept with the export; dates are local."""

    type: str = CHANGES
    created: str
    file_name: str
    method: str
    host: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An export and where it is being delivered to."""

    export: Export
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, slots=True)
class Exports:
    """The operations, as the options make them."""

    options: Options

    def ask(self, call: Call, house: House, principal: Principal, request: Request) -> int:
        """Ask for an export by one of the calls; its number."""
        dataset = house.datasets.get(call.dataset(self.options))
        if dataset is None or not principal.may_read(dataset.name) or not call.is_served_by(dataset):
            raise NotPermitted("This user may not read these contacts.")
        given = members(request)
        account = self.options.account(principal.tenant.id)
        known = contact_fields(dataset, principal)
        wanted = asking.asked(call, given, self.options, account, known)
        number, _ = exports.request_numbered(
            house, principal, lambda number: self._request(house, principal, wanted, number, dataset.name, known)
        )
        return number

    def watch(self, house: House, principal: Principal, request: Request) -> Watched:
        """The export of the path, whichever of the account's users asked for it."""
        export = _own(house, principal, request, Action.READ)
        return Watched(export=export, deliveries=deliveries.of_export(house, principal, export.id))

    def data(self, house: House, principal: Principal, request: Request) -> Page:
        """The rows that are asked for."""
        export = _own(house, principal, request, Action.DOWNLOAD)
        offset, limit = paths.slice_of(request)
        if memo_of(export).method != "local":
            raise refuse(NOT_LOCAL, status=404, code=4004)
        if export.state in (State.PENDING, State.RUNNING):
            raise refuse(IN_PROGRESS, status=404, code=4005)
        if export.state in OVER:
            raise refuse(NOT_FOUND, status=404, code=4006)
        if export.state is State.EXPIRED or (export.expires_at is not None and house.clock() >= export.expires_at):
            raise refuse(GONE, status=410, code=4003)
        try:
            return pages.page(house, export, offset, limit)
        except NotFound:
            raise refuse(NOT_FOUND, status=404, code=4006) from None
        except (Internal, Unavailable):
            raise refuse(NOT_READ, status=500, code=4007) from None

    def _request(
        self, house: House, principal: Principal, wanted: Asked, number: int, dataset: str, known: Sequence[Field]
    ) -> ExportRequest:
        account = self.options.account(principal.tenant.id)
        memo = _memo(wanted, number, house.clock(), account)
        return ExportRequest(
            selections=(Selection(dataset=dataset, fields=wanted.columns, where=wanted.where),),
            format="csv",
            options={
                "delimiter": wanted.delimiter,
                "quoting": Quoting.SPARSE.value,
                "header": wanted.header,
                "titles": titles(wanted.columns, known, wanted.language),
                "language": spoken([one for one in known if one.name in wanted.columns], wanted.language),
                "timestamps": "spaced",
                "time_zone": account.zone,
                "line_end": self.options.line_end,
            },
            split=Split(whole=True),
            paged=True,
            dialect=KIND,
            reference=str(number),
            retention=self.options.file_life,
            one_at_a_time=OneAtATime(key=f"{KIND}/{principal.user}/{_digest(house, wanted)}"),
            memo=msgspec.to_builtins(memo),
            callbacks=self._callbacks(house, principal, wanted, memo, number),
            targets=self._targets(wanted, memo),
        )

    def _callbacks(
        self, house: House, principal: Principal, wanted: Asked, memo: Memo, number: int
    ) -> tuple[Callback, ...]:
        if wanted.notification_url is None:
            return ()
        kinds = ENDS if wanted.server is None else DELIVERY_ENDS
        told = remembered(
            number=str(number),
            type=memo.type,
            created=memo.created,
            file_name=memo.file_name,
            host=memo.host,
            folder=memo.folder,
        )
        own = self.options.notification_secrets.get(principal.tenant.id)
        secret = own or shared_secret(tenants.user_secret(house, principal))
        callback = Callback(url=wanted.notification_url, via=KIND, kinds=kinds, secret=secret, options=told)
        return (callback,)

    def _targets(self, wanted: Asked, memo: Memo) -> tuple[Target, ...]:
        server = wanted.server
        if server is None:
            return ()
        options = {
            "host": server.host,
            "port": server.port,
            "username": server.username,
            "password": server.password,
            "directory": server.folder,
            **self._trust(wanted.method, server),
        }
        retries = (self.options.ftp_pause,) * self.options.ftp_retries
        return (Target(via=wanted.method, options=options, path=memo.file_name, retries=retries, once=True),)

    def _trust(self, method: str, server: Server) -> dict[str, str]:
        if method == "ftp":
            return {"tls": self.options.ftp_tls}
        key = self.options.sftp_host_key(server.host)
        assert key is not None
        return {"host_key": key}


def memo_of(export: Export) -> Memo:
    """What was kept of the request."""
    return msgspec.convert(export.request.memo, Memo)


def _own(house: House, principal: Principal, request: Request, action: Action) -> Export:
    """The export of the path, whichever of the account's users asked for it."""
    principal.require(action)
    return exports.known_as(house, principal, KIND, paths.export_id(request.values.get("id", "")), action).export


def _memo(wanted: Asked, number: int, created: datetime, account: Account) -> Memo:
    local = written(created, account.zone)
    day = local[:10].replace("-", "_")
    server = wanted.server
    return Memo(
        type=wanted.type,
        created=local,
        file_name=f"export_{number}_1_{wanted.language}-{day}.csv",
        method=wanted.method,
        host=server.host if server else "",
        folder=server.folder if server else "",
    )


def _digest(house: House, wanted: Asked) -> str:
    """A keyed digest of all that was asked for, passwords included: equal requests have equal ones."""
    text = msgspec.json.encode(msgspec.to_builtins(wanted), order="deterministic").decode()
    return house.tokens.digest(text).hex()
