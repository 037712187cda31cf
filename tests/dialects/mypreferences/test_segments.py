"""Exports of single segments in the three generations: what is asked, and in which forms."""

from collections.abc import Callable, Mapping
from xml.etree import ElementTree

import pytest

from offtake.core.export import Export
from offtake.core.filter import Value
from offtake.testing.asgi import Answer, Client
from offtake.testing.house import Stage
from offtake.web.dialects.mypreferences.options import Account, Options

ACME, GLOBEX = "ACME_CORP", "globex"
FIRST, LAST = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"
PLACES = {
    "A": f"/API/3/async/{ACME}/export/Segment",
    "B": f"/Profiles/Async/{ACME}/Export/Segment",
    "C": f"/Profiles/v4/Async/{ACME}/Export/Segment",
}
WHOLE: Mapping[str, Mapping[str, Value]] = {
    "A": {"cids": (), "channels": (), "modified_from": FIRST, "modified_to": LAST, "segment": "Newsletter"},
    "B": {
        "segment_group": "",
        "segment": "Newsletter",
        "edited_after": FIRST,
        "criteria": "",
        "match_type": "",
        "match_values": (),
    },
}
DENIED = {"Message": "Access denied. Verify the permissions of the user group."}
UNREADABLE = "The request body could not be read."
JSON, XML, FORM, PATCH = (
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/json-patch+json",
)
GIVEN = "2024-01-02T10:00:00.005Z"
BODIES = {
    JSON: f'{{"LASTDATETIME": "{GIVEN}"}}',
    "text/json": f'{{"LastDateTime": "{GIVEN}", "Unknown": 1}}',
    XML: f"<SegmentRequestInfo><LastDateTime>{GIVEN}</LastDateTime><CallbackURL/></SegmentRequestInfo>",
    "text/xml": f"<SegmentRequestInfo><lastdatetime>{GIVEN}</lastdatetime></SegmentRequestInfo>",
    FORM: f"LastDateTime={GIVEN}&CallbackURL=",
    PATCH: f'{{"LastDateTime": "{GIVEN}"}}',
}
Ask = Callable[..., Answer]
Where = Callable[..., dict[str, Value]]

every = pytest.mark.parametrize("generation", PLACES)


@pytest.fixture
def stage(shared_stage: Stage) -> Stage:
    return shared_stage


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.text("Message")


@every
def test_without_members_it_is_the_whole_segment(
    ask_segment: Ask, where: Where, export: Callable[..., Export], generation: str
) -> None:
    answer = ask_segment(generation)
    assert list(answer.json()) == ["AccessToken"]
    whole = WHOLE.get(generation, WHOLE["B"])
    assert where(answer) == whole
    (selection,) = export(answer).request.selections
    dataset = "preferences" if generation == "A" else "profiles"
    assert (selection.dataset, selection.scope) == (dataset, {"tenant": (ACME,)})
    assert where(ask_segment(generation, LastDateTime=None, CallbackURL="", Unknown=[1])) == whole


@every
def test_the_segment_is_found_in_any_case_and_escaped(ask_segment: Ask, where: Where, generation: str) -> None:
    for written, name in (
        ("NEWSLETTER", "Newsletter"),
        ("g%C3%84ste%20%26%20freunde", "Gäste & Freunde"),
        ("A%2fB", "a/b"),
        ("commit", "Commit"),
        ("STATUS", "Status"),
        ("42", "42"),
    ):
        assert where(ask_segment(generation, segment=written))["segment"] == name
    for written in ("News", "Newsletter%20", "Loyalty%20Members", "*", "%25", "'%20OR%201=1", "7"):
        assert said(ask_segment(generation, segment=written)) == (404, "Segment not found."), written


@every
def test_another_accounts_segments_are_not_found(ask_segment: Ask, generation: str) -> None:
    assert ask_segment(generation, account=GLOBEX).status == 200
    assert said(ask_segment(generation, account=GLOBEX, segment="a%2Fb")) == (404, "Segment not found.")


def test_every_thousandth_in_a_request_is_the_tables(ask_segment: Ask, where: Where) -> None:
    """`changed > g`, where g is 0, 3 or 7 at or just before what is given; in A, that is from what comes after it."""
    for digit, place in enumerate("0003333777"):
        given = f"2024-01-02T10:00:00.12{digit}"
        found = {one: where(ask_segment(one, LastDateTime=given)) for one in PLACES}
        assert found["A"]["modified_from"] == f"2024-01-02T10:00:00.12{place}001Z"
        assert found["B"]["edited_after"] == found["C"]["edited_after"] == f"2024-01-02T10:00:00.12{place}000Z"


def test_the_ends_of_time_the_zone_and_the_mode(
    ask_segment: Ask, where: Where, serve: Callable[[Options], Client]
) -> None:
    late = ask_segment("A", LastDateTime="9999-12-31T23:59:59.999")
    assert where(late)["modified_from"] == LAST
    account = Account(segments=("Newsletter",), zone="Europe/Vienna")
    exact = serve(Options(accounts={ACME: account}, last_datetime_mode="exact"))
    for name, generation, after in (("modified_from", "A", "09001"), ("edited_after", "B", "09000")):
        found = where(ask_segment(generation, LastDateTime="2024-07-02T10:00:00.009", to=exact))
        assert found[name] == f"2024-07-02T08:00:00.0{after}Z"


