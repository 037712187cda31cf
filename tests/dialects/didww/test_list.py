"""Lists: pages and their links, orders, filters, sparse fields."""

from collections.abc import Callable
from datetime import timedelta

from offtake.core.error import Internal
from offtake.core.export import ExportId
from offtake.service import runs
from offtake.testing.asgi import Answer
from offtake.testing.house import Stage

NEW = "2026-04-16"
HERE = "http://exports.test/v3/exports"
Send = Callable[..., Answer]


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    data = answer.json()["data"]
    assert isinstance(data, list)
    return [one["id"] for one in data]


def links(answer: Answer) -> dict[str, str]:
    """The links, each with what stands behind the address."""
    found = answer.json()["links"]
    assert isinstance(found, dict)
    assert all(one.startswith(f"{HERE}?") for one in found.values())
    return {name: one.removeprefix(f"{HERE}?") for name, one in found.items()}


def page(number: int, size: int) -> str:
    return f"page%5Bnumber%5D={number}&page%5Bsize%5D={size}"


def test_an_empty_list(send: Send) -> None:
    answer = send("GET")
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert answer.json() == {
        "data": [],
        "meta": {"total_records": 0, "api_version": "2021-12-15"},
        "links": {"first": f"{HERE}?{page(1, 50)}", "last": f"{HERE}?{page(1, 50)}"},
    }


def test_pages_and_their_links(send: Send, made: Callable[..., str]) -> None:
    exports = [made() for _ in range(5)]
    for query, found, names in (
        ("", exports, {"first": 1, "last": 1}),
        ("?page[size]=2", exports[:2], {"first": 1, "next": 2, "last": 3}),
        ("?page[number]=2&page[size]=2", exports[2:4], {"first": 1, "prev": 1, "next": 3, "last": 3}),
        ("?page%5Bnumber%5D=03&page%5bsize%5d=2", exports[4:], {"first": 1, "prev": 2, "last": 3}),
        ("?page[size]=5", exports, {"first": 1, "last": 1}),
        ("?page[size]=100", exports, {"first": 1, "last": 1}),
        ("?page[number]=4&page[size]=2", [], {"first": 1, "prev": 3, "last": 3}),
        ("?page[number]=999999999999999999", [], {"first": 1, "prev": 999999999999999998, "last": 1}),
        ("?page[number]=1" + "0" * 4999, [], {"first": 1, "prev": 10**17 - 1, "last": 1}),
    ):
        answer = send("GET", query)
        size = 2 if "=2" in query.replace("number]=2", "") else int(query.partition("size]=")[2] or 50)
        assert ids(answer) == found, query
        assert links(answer) == {name: page(number, size) for name, number in names.items()}, query
        assert answer.json()["meta"] == {"total_records": 5, "api_version": "2021-12-15"}


def test_the_page_is_50_unless_another_size_is_asked_for(send: Send, made: Callable[..., str]) -> None:
    exports = [made() for _ in range(51)]
    answer = send("GET")
    assert ids(answer) == exports[:50]
    assert links(answer)["next"] == page(2, 50)
    assert ids(send("GET", "?page[number]=2")) == exports[50:]
    assert ids(send("GET", "?page[size]=100")) == exports


def test_other_members_of_the_query_are_kept(send: Send, made: Callable[..., str]) -> None:
    for _ in range(2):
        made()
    answer = send("GET", "?sort=-created_at&page[size]=1&fields[exports]=status,url&x=a%20b&y", version=NEW)
    kept = "sort=-created_at&fields%5Bexports%5D=status%2Curl&x=a+b&y="
    assert links(answer) == {name: f"{page(n, 1)}&{kept}" for name, n in (("first", 1), ("next", 2), ("last", 2))}
    followed = send("GET", f"?{links(answer)['next']}", version=NEW)
    assert links(followed)["prev"] == links(answer)["first"]
    assert ids(followed) != ids(answer)


