"""How the DIDWW dialect tells: to the letter of the published vectors, by a reader of its own, and really sent."""

import asyncio
import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from offtake.core.callback import Answer, MessageState, Notice, Outgoing
from offtake.core.dataset import Dataset, Field, FieldType, Op, Table
from offtake.core.error import Internal
from offtake.core.export import Export, ExportId, ExportRequest, Selection
from offtake.core.kind import Kind
from offtake.core.lifecycle import State
from offtake.core.ports import TELLING, MessagePage
from offtake.core.tenant import Compared, KeyId, TenantId
from offtake.egress.way_out import WayOut
from offtake.formats.csv import FORMAT
from offtake.service import endpoints, exports, runs, tenants
from offtake.testing.asgi import Client
from offtake.testing.house import Stage, build
from offtake.testing.receivers import Received, ok, receiver
from offtake.web.dialects.didww import dialect
from offtake.web.dialects.didww.asking import reachable
from offtake.web.dialects.didww.callbacks import TELLER, signature
from offtake.web.dialects.didww.columns import IN_2021, IN_2026
from offtake.web.dialects.didww.options import Options
from offtake.web.server import Server
from offtake.worker.call_back import CallBack

AT = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OLD, MIDDLE, NEW = "2021-12-15", "2022-05-10", "2026-04-16"
FORM = "application/x-www-form-urlencoded"


def notice(url: str, method: str, *, key: str = KEY, export: str = "e-1", file: str | None = None) -> Notice:
    """As the service makes one of a callback that was asked for with that URL."""
    place, fragment = reachable(url)
    options = {"method": method, "fragment": fragment, **({"url": file} if file else {})}
    made = Export(
        id=ExportId(export),
        tenant_id=TenantId("acme"),
        key_id=KeyId("k"),
        request=ExportRequest(selections=(Selection(dataset="calls_in"),), format="csv", dialect="didww"),
        state=State.SUCCEEDED,
        created_at=AT,
    )
    return Notice(
        message_id="m",  # type: ignore[arg-type]
        kind=Kind.SUCCEEDED,
        at=AT,
        data={},
        export=made,
        url=place,
        options=options,
        secrets=(key,),
    )


def sent(url: str, method: str, **more: str) -> Outgoing:
    return TELLER.request(notice(url, method, **more), AT)


@pytest.mark.parametrize(
    ("key", "url", "told", "expected"),
    [
        (
            "szrdgh6547umt7tht7xbqhj6g9gdbyp7",
            "https://mycompany.com/didww_callbacks?opaque=123",
            {"type": "orders", "id": "bf2cee72-6caa-4ae2-917e-bea01945691e", "status": "completed"},
            "30f66e9d72eb5e193051fd02952f70d8e934b4ff",
        ),
        (
            "SOMEAPIKEY",
            "http://example.com/callback.php?id=7ae7c48f-d48a-499f-9dc1-c9217014b457&reject_reason=&status=approved"
            "&type=address_verifications",
            {
                "status": "approved",
                "id": "7ae7c48f-d48a-499f-9dc1-c9217014b457",
                "type": "address_verifications",
                "reject_reason": None,
            },
            "18050028b6b22d0ed516706fba1c1af8d6a8f9d5",
        ),
        (
            "SOMEAPIKEY",
            "https://foo.com/bar",
            {"status": "completed", "id": "1dd7a68b-e235-402b-8912-fe73ee14243a", "type": "orders"},
            "f26a771c302319a7094accbe2989bad67fff2928",
        ),
    ],
)
def test_the_published_vectors(key: str, url: str, told: Mapping[str, str | None], expected: str) -> None:
    assert signature(key, url, told) == expected


def test_the_vector_of_a_get_to_a_url_without_a_path() -> None:
    outgoing = sent("http://example.com", "get", key="demo-key-1", export="0c9f6d1e-2b47-4f3a-9a55-8d1e7b6c5a40")
    told = "id=0c9f6d1e-2b47-4f3a-9a55-8d1e7b6c5a40&status=completed&type=exports"
    assert outgoing == Outgoing(
        method="GET",
        url=f"http://example.com/?{told}",
        headers={
            "User-Agent": f"Offtake/{version('offtake')}",
            "X-DIDWW-Signature": "7e9d6c8dfaf76b99bca067a065f0cafffba6553e",
        },
    )