@every
def test_what_does_not_fit(stage: Stage, ask_segment: Ask, generation: str) -> None:
    for members, name in (
        ({"LastDateTime": "yesterday"}, "LastDateTime"),
        ({"LastDateTime": 7, "CallbackURL": 7}, "LastDateTime"),
        ({"CallbackURL": "ftp://client.example"}, "CallbackURL"),
    ):
        assert said(ask_segment(generation, **members)) == (400, f"Invalid value for {name}.")
    assert stage.engine.tasks == []


def test_only_generation_c_matches(ask_segment: Ask, where: Where) -> None:
    match = {"MatchCriteria": "EmailAddress", "MatchType": "work", "Values": ["Ada@Example.com"]}
    found = where(ask_segment("C", **match))
    assert found["segment"] == "Newsletter"
    assert (found["criteria"], found["match_type"]) == ("EmailAddress", "Work")
    assert found["match_values"] == ("ada@example.com",)
    for generation, whole in WHOLE.items():
        assert where(ask_segment(generation, **match)) == whole, "unknown members mean nothing"
    for members, answer in (
        ({"MatchCriteria": "AlternateId", "Values": ["a"]}, (400, "Missing value for MatchType.")),
        ({"MatchCriteria": "ProfileId"}, (400, "Missing value for Values.")),
        ({"Values": ["a\0"], "MatchCriteria": "ProfileId"}, (400, "Invalid value for Values.")),
        ({**match, "MatchType": "x"}, (404, "MatchType not found.")),
    ):
        assert said(ask_segment("C", **members)) == answer


@pytest.mark.parametrize(
    ("generation", "taken"), [("A", {*BODIES} - {PATCH}), ("B", {*BODIES}), ("C", {JSON})], ids=[*PLACES]
)
def test_the_forms_of_a_request(
    send: Callable[..., Answer], where: Where, export: Callable[..., Export], generation: str, taken: set[str]
) -> None:
    after = {"A": ("modified_from", "003001Z")}.get(generation, ("edited_after", "003000Z"))
    for kind, body in BODIES.items():
        answer = send("POST", f"{PLACES[generation]}/Newsletter", body.encode(), headers={"content-type": kind})
        if kind in taken:
            assert str(where(answer)[after[0]]).endswith(after[1]), kind
        else:
            assert said(answer) == (415, "Unsupported media type."), kind
        empty = send("POST", f"{PLACES[generation]}/Newsletter", b"", headers={"content-type": kind})
        assert empty.status == 200
    broken = send("POST", f"{PLACES[generation]}/Newsletter", b"[]")
    assert said(broken) == (400, UNREADABLE)


def test_the_root_of_a_document(send: Callable[..., Answer]) -> None:
    """Generation B's is not public, so that any will do."""
    for root, statuses in (("SegmentRequestInfo", (200, 200)), ("CIDRequestInfo", (400, 200)), ("x", (400, 200))):
        for generation, status in zip("AB", statuses, strict=True):
            body = f"<{root}><LastDateTime>{GIVEN}</LastDateTime></{root}>".encode()
            answer = send("POST", f"{PLACES[generation]}/Newsletter", body, headers={"content-type": XML})
            assert answer.status == status, (generation, root)
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    answer = send("POST", f"{PLACES['B']}/Newsletter", bomb, headers={"content-type": XML, "accept": XML})
    assert (answer.status, answer.body) == (400, f"<Error><Message>{UNREADABLE}</Message></Error>".encode())


def test_who_may_and_who_may_not(
    stage: Stage, ask_segment: Ask, serve: Callable[[Options], Client], finish: Callable[..., Export]
) -> None:
    for generation in PLACES:
        assert ask_segment(generation, user="watcher").json() == DENIED
        narrow = ask_segment(generation, user="narrow")
        assert (narrow.status == 200) is (generation == "A"), "that user may read preferences alone"
        none = serve(Options(preferences="none", profiles="none", accounts={ACME: Account(segments=("Newsletter",))}))
        answer = ask_segment(generation, to=none)
        assert (answer.status, answer.json()) == (403, DENIED)


def test_a_profile_in_the_xml_of_generation_b(
    send: Callable[..., Answer], ask_segment: Ask, finish: Callable[..., Export]
) -> None:
    answer = ask_segment("B")
    finish(answer, [{"ProfileId": 1, "Tags": ["a"], "Emails": [{"Type": "Work", "Address": "a@x.example"}]}])
    target = f"/Profiles/Async/{ACME}/Export/{answer.json()['AccessToken']}"
    root = ElementTree.fromstring(send("GET", target, headers={"accept": "application/xml"}).body)
    space = "{http://schemas.datacontract.org/2004/07/ProfileServices.REST.Models}"
    profile = root.find(f"{space}UserProfilePreferences/{space}UserProfile")
    assert profile is not None
    assert [one.tag for one in profile] == [f"{space}{name}" for name in ("Emails", "ProfileId", "Tags")]
    assert profile.findtext(f"{space}Emails/{space}Email/{space}Address") == "a@x.example"
