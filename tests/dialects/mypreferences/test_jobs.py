"""Tokens, where a job stands, its rows by pages, and how it ends; in every kind of job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast

import pytest

from offtake.core.export import Export
from offtake.core.tenant import Principal
from offtake.service import exports, retention, tenants
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Options

ACME, GLOBEX = "ACME_CORP", "globex"
NO_TOKEN = (404, "Invalid access token.")
HALF_A_DAY = timedelta(hours=12)
PAGES = [
    ("", 1000, 1, 25, False),
    ("?limit=&offset=", 1000, 1, 25, False),
    ("?limit=10", 10, 1, 10, True),
    ("?limit=25", 25, 1, 25, False),
    ("?limit=24", 24, 1, 24, True),
    ("?offset=25", 1000, 25, 1, False),
    ("?offset=26", 1000, 26, 0, False),
    ("?offset=999999", 1000, 999999, 0, False),
    ("?limit=10000", 10000, 1, 25, False),
    ("?limit=10001", 10000, 1, 25, False),
    ("?limit=999999999999", 10000, 1, 25, False),
    (f"?limit={'9' * 400}", 10000, 1, 25, False),
    (f"?offset=000{2**31 - 1}", 1000, 2**31 - 1, 0, False),
    (f"?offset=000{2**31}", 1000, 2**31 - 1, 0, False),
    (f"?offset={'9' * 400}", 1000, 2**31 - 1, 0, False),
    ("?LIMIT=5&OffSet=3", 5, 3, 5, True),
    ("?limit=007", 7, 1, 7, True),
    ("?limit=1&limit=2", 2, 1, 2, True),
]
NO_PAGES = {
    "limit": ("0", "-1", "x", "1.5", "1e2", "+1", "%201", "%D9%A1", "0x1", "null"),
    "offset": ("0", "-1", "x", "1.0", "%2B1"),
    "keepAlive": ("1", "0", "yes", "t", "null", "%20true"),
}
Row = dict[str, object]


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


A, B, C = "/API/3/async/{account}", "/Profiles/Async/{account}/Export", "/Profiles/v4/Async/{account}/Export"
PROFILES = "UserProfilePreferences"
KINDS = {
    "A/CID": ("Preferences", A + "/export/CID", A + "/export/CID/{token}"),
    "A/Segment": ("Preferences", A + "/export/Segment/Newsletter", A + "/export/Segment/{token}"),
    "A/Schedule": ("ExportScheduleRows", A + "/export/Schedule/Nightly", A + "/export/Schedule/{token}"),
    "B/Segment": (PROFILES, B + "/Segment/Newsletter", B + "/{token}"),
    "C/SegmentGroup": (PROFILES, C + "/SegmentGroup/Loyalty%20Members", C + "/{token}"),
    "C/Segment": (PROFILES, C + "/Segment/Newsletter", C + "/{token}"),
}
"""By kind of job the member that has the rows, where it is begun, and where its rows are read."""


@dataclass(frozen=True)
class Way:
    """A kind of job as its clients see it."""

    name: str
    send: Callable[..., Answer]

    @property
    def is_a(self) -> bool:
        return self.name.startswith("A")

    @property
    def rows(self) -> str:
        return KINDS[self.name][0]

    @property
    def paths(self) -> tuple[str, str, str]:
        """Of the status, of the rows and of the commit."""
        data = KINDS[self.name][2]
        if self.is_a:
            return A + "/status/Token/{token}", data, data.replace("{token}", "Commit/{token}")
        return data + "/Status", data, data + "/Commit"

    def begin(self, **more: object) -> Answer:
        body = {"CID": ["C-1", "C-2", "C-3"], "CallbackURL": None}
        answer = self.send("POST", KINDS[self.name][1].format(account=ACME), body, **more)
        assert answer.status == 200, answer.body
        return answer

    def status(self, token: object, account: str = ACME, **more: object) -> Answer:
        return self.send("GET", self.paths[0].format(account=account, token=token), account=account, **more)

    def data(self, token: object, query: str = "", account: str = ACME, method: str = "GET", **more: object) -> Answer:
        return self.send(method, self.paths[1].format(account=account, token=token) + query, account=account, **more)

    def commit(self, token: object, query: str = "", account: str = ACME, **more: object) -> Answer:
        return self.send("POST", self.paths[2].format(account=account, token=token) + query, account=account, **more)

    def word(self, token: object) -> str:
        return self.status(token).text("Status")

    def told(self, token: object, word: str, expires: str, rows: int | None, size: int | None) -> Row:
        if not self.is_a:
            return {"AccessToken": token, "Status": word, "RowCount": rows, "ByteCount": size}
        return {"AccessToken": token, "Expires": expires, "Status": word, "RowCount": rows or 0, "ByteCount": size or 0}

    def made(self, number: int) -> list[Row]:
        """Rows as they are stored."""
        return [{"CID": f"C-{n % 2 + 1}", "n": n} if self.is_a else {"ProfileId": n} for n in range(number)]

    def shown(self, number: int) -> list[object]:
        """The same as clients have them."""
        made = self.made(number)
        return [[str(each) for each in one.values()] for one in made] if self.name == "A/Schedule" else [*made]


@pytest.fixture(params=KINDS)
def way(request: pytest.FixtureRequest, send: Callable[..., Answer]) -> Way:
    return Way(request.param, send)


@pytest.fixture
def job(way: Way, finish: Callable[..., Export]) -> int:
    """The token of a job with 25 rows."""
    answer = way.begin()
    finish(answer, way.made(25))
    return cast("int", answer.json()["AccessToken"])


def principal(stage: Stage) -> Principal:
    with stage.control.reading() as tx:
        tenant = tx.tenants.get(ACME)  # type: ignore[arg-type]
    assert tenant is not None
    key = tenants.keys(stage.house, tenant.id)[0]
    return Principal(key_id=key.id, tenant=tenant)


def test_a_job_from_its_beginning_to_its_end(
    stage: Stage, way: Way, finish: Callable[..., Export], export: Callable[..., Export]
) -> None:
    answer = way.begin()
    token = answer.json()["AccessToken"]
    waiting = way.told(token, "Processing", "", None, None)
    assert way.status(token).json() == waiting
    stage.clock.advance(timedelta(minutes=1))
    other = way.begin()
    stage.start(export(other).id)
    assert way.status(other.json()["AccessToken"]).json() == {**waiting, "AccessToken": other.json()["AccessToken"]}
    done = finish(answer, way.made(3))
    size = done.parts[0].bytes
    complete = way.told(token, "Complete", "2024-01-02T15:05:05Z", 3, size)
    assert way.status(token).json() == complete
    stage.clock.advance(HALF_A_DAY - timedelta(seconds=1))
    assert way.status(token).json() == complete
    assert way.data(token, "?keepAlive=true").status == 200
    stage.clock.advance(timedelta(seconds=1))
    expired = {**complete, "Status": "Expired"}
    assert way.status(token).json() == expired
    assert said(way.data(token)) == NO_TOKEN
    assert said(way.commit(token, "?keepFiles=true")) == NO_TOKEN
    retention.expire(stage.house)
    assert way.status(token).json() == expired
    assert said(way.data(token)) == NO_TOKEN


def test_members_in_their_order(way: Way, job: int) -> None:
    expires = ["Expires"] if way.is_a else []
    assert list(way.status(job).json()) == ["AccessToken", *expires, "Status", "RowCount", "ByteCount"]


def test_a_job_that_could_not_be_executed(
    stage: Stage, way: Way, fail: Callable[..., None], export: Callable[..., Export]
) -> None:
    failed, cancelled = way.begin(), way.begin()
    fail(failed)
    exports.cancel(stage.house, principal(stage), export(cancelled).id)
    for one in (failed, cancelled):
        token = one.json()["AccessToken"]
        told = way.told(token, "Error", "2024-01-02T15:04:05Z", None, None)
        assert way.status(token).json() == told
        assert said(way.data(token)) == (400, "Export failed.")
        assert said(way.commit(token, "?keepFiles=true")) == (400, "Export failed.")


def test_too_early(stage: Stage, way: Way, export: Callable[..., Export]) -> None:
    answer = way.begin()
    token = answer.json()["AccessToken"]
    for _ in range(2):
        assert said(way.data(token)) == (400, "Export is still processing.")
        assert said(way.commit(token, "?keepFiles=true")) == (400, "Export is still processing.")
        if way.word(token) == "Processing" and export(answer).attempt == 0:
            stage.start(export(answer).id)


def test_what_an_operator_removed_is_expired(stage: Stage, way: Way, job: int, export: Callable[..., Export]) -> None:
    exports.delete(stage.house, principal(stage), export(job).id)
    assert way.word(job) == "Expired"
    assert said(way.data(job)) == NO_TOKEN


def test_tokens_that_are_not_there(way: Way, job: int) -> None:
    for token in (
        "0",
        "-1",
        "+1",
        f"0{job}",
        f"{job}.0",
        f"{job}x",
        f"%20{job}",
        f"{job}%20",
        "x",
        "1e5",
        "null",
        "9" * 10,
        "9" * 40,
        str(2**31),
        str(2**63),
        "%D9%A1",
        "00000000-0000-4000-8000-000000000000",
        "%00"[:0] + "'",
        "*",
    ):
        answers = [way.status(token), way.data(token), way.commit(token, "?keepFiles=true")]
        assert [said(one) for one in answers] == [NO_TOKEN] * 3, token


def test_a_foreign_token_is_like_one_that_never_was(way: Way, job: int) -> None:
    for asked in (way.status, way.data, lambda token, **more: way.commit(token, "?keepFiles=false", **more)):
        foreign, never = asked(job, account=GLOBEX), asked(1 if job > 1 else 2, account=GLOBEX)
        assert (foreign.status, foreign.body) == (never.status, never.body) == (404, never.body)
        assert sorted(foreign.headers) == sorted(never.headers)
    assert way.word(job) == "Complete"


def test_another_user_of_the_account_sees_it(way: Way, job: int) -> None:
    assert way.status(job, user="front/desk").text("Status") == "Complete"
    assert way.data(job, user="John Doe").status == 200


def test_a_token_is_answered_on_the_paths_of_its_own_kind(way: Way, job: int, send: Callable[..., Answer]) -> None:
    assert way.data(job, "?keepAlive=true").status == 200
    for other in (Way(name, send) for name in KINDS):
        asked: tuple[Callable[..., Answer], ...]
        asked = (other.status, other.data, partial(other.commit, query="?keepFiles=false"))
        for mine, path, ask in zip(way.paths, other.paths, asked, strict=True):
            if path != mine:
                assert said(ask(job)) == NO_TOKEN, (other.name, path)
    assert way.word(job) == "Complete"


@pytest.mark.parametrize("begun", ["SegmentGroup/Loyalty%20Members", "Segment/Newsletter"])
def test_generation_c_is_found_without_async_too(
    send: Callable[..., Answer], finish: Callable[..., Export], begun: str
) -> None:
    answer = send("POST", f"/Profiles/v4/{ACME}/Export/{begun}")
    finish(answer, [{"ProfileId": 1}])
    root = f"/Profiles/v4/{ACME}/Export/{answer.json()['AccessToken']}"
    assert send("GET", f"{root}/Status").json()["RowCount"] == 1
    assert send("GET", f"{root}?keepAlive=true").json()["Count"] == 1
    assert send("POST", f"{root}/Commit?keepFiles=false").status == 200
    assert send("GET", f"{root}/Status").json()["Status"] == "Retrieved"


def test_pages_together_are_all_rows(way: Way, job: int) -> None:
    rows: list[object] = []
    for offset in range(1, 26, 7):
        page = way.data(job, f"?limit=7&offset={offset}&keepAlive=true").json()
        found = cast("list[object]", page[way.rows])
        assert {name: page[name] for name in ("Count", "HasMore", "Limit", "Offset", "TotalResults")} == {
            "Count": len(found), "HasMore": offset < 22, "Limit": 7, "Offset": offset, "TotalResults": 25,
        }  # fmt: skip
        rows += found
    assert rows == way.shown(25)


def test_which_rows(way: Way, job: int) -> None:
    for query, limit, offset, count, more in PAGES:
        page = way.data(job, query + ("&" if query else "?") + "keepAlive=true").json()
        shown = tuple(page[one] for one in ("Limit", "Offset", "Count", "HasMore", "TotalResults"))
        assert shown == (limit, offset, count, more, 25), query
        assert page[way.rows] == way.shown(25)[offset - 1 : offset - 1 + limit]


def test_what_no_page_has(way: Way, job: int) -> None:
    for name, values in NO_PAGES.items():
        for value in values:
            assert said(way.data(job, f"?{name}={value}")) == (400, f"Invalid value for {name}."), value
    assert way.word(job) == "Complete"


def test_the_last_block_ends_the_token(way: Way, job: int) -> None:
    assert way.data(job, "?limit=24").json()["HasMore"] is True
    assert way.data(job, "?limit=10&offset=5").json()["HasMore"] is True
    assert way.word(job) == "Complete", "no block but the last ends it"
    before = way.status(job).json()
    assert way.data(job, "?limit=24&offset=25&keepAlive=FALSE").json()["HasMore"] is False
    assert way.status(job).json() == {**before, "Status": "Retrieved"}
    assert said(way.data(job)) == NO_TOKEN
    assert said(way.data(job, "?keepAlive=true")) == NO_TOKEN


def test_the_last_block_may_be_empty(way: Way, job: int) -> None:
    page = way.data(job, "?offset=26").json()
    assert (page["Count"], page["HasMore"], page[way.rows]) == (0, False, [])
    assert way.word(job) == "Retrieved"


def test_a_job_without_rows(way: Way, finish: Callable[..., Export]) -> None:
    answer = way.begin()
    finish(answer, [])
    token = answer.json()["AccessToken"]
    assert way.status(token).json() == way.told(token, "Complete", "2024-01-02T15:04:05Z", 0, 0)
    page = way.data(token).json()
    assert (page["Count"], page["TotalResults"], page["HasMore"], page[way.rows]) == (0, 0, False, [])
    assert way.word(token) == "Retrieved"


def test_a_token_kept_alive_stays(way: Way, job: int) -> None:
    for word in ("true", "TRUE", "True"):
        assert way.data(job, f"?keepAlive={word}").json()["HasMore"] is False
    assert way.word(job) == "Complete"


def test_to_ask_for_the_head_ends_nothing(way: Way, job: int) -> None:
    assert (way.data(job, method="HEAD").status, way.data(job, method="HEAD").body) == (200, b"")
    assert way.word(job) == "Complete"


def test_a_later_commit_lets_kept_files_go(stage: Stage, way: Way, job: int, export: Callable[..., Export]) -> None:
    before = way.status(job).json()
    for query, kept in (("?keepFiles=true", True), ("?keepFiles=false", False), ("?keepFiles=true", False)):
        assert way.commit(job, query).status == 200
        assert bool(list(stage.house.storage.locations(export(job).id))) is kept
        assert way.status(job).json() == {**before, "Status": "Retrieved"}


@pytest.mark.parametrize(
    ("query", "kept"), [("?keepFiles=true", True), ("?keepFiles=FALSE", False), ("?KEEPFILES=False", False)]
)
def test_a_commit(stage: Stage, way: Way, job: int, export: Callable[..., Export], query: str, kept: bool) -> None:
    before = way.status(job).json()
    stage.clock.advance(timedelta(minutes=5))
    for _ in range(2):
        answer = way.commit(job, query)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0")
        assert "content-type" not in answer.headers
    assert way.status(job).json() == {**before, "Status": "Retrieved"}, "nothing else changed, `Expires` least of all"
    assert said(way.data(job, "?keepAlive=true")) == NO_TOKEN
    found = export(job)
    assert bool(found.parts) is kept
    assert bool(list(stage.house.storage.locations(found.id))) is kept
    stage.clock.advance(timedelta(days=1))
    retention.expire(stage.house)
    assert way.word(job) == "Retrieved"
    assert way.commit(job, query).status == 200


def test_whether_files_are_kept_must_be_said_but_for_groups(
    stage: Stage, way: Way, job: int, export: Callable[..., Export]
) -> None:
    answer = way.commit(job)
    if way.name != "C/SegmentGroup":
        assert said(answer) == (400, "Missing value for keepFiles.")
        assert said(way.commit(job, "?keepFiles=")) == (400, "Missing value for keepFiles.")
        assert way.word(job) == "Complete"
    else:
        assert answer.status == 200
        assert export(job).parts == ()
    for wrong in ("1", "no", "null"):
        assert said(way.commit(job, f"?keepFiles={wrong}")) == (400, "Invalid value for keepFiles.")


def test_a_commit_after_pages_kept_alive(way: Way, job: int) -> None:
    for offset in (1, 11, 21):
        assert way.data(job, f"?limit=10&offset={offset}&keepAlive=true").status == 200
    assert way.commit(job, "?keepFiles=false").status == 200
    assert way.word(job) == "Retrieved"


def test_how_long_a_token_works_is_a_setting(
    stage: Stage, way: Way, serve: Callable[[Options], Client], finish: Callable[..., Export]
) -> None:
    settings = Account(segment_groups=("Loyalty Members",), segments=("Newsletter",), schedules={"Nightly": "nightly"})
    accounts = {ACME: settings}
    client = serve(Options(accounts=accounts, token_life=timedelta(minutes=30)))
    answer = way.begin(to=client)
    finish(answer, way.made(1))
    token = answer.json()["AccessToken"]
    for minutes, word in ((29, "Complete"), (1, "Expired")):
        stage.clock.advance(timedelta(minutes=minutes))
        told = way.status(token, to=client).json()
        assert told["Status"] == word
        assert told.get("Expires", "2024-01-02T03:34:05Z") == "2024-01-02T03:34:05Z"


def test_customers_without_rows_are_named_in_the_first_block(
    send: Callable[..., Answer], ask: Callable[..., Answer], finish: Callable[..., Export]
) -> None:
    answer = ask(CID=["C-9", "C-2", "C-1", "c-2", "C-9", "<ü>"])
    finish(answer, [{"CID": "C-2", "n": n} for n in range(3)], ["C-2"])
    target = f"/API/3/async/{ACME}/export/CID/{answer.json()['AccessToken']}?keepAlive=true&limit=2"
    first, again, second, beyond = (send("GET", f"{target}&offset={one}").json() for one in (1, 1, 3, 99))
    assert first["Messages"] == [
        {"CID": one, "Message": "No preferences found."} for one in ("C-9", "C-1", "c-2", "<ü>")
    ]
    assert again == first
    assert [second["Messages"], beyond["Messages"]] == [[], []]
    assert list(first) == ["Messages", "Count", "HasMore", "Limit", "Offset", "TotalResults", "Preferences"]


def test_all_customers_or_none_have_rows(
    send: Callable[..., Answer], ask: Callable[..., Answer], finish: Callable[..., Export]
) -> None:
    for found, messages in ((["C-1", "C-2"], 0), ([], 2)):
        answer = ask(CID=["C-1", "C-2"])
        finish(answer, [{"CID": one} for one in found], found)
        page = send("GET", f"/API/3/async/{ACME}/export/CID/{answer.json()['AccessToken']}").json()
        assert (page["Count"], len(cast("list[object]", page["Messages"]))) == (len(found), messages)


def test_members_of_a_block_in_their_order(way: Way, job: int) -> None:
    beside = {"A/CID": ["Messages"], "A/Schedule": ["Headers"]}.get(way.name, [])
    wanted = [*beside, "Count", "HasMore", "Limit", "Offset", "TotalResults", way.rows]
    assert list(way.data(job).json()) == wanted
