"""Endpoints, messages, tries, deliveries and destinations for the suite of the control store."""

from dataclasses import replace
from datetime import timedelta

from offtake.core.callback import Endpoint, EndpointId, Message, MessageId, MessageState, Sealed, Secret, Try
from offtake.core.delivery import Delivery, DeliveryId, DeliveryState, Destination
from offtake.core.error import Trouble
from offtake.core.kind import ENDS, Kind
from offtake.core.ports import Control
from offtake.core.target import DEFAULT_PATH, Finish, OnExisting
from offtake.core.tenant import TenantId
from offtake.testing.conformance.control_samples import HOUR, MINE, NOON, export


def endpoint(name: str = "e", *, tenant: TenantId = MINE, **more: object) -> Endpoint:
    """A registered endpoint whose id is its name."""
    plain = Endpoint(
        id=EndpointId(name),
        tenant_id=tenant,
        via="native",
        url="https://hooks.example/é?a=1",
        kinds=ENDS,
        options={"method": "PUT"},
        secrets=(Secret(sealed=Sealed(b"\0new\xff")), Secret(sealed=Sealed(b"old"), until=NOON + HOUR)),
        description="Ours",
        created_at=NOON,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def message(name: str = "m", *, tenant: TenantId = MINE, **more: object) -> Message:
    """A waiting message whose id is its name, of the first export, to the first endpoint."""
    plain = Message(
        id=MessageId(name),
        endpoint_id=endpoint().id,
        tenant_id=tenant,
        export_id=export().id,
        kind=Kind.SUCCEEDED,
        at=NOON,
        data={"rows": 2**40, "note": "é", "none": None},
        lane="mine hooks.example:443",
        state=MessageState.WAITING,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def tried(subject: str = "m", number: int = 1, **more: object) -> Try:
    """A try that failed."""
    plain = Try(
        subject=subject,
        number=number,
        at=NOON,
        seconds=0.125,
        status=503,
        answer="No.",
        trouble=Trouble.BAD_ANSWER,
        reason="The server answered 503.",
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def delivery(name: str = "d", *, tenant: TenantId = MINE, **more: object) -> Delivery:
    """A waiting delivery whose id is its name, of the first export."""
    plain = Delivery(
        id=DeliveryId(name),
        tenant_id=tenant,
        export_id=export().id,
        via="sftp",
        options={"host": "files.example", "port": 22, "keys": ["a", "b"], "deep": {"x": None, "y": 1.5}},
        sealed=Sealed(b"\0sealed\xff"),
        path=DEFAULT_PATH,
        finish=Finish.MANIFEST,
        on_existing=OnExisting.REFUSE,
        retries=(timedelta(0), timedelta(microseconds=1), timedelta(days=3, seconds=1)),
        destination="archive",
        state=DeliveryState.WAITING,
        created_at=NOON,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def destination(name: str = "archive", *, tenant: TenantId = MINE, **more: object) -> Destination:
    """A target that is stored under the name."""
    plain = Destination(
        tenant_id=tenant,
        name=name,
        via="ftp",
        options={"host": "files.example", "tls": True},
        sealed=Sealed(b"sealed"),
        created_at=NOON,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def tell(control: Control, *messages: Message) -> list[Message]:
    """Store messages and return them with their sequences."""
    with control.transaction() as tx:
        for one in messages:
            tx.messages.add(one)
        return [found for one in messages if (found := tx.messages.get(one.id, None))]


def deliver(control: Control, *deliveries: Delivery) -> None:
    """Store deliveries."""
    with control.transaction() as tx:
        for one in deliveries:
            tx.deliveries.add(one)