def test_the_vector_of_a_post_that_names_the_file() -> None:
    file = "https://exports.acme.example/v3/exports/5e2b8a10-77c4-4d0b-8f6e-1a2b3c4d5e6f.csv.gz"
    export = "7f0d1c52-6b8f-4a53-9d53-0f6d1c0b9a10"
    outgoing = sent("https://client.example/hook?k=1", "post", key="demo-key-1", export=export, file=file)
    assert (outgoing.method, outgoing.url) == ("POST", "https://client.example/hook?k=1")
    assert outgoing.headers == {
        "User-Agent": f"Offtake/{version('offtake')}",
        "Content-Type": FORM,
        "X-DIDWW-Signature": "f4c3afbf5ba23fed005b9751a447aeefd1cfd2c7",
    }
    assert outgoing.body.decode() == (
        f"id={export}&status=completed&type=exports"
        "&url=https%3A%2F%2Fexports.acme.example%2Fv3%2Fexports%2F5e2b8a10-77c4-4d0b-8f6e-1a2b3c4d5e6f.csv.gz"
    )


TOLD = "id=e-1&status=completed&type=exports"
PAYLOAD = "ide-1statuscompletedtypeexports"


@pytest.mark.parametrize(
    ("asked", "get", "signed_get", "post", "signed_post"),
    [
        ("http://a.example", f"/?{TOLD}", f"http://a.example:80/?{TOLD}", "/", "http://a.example:80/"),
        ("https://a.example/x", f"/x?{TOLD}", f"https://a.example:443/x?{TOLD}", "/x", "https://a.example:443/x"),
        (
            "http://a.example/x?b=%2F&a[]=1",
            f"/x?b=%2F&a[]=1&{TOLD}",
            f"http://a.example:80/x?b=%2F&a[]=1&{TOLD}",
            "/x?b=%2F&a[]=1",
            "http://a.example:80/x?b=%2F&a[]=1",
        ),
        (
            "http://a.example?z=1",
            f"/?z=1&{TOLD}",
            f"http://a.example:80/?z=1&{TOLD}",
            "/?z=1",
            "http://a.example:80/?z=1",
        ),
        (
            "http://a.example/x?id=own#part?no",
            f"/x?id=own&{TOLD}",
            f"http://a.example:80/x?id=own&{TOLD}#part?no",
            "/x?id=own",
            "http://a.example:80/x?id=own#part?no",
        ),
        ("http://a.example/x#", f"/x?{TOLD}", f"http://a.example:80/x?{TOLD}", "/x", "http://a.example:80/x"),
        (
            "https://a.example:443/%7Ex//y",
            f"/%7Ex//y?{TOLD}",
            f"https://a.example:443/%7Ex//y?{TOLD}",
            "/%7Ex//y",
            "https://a.example:443/%7Ex//y",
        ),
        ("http://a.example:8080/", f"/?{TOLD}", f"http://a.example:8080/?{TOLD}", "/", "http://a.example:8080/"),
        ("http://[::1]/x", f"/x?{TOLD}", f"http://[::1]:80/x?{TOLD}", "/x", "http://[::1]:80/x"),
        ("http://[::1]:81/x", f"/x?{TOLD}", f"http://[::1]:81/x?{TOLD}", "/x", "http://[::1]:81/x"),
        ("a.example/x", f"/x?{TOLD}", f"http://a.example:80/x?{TOLD}", "/x", "http://a.example:80/x"),
        ("a.example:81", f"/?{TOLD}", f"http://a.example:81/?{TOLD}", "/", "http://a.example:81/"),
        ("HTTPS://A.Example:/X", f"/X?{TOLD}", f"https://a.example:443/X?{TOLD}", "/X", "https://a.example:443/X"),
        (
            "https://User:P%40ss@A.example/x",
            f"/x?{TOLD}",
            f"https://User:P%40ss@a.example:443/x?{TOLD}",
            "/x",
            "https://User:P%40ss@a.example:443/x",
        ),
        (
            "a.example?next=https://b.example/",
            f"/?next=https://b.example/&{TOLD}",
            f"http://a.example:80/?next=https://b.example/&{TOLD}",
            "/?next=https://b.example/",
            "http://a.example:80/?next=https://b.example/",
        ),
    ],
)
def test_where_it_goes_and_what_is_signed(asked: str, get: str, signed_get: str, post: str, signed_post: str) -> None:
    for method, target, signed in (("get", get, signed_get), ("post", post, signed_post)):
        outgoing = sent(asked, method)
        assert "/" + outgoing.url.split("//", 1)[1].partition("/")[2] == target
        assert "#" not in outgoing.url
        expected = hmac.digest(KEY.encode(), (signed + PAYLOAD).encode(), "sha1").hex()
        assert outgoing.headers["X-DIDWW-Signature"] == expected
        assert outgoing.body == (b"" if method == "get" else TOLD.encode())


