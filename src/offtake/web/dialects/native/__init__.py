"""Offtake's own REST API, `/v1`."""

from collections.abc import Mapping
from typing import Final

from offtake.core.error import ExportError
from offtake.core.limits import RateRule
from offtake.core.tenant import Principal
from offtake.service.house import Policy
from offtake.web.dialect import Dialect
from offtake.web.dialects.native import (
    datasets,
    deliveries,
    destinations,
    endpoints,
    errors,
    exports,
    files,
    messages,
    openapi,
)
from offtake.web.dialects.native.asking import KIND
from offtake.web.dialects.native.callbacks import TELLER
from offtake.web.dialects.native.documents import Documents
from offtake.web.dialects.native.reading import bearer

STATUS: Final[Mapping[type[ExportError], int]] = {kind: status for kind, (status, _) in errors.TABLE.items()}
"""Error to status, of every error there is."""


def rate(policy: Policy, principal: Principal) -> RateRule:
    """A burst of requests, and as many again in the time that the account's rate takes for them."""
    per_second = principal.tenant.requests_per_second or policy.requests_per_second
    burst = max(1, policy.burst)
    return RateRule(requests=burst, seconds=burst / per_second, per_tenant=True)


ROOMS: Final = (datasets, exports, files, deliveries, destinations, endpoints, messages)
"""The operations, in the order of the reference."""

DIALECT: Final = Dialect(
    kind=KIND,
    title="Offtake",
    roots=("/v1",),
    operations=Documents([one for room in ROOMS for one in room.OPERATIONS]).operations,
    present=bearer,
    rate=rate,
    error=errors.render,
    teller=TELLER,
)


def document(base_url: str) -> Mapping[str, object]:
    """The OpenAPI document of a server that is reached at `base_url`, as plain values."""
    return openapi.document(DIALECT.operations, base_url)