def test_orders(stage: Stage, send: Send, made: Callable[..., str]) -> None:
    exports = [made(version=NEW, external_reference_id=one) for one in ("b", None, "a", "b")]
    stage.succeed(exports[1], {"a.csv.gz": b"1\n"})
    stage.start(exports[2])
    names = {export: str(place) for place, export in enumerate(exports)}

    def sorted_by(order: str) -> str:
        return "".join(names[one] for one in ids(send("GET", f"?sort={order}", version=NEW)))

    assert sorted_by("") == sorted_by("created_at") == "0123"
    assert sorted_by("-created_at") == "3210"
    assert sorted_by("status") == "1032"  # completed, pending, processing
    assert sorted_by("-status") == "2031"
    assert sorted_by("-status,-created_at") == "2301"
    assert sorted_by("external_reference_id").replace("1", "") == "203"
    assert sorted_by("-external_reference_id,-created_at").replace("1", "") == "302"
    assert sorted_by("status,external_reference_id,created_at") == "1032"
    assert ids(send("GET", "?sort=-status,created_at")) == ids(send("GET", "?sort=-status"))
    runs.give_back(stage.house, stage.start(exports[0]), delay=timedelta(seconds=1), counts=True)
    assert sorted_by("status") == "1302", "what waits to be tried again is processing"
    assert send("GET", f"/{exports[0]}").text("data", "attributes", "status") == "Processing"


def test_filters(send: Send, made: Callable[..., str]) -> None:
    first = made(version=NEW, external_reference_id="Montag, früh")
    second, third = made(version=NEW, external_reference_id="x"), made(version=NEW)

    def found(query: str) -> list[str]:
        answer = send("GET", f"?{query}", version=NEW)
        meta = answer.json()["meta"]
        assert isinstance(meta, dict)
        assert meta["total_records"] == len(ids(answer))
        return ids(answer)

    assert found("filter[external_reference_id]=x") == [second]
    assert found("filter%5Bexternal_reference_id%5D=Montag%2C%20fr%C3%BCh") == [first]
    assert found("filter[external_reference_id]=X") == []
    assert found(f"filter[id]={third}") == [third]
    assert found(f"filter[id]={third.upper()},{first}") == [first, third]
    assert found("filter[id]=00000000-0000-4000-8000-000000000000") == []
    assert found(f"filter[id]={first},{second}&filter[external_reference_id]=x") == [second]


def test_what_is_named_again_is_listed(send: Send, made: Callable[..., str]) -> None:
    first, second, third, fourth = (made(version=NEW) for _ in range(4))
    again = f"filter[id]={first}&filter%5Bid%5D={second}&filter[id]={fourth},{first}"
    assert ids(send("GET", f"?{again}", version=NEW)) == [first, second, fourth]
    one_page = send("GET", f"?{again}&page[size]=2", version=NEW)
    rest = send("GET", f"?{links(one_page)['next']}", version=NEW)
    assert ids(one_page) + ids(rest) == [first, second, fourth]
    wrong = send("GET", f"?filter[id]=x&filter[id]={third}", version=NEW)
    assert (wrong.status, wrong.text("errors", 0, "detail")) == (400, "x is not a valid value for id.")
    sparse = send("GET", f"/{first}?fields[exports]=url&fields[exports]=status").json()["data"]
    assert isinstance(sparse, dict)
    assert list(sparse["attributes"]) == ["status", "url"]
    assert ids(send("GET", "?sort=status&sort=-created_at")) == [fourth, third, second, first]


def test_what_can_be_given_once_only_is_refused_where_it_differs(send: Send, made: Callable[..., str]) -> None:
    export = made(version=NEW, external_reference_id="a")
    for member, code, detail in (
        ("filter[external_reference_id]={}", "107", '["a","b"] is not a valid value for external_reference_id.'),
        ("page[number]={}", "118", '["1","2"] is not a valid value for number page parameter.'),
        ("page[size]={}", "118", '["1","2"] is not a valid value for size page parameter.'),
    ):
        values = ("a", "b") if code == "107" else ("1", "2")
        query = "&".join(member.format(one) for one in values)
        answer = send("GET", f"?{query}", version=NEW)
        told = answer.text("errors", 0, "code"), answer.text("errors", 0, "detail")
        assert (answer.status, told) == (400, (code, detail))
        same = "&".join(member.format(values[0]) for _ in range(2))
        assert ids(send("GET", f"?{same}", version=NEW)) == [export]