def test_a_name_and_password_are_signed_as_they_are() -> None:
    expected = hmac.digest(b"k", b"http://u:p@a.example:80/xa1", "sha1").hex()
    assert signature("k", "http://u:p@a.example/x", {"a": "1"}) == expected


def test_ten_attempts_over_four_days_a_minute_for_each() -> None:
    minutes = [1, 10, 30, 60, 180, 360, 720, 1440, 2880]
    assert [one / timedelta(minutes=1) for one in TELLER.ladder] == minutes
    assert (TELLER.timeout, TELLER.jitter) == (timedelta(seconds=60), 0)
    assert all(TELLER.accepts(status) for status in (200, 201, 204, 298))
    assert not any(TELLER.accepts(status) for status in (199, 300, 301, 302, 304, 307, 400, 404, 500, 503))


@dataclass
class Shaky:
    """An egress whose other end answers one status after the other, and 200 afterwards."""

    statuses: list[int] = field(default_factory=list)
    had: list[Outgoing] = field(default_factory=list)

    async def send(self, outgoing: Outgoing, within: timedelta) -> Answer:
        assert within == timedelta(seconds=60)
        self.had.append(outgoing)
        return Answer(status=self.statuses.pop(0) if self.statuses else 200, headers={}, body=b"")


@dataclass(frozen=True)
class Scene:
    """A house, a server of the dialect over it, and the tasks that tell."""

    stage: Stage
    server: Server

    def ask(self, release: str = NEW, *, key: str = KEY, **attributes: object) -> str:
        old, new = {"year": "2026", "month": "11"}, {"from": "2026-11-01 00:00:00", "to": "2026-11-02 00:00:00"}
        filters = new if release == NEW else old
        body = {"data": {"type": "exports", "attributes": {"export_type": "cdr_in", "filters": filters, **attributes}}}
        headers = {"api-key": key, "content-type": "application/vnd.api+json", "x-didww-api-version": release}
        answer = Client(self.server)("POST", "/v3/exports", headers, body)
        assert answer.status == 201, answer.body
        return answer.text("data", "id")

    def file(self, export: str) -> str:
        answer = Client(self.server)("GET", f"/v3/exports/{export}", {"api-key": KEY})
        return answer.text("data", "attributes", "url")

    def succeed(self, export: str) -> None:
        self.stage.succeed(export, {"calls.csv.gz": b"1\n"})

    def work(self, egress: object) -> list[timedelta]:
        """Tell all that is queued, whatever its delay; return the delays."""
        tasks = [one for one in self.stage.engine.tasks if one.work in TELLING]
        self.stage.engine.tasks.clear()
        for task in tasks:
            self.stage.clock.advance(task.delay)
            asyncio.run(CallBack(self.stage.house, egress)(task.subject))  # type: ignore[arg-type]
        return [one.delay for one in tasks]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[[Options], Scene]]:
    fields = tuple(
        Field(
            name=name,
            type=FieldType.TIMESTAMP if name.endswith("_at") else FieldType.TEXT,
            column=name,
            ops=frozenset({Op.EQ}),
        )
        for name in {**IN_2021, **IN_2026}
    )
    calls = Dataset(
        name="calls_in",
        source="switch",
        relation=Table(name="calls_in"),
        key=("call_id",),
        scope={"tenant": "account"},
        change="start_at",
        fields=fields,
    )
    stage = build(tmp_path, datasets=[calls], formats={"csv": FORMAT})
    stage.clock.now = datetime(2026, 11, 22, tzinfo=UTC)
    stage.tenant("acme", {"tenant": ("acme",)})
    stage.token("acme", kind="didww", secret=KEY)
    servers: list[Server] = []

    def scene(options: Options) -> Scene:
        servers.append(Server(stage.house, [dialect(options)]))
        return Scene(stage, servers[-1])

    yield scene
    for one in servers:
        one.close()
    stage.close()


