"""The API's own documents: `/v1/openapi.json` and `/v1/docs`, made of the table that the router reads too."""

from collections.abc import Sequence

import msgspec

from offtake.service.house import House
from offtake.web.dialect import AnyOperation, Context, Documented, public
from offtake.web.dialects.native.openapi import document
from offtake.web.dialects.native.page import page, policy
from offtake.web.dialects.native.reading import query
from offtake.web.message import Reply, Request


class Documents:
    """The two documents over the other operations and themselves."""

    def __init__(self, others: Sequence[AnyOperation]) -> None:
        self.operations: tuple[AnyOperation, ...] = (*others, self._openapi(), self._docs())

    def _openapi(self) -> AnyOperation:
        return public(
            "get_openapi",
            "GET",
            "/v1/openapi.json",
            parse=_without_query,
            call=_nothing,
            render=self._render_openapi,
            document=Documented(summary="Show this document"),
        )

    def _docs(self) -> AnyOperation:
        return public(
            "get_docs",
            "GET",
            "/v1/docs",
            parse=_without_query,
            call=_nothing,
            render=self._render_docs,
            document=Documented(summary="Show the reference page", reply_media_type="text/html"),
        )

    def _render_openapi(self, context: Context, _: None) -> Reply:
        content = msgspec.json.encode(document(self.operations, context.request.base_url))
        return Reply(status=200, body=content, headers={"Content-Type": "application/json"})

    def _render_docs(self, context: Context, _: None) -> Reply:
        described = msgspec.convert(document(self.operations, context.request.base_url), _Described)
        return Reply(
            status=200,
            body=page(self.operations, described.components.schemas).encode(),
            headers={"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy()},
        )


class _Components(msgspec.Struct):
    schemas: dict[str, dict[str, object]]


class _Described(msgspec.Struct):
    components: _Components


def _without_query(request: Request) -> None:
    query(request)


def _nothing(_: House, __: None) -> None:
    return None