def test_no_filter_page_or_field_is_passed_over(send: Send, made: Callable[..., str]) -> None:
    made(version=NEW, external_reference_id="x")
    filters = [
        "filter", "filter[]", "filter[a][b]", "filter[external_reference_id][]", "filter[id][]", "filter[id",
        "filter.id", "filters[id]", "filter_id",
    ]  # fmt: skip
    pages = ["page", "page[]", "page[number][]", "page[size][x]", "page[number", "page_size", "pages[size]"]
    fields = ["fields", "fields[]", "fields[exports][]", "fields[exports", "fields.exports"]
    rows = [
        *((name, "102", f"{name} is not allowed.") for name in filters),
        *((name, "105", f"{name} is not an allowed page parameter.") for name in pages),
        *((name, "101", f"{name} is not a valid resource.") for name in fields),
        ("fields[orders]", "101", "orders is not a valid resource."),
    ]
    for version in (None, NEW):
        for name, code, detail in rows:
            for sent in (name, name.replace("[", "%5B").replace("]", "%5D")):
                answer = send("GET", f"?{sent}=1", version=version)
                (error,) = answer.json()["errors"]  # type: ignore[misc]
                assert (answer.status, error["code"], error["detail"]) == (400, code, detail)
    assert send("GET", "?x[filter]=1&spare=page").status == 200


def test_sparse_fields_of_lists_and_of_one(send: Send, made: Callable[..., str]) -> None:
    export = made()
    for target in (f"/{export}", ""):
        for query, version, names in (
            ("fields[exports]=url,status", None, ["status", "url"]),
            ("fields%5Bexports%5D=filters", NEW, ["filters"]),
            ("fields[exports]=id", None, []),
            ("fields[exports]=", None, []),
        ):
            data = send("GET", f"{target}?{query}", version=version).json()["data"]
            one = data[0] if isinstance(data, list) else data
            assert isinstance(one, dict)
            assert (one["id"], one["type"], list(one["attributes"])) == (export, "exports", names)
        wrong = send("GET", f"{target}?fields[exports]=colour")
        assert (wrong.status, wrong.text("errors", 0, "code")) == (400, "104")


def test_include_is_refused_wherever_it_is_asked_for(send: Send, made: Callable[..., str]) -> None:
    export = made()
    for method, target in (("GET", ""), ("GET", f"/{export}"), ("POST", "")):
        answer = send(method, f"{target}?include=account", b"{")
        assert (answer.status, answer.text("errors", 0, "code")) == (400, "112")
        assert "meta" not in answer.json()
    assert send("GET", "?include=").status == 200


def test_what_was_cancelled_or_has_expired_is_left_out_and_what_failed_is_not(
    stage: Stage, send: Send, made: Callable[..., str], shown: Callable[..., dict[str, object]]
) -> None:
    failed, done, cancelled = made(), made(), made()
    runs.fail(stage.house, stage.start(failed), Internal("It broke."))
    stage.succeed(done, {"a.csv.gz": b"1\n"})
    with stage.control.reading() as tx:
        export = tx.exports.get(ExportId(cancelled), None)
    assert export is not None
    assert ids(send("GET")) == [failed, done, cancelled]
    stage.clock.advance(timedelta(days=31))
    later = send("GET")
    assert ids(later) == [failed, cancelled], "though nobody has swept yet"
    assert later.json()["meta"] == {"total_records": 2, "api_version": "2021-12-15"}
    assert send("GET", f"/{done}").status == 404
    assert shown(failed)["status"] == "Processing"
    assert shown(failed, version=NEW)["status"] == "processing"
    assert shown(failed)["url"] is None