def is_genuine(received: Received, key: str, told: Mapping[str, str]) -> bool:
    """Whether a receiver believes it, who rebuilds the URL from what arrived; its port is one that `Host` names."""
    url = f"http://{received.headers['host']}{received.target}"
    text = url + "".join(name + told[name] for name in sorted(told))
    return received.headers["x-didww-signature"] == hmac.new(key.encode(), text.encode(), "sha1").hexdigest()


def test_each_method_really_sent_is_believed_by_a_receiver(scene: Callable[[Options], Scene]) -> None:
    stands = scene(Options())
    way_out = WayOut(["127.0.0.0/8"])
    for release in (OLD, MIDDLE, NEW):
        for method in ("get", "POST", None):
            with receiver(ok()) as place:
                url = f"{place.url}?own=a%20b" if method is None else place.url.removesuffix("/hook")
                export = stands.ask(release, callback_url=url, callback_method=method)
                stands.succeed(export)
                stands.work(way_out)
                (received,) = place.requests
            told = {"id": export, "status": "completed", "type": "exports"}
            if release == NEW:
                told["url"] = stands.file(export)
            if method == "get":
                path, _, query = received.target.partition("?")
                assert (received.method, path, parse_qsl(query), received.body) == ("GET", "/", [*told.items()], b"")
                assert "content-type" not in received.headers
            else:
                assert received.method == "POST"
                assert received.target == ("/" if method else "/hook?own=a%20b")
                assert received.headers["content-type"] == FORM
                assert parse_qsl(received.body.decode()) == [*told.items()]
            assert is_genuine(received, KEY, told)
            assert not is_genuine(received, "another", told)
    way_out.close()


def test_the_key_is_that_which_asked_or_the_accounts_secret(scene: Callable[[Options], Scene]) -> None:
    plain, with_secret = scene(Options()), scene(Options(callback_secrets={"acme": "s3cret", "globex": "other"}))
    second = plain.stage.token("acme", kind="didww")
    for stands, key, signed_by in (
        (plain, KEY, KEY),
        (plain, second, second),
        (plain, f"{second}, {second}", second),
        (with_secret, second, "s3cret"),
    ):
        shaky = Shaky()
        export = stands.ask(OLD, key=key, callback_url="https://a.example/x")
        stands.succeed(export)
        stands.work(shaky)
        (outgoing,) = shaky.had
        text = f"https://a.example:443/xid{export}statuscompletedtypeexports"
        assert outgoing.headers["X-DIDWW-Signature"] == hmac.new(signed_by.encode(), text.encode(), "sha1").hexdigest()


def test_it_is_told_ten_times_in_all_and_then_dropped(scene: Callable[[Options], Scene]) -> None:
    stands = scene(Options())
    stands.succeed(stands.ask(callback_url="https://a.example/x"))
    shaky = Shaky([500, 302, 404, 301, 503, 400, 199, 307, 429, 500])
    delays = []
    while found := stands.work(shaky):
        delays += found
    minutes = [0, 1, 10, 30, 60, 180, 360, 720, 1440, 2880]
    assert [one / timedelta(minutes=1) for one in delays] == minutes
    assert len({(one.url, one.body, *one.headers.items()) for one in shaky.had}) == 1
    principal = tenants.authenticate(stands.stage.house, "didww", Compared(secret=KEY))
    (message,) = endpoints.messages(stands.stage.house, principal, MessagePage(limit=10))
    assert message.state is MessageState.FAILED


def test_it_is_told_once_when_it_was_heard(scene: Callable[[Options], Scene]) -> None:
    stands = scene(Options())
    stands.succeed(stands.ask(callback_url="https://a.example/x"))
    shaky = Shaky([500])
    while stands.work(shaky):
        pass
    assert len(shaky.had) == 2


def test_nothing_is_told_but_completion_and_nothing_without_a_url(scene: Callable[[Options], Scene]) -> None:
    stands = scene(Options())
    house = stands.stage.house
    failed, cancelled, running = (stands.ask(callback_url="https://a.example/x") for _ in range(3))
    runs.fail(house, stands.stage.start(failed), Internal("It broke."))
    exports.cancel(house, tenants.authenticate(house, "didww", Compared(secret=KEY)), cancelled)
    stands.stage.start(running)
    for more in ({}, {"callback_method": "post"}, {"callback_url": ""}):
        stands.succeed(stands.ask(**more))
    assert stands.work(Shaky()) == []
