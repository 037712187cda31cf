"""Files brought home over a line that breaks, by programs that are killed: right, or not there."""

import random
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from offtake.client import (
    Client,
    ClientError,
    DamagedFile,
    Gone,
    NotAuthorized,
    NotStored,
    NotSucceeded,
    Patience,
    Transfer,
    Unreachable,
    UnsafeName,
    pull,
)
from offtake.testing.fake_server import TOKEN, Cut, FakeServer, Garble, Reply, Turn

ROWS = random.Random(1).randbytes(300_000)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as running:
        yield running


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    plain = httpx2.HTTPTransport(verify=False)
    with Client(server.url, TOKEN, patience=Patience(sleep=lambda _: None), transport=plain) as made:
        yield made


def content(directory: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in directory.iterdir() if one.name != "manifest.json"}


def test_all_files_and_the_manifest_arrive(client: Client, server: FakeServer, tmp_path: Path) -> None:
    files = {f"rows-{number}.csv": ROWS[: number * 1000] for number in range(10)}
    told: list[Transfer] = []
    pulled = pull(client, server.add(files), tmp_path / "new" / "here", on_progress=told.append)
    assert content(tmp_path / "new" / "here") == files
    assert [one.name for one in pulled.files] == list(files)
    assert b'"rows-3.csv"' in pulled.manifest.read_bytes()
    assert told[-1] == Transfer(bytes_done=45_000, bytes_total=45_000, files_done=10, files_total=10)
    assert [one.bytes_done for one in told] == sorted(one.bytes_done for one in told)


def test_the_token_never_goes_with_a_link(client: Client, server: FakeServer, tmp_path: Path) -> None:
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert all("authorization" not in one.headers for one in server.asked("GET", "/files/"))


def test_a_cut_download_goes_on_where_it_was(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.script("GET", "/files/", Cut(100_000), Cut(), Cut(0), Cut(50_000))
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS}
    starts = [int(one.headers["range"].split("=")[1].split("-")[0]) for one in server.asked("GET", "/files/")]
    assert starts == [0, 100_000, 100_000, 100_000, 150_000]


def test_a_later_run_goes_on_where_the_first_gave_up(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"done.csv": b"short", "rows.csv": ROWS})
    server.script("GET", f"/files/{export_id}/rows", Cut(200_000), *[Cut()] * 6)
    with pytest.raises(Unreachable):
        pull(client, export_id, tmp_path)
    server.heal()
    assert "rows.csv" not in content(tmp_path)
    assert not (tmp_path / "manifest.json").exists()
    before = len(server.requests)
    told: list[Transfer] = []
    pull(client, export_id, tmp_path, on_progress=told.append)
    assert content(tmp_path) == {"done.csv": b"short", "rows.csv": ROWS}
    asked = [one.headers["range"] for one in server.requests[before:] if one.path.startswith("/files/")]
    assert asked == ["bytes=200000-299999"]
    assert told[-1].bytes_done == 300_005


def test_files_that_are_there_are_left_alone(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"rows.csv": ROWS, "more.csv": b"more"})
    pull(client, export_id, tmp_path)
    (tmp_path / "more.csv").write_bytes(b"mine")
    seen = (tmp_path / "rows.csv").stat()
    before = len(server.asked("GET", "/files/"))
    pull(client, export_id, tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS, "more.csv": b"more"}
    assert (tmp_path / "rows.csv").stat().st_mtime_ns == seen.st_mtime_ns
    assert len(server.asked("GET", "/files/")) == before + 1


def test_what_another_export_left_half_done_is_not_gone_on_with(
    client: Client, server: FakeServer, tmp_path: Path
) -> None:
    first, second = server.add({"rows.csv": ROWS}), server.add({"rows.csv": ROWS[::-1]})
    server.script("GET", f"/files/{first}/", Cut(200_000), *[Cut()] * 6)
    with pytest.raises(Unreachable):
        pull(client, first, tmp_path)
    pull(client, second, tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS[::-1]}
    assert server.asked("GET", f"/files/{second}/")[0].headers["range"].startswith("bytes=0-")


@pytest.mark.parametrize("spoil", ["garbage", "{}", '{"sha256":"x","bytes":1,"slices":[]}', ""])
def test_a_note_that_makes_no_sense_means_a_fresh_start(
    client: Client, server: FakeServer, tmp_path: Path, spoil: str
) -> None:
    (tmp_path / "rows.csv.part").write_bytes(b"?" * len(ROWS))
    (tmp_path / "rows.csv.part.json").write_text(spoil)
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS}


def test_bytes_that_a_power_cut_took_are_noticed_and_fetched_again(
    client: Client, server: FakeServer, tmp_path: Path
) -> None:
    export_id = server.add({"rows.csv": ROWS})
    server.script("GET", "/files/", Cut(200_000), *[Cut()] * 6)
    with pytest.raises(Unreachable):
        pull(client, export_id, tmp_path)
    with (tmp_path / "rows.csv.part").open("r+b") as part:
        part.write(b"\0" * 4096)
    told: list[Transfer] = []
    pull(client, export_id, tmp_path, on_progress=told.append)
    assert content(tmp_path) == {"rows.csv": ROWS}
    assert told[-1].bytes_done == told[-1].bytes_total == len(ROWS)


def test_expired_links_are_renewed(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({f"rows-{number}.csv": ROWS for number in range(4)})
    ran_out = threading.Event()

    def expire(_: Transfer) -> None:
        if not ran_out.is_set():
            ran_out.set()
            server.expire_links()

    server.script("GET", "/files/", Cut(10_000))
    pull(client, export_id, tmp_path, on_progress=expire)
    assert content(tmp_path) == {f"rows-{number}.csv": ROWS for number in range(4)}


def test_a_link_that_stays_refused_ends_the_tries(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.script("GET", "/files/", *[Reply(403)] * 20)
    with pytest.raises(NotAuthorized):
        pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert len(server.asked("GET", "/files/")) < 10


def test_files_that_expire_on_the_way(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"rows.csv": ROWS}, statuses=["succeeded", "expired"])
    server.script("GET", "/files/", Reply(410))
    with pytest.raises(NotSucceeded, match="is expired"):
        pull(client, export_id, tmp_path)


def test_one_damaged_transfer_is_repeated(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.script("GET", "/files/", Garble())
    told: list[Transfer] = []
    pull(client, server.add({"rows.csv": ROWS}), tmp_path, on_progress=told.append)
    assert content(tmp_path) == {"rows.csv": ROWS}
    assert (told[-1].bytes_done, told[-1].files_done) == (len(ROWS), 1)


def test_lasting_damage_leaves_nothing_that_looks_whole(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"good.csv": b"good", "rows.csv": ROWS})
    server.script("GET", f"/files/{export_id}/rows", *[Garble()] * 5)
    with pytest.raises(DamagedFile, match=r"'rows\.csv' arrived damaged"):
        pull(client, export_id, tmp_path)
    assert content(tmp_path) == {"good.csv": b"good"}
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"ETag": '"other"'}, ROWS),
        Reply(206, {"Content-Range": f"bytes 5-299999/{len(ROWS)}"}, ROWS[5:]),
        Reply(416),
        Reply(200, body=ROWS[:-1] + b"?"),
    ],
)
def test_other_bytes_under_the_name_mean_a_fresh_start(
    client: Client, server: FakeServer, tmp_path: Path, reply: Reply
) -> None:
    server.script("GET", "/files/", reply)
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS}


def test_a_server_that_knows_no_ranges(client: Client, server: FakeServer, tmp_path: Path) -> None:
    whole = Reply(200, body=ROWS)
    server.script("GET", "/files/", Cut(100_000), *[whole] * 9)
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS}


def test_a_body_longer_than_the_file_is_not_written(client: Client, server: FakeServer, tmp_path: Path) -> None:
    server.script("GET", "/files/", Reply(200, body=ROWS + b"more"))
    pull(client, server.add({"rows.csv": ROWS}), tmp_path)
    assert content(tmp_path) == {"rows.csv": ROWS}


def test_a_large_file_comes_in_slices_and_each_goes_on_by_itself(
    client: Client, server: FakeServer, tmp_path: Path
) -> None:
    export_id = server.add({"rows.csv": ROWS})
    server.script("GET", "/files/", Cut(10_000), Cut(20_000), Cut(0))
    pull(client, export_id, tmp_path, connections=3, large=100_000)
    assert content(tmp_path) == {"rows.csv": ROWS}
    stops = {one.headers["range"].split("-")[1] for one in server.asked("GET", "/files/")}
    assert stops == {"99999", "199999", "299999"}


def test_slices_are_gone_on_with_by_a_later_run(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"rows.csv": ROWS})
    server.script("GET", "/files/", *[Cut(10_000)] * 4, *[Cut()] * 24)
    with pytest.raises(Unreachable):
        pull(client, export_id, tmp_path, connections=4, large=100_000)
    server.heal()
    before = len(server.requests)
    pull(client, export_id, tmp_path, connections=2, large=100_000)
    assert content(tmp_path) == {"rows.csv": ROWS}
    asked = [one.headers["range"] for one in server.requests[before:] if one.path.startswith("/files/")]
    assert "bytes=0-299999" not in asked


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_bytes_are_right(client: Client, server: FakeServer, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = {f"rows-{number}.csv": chance.randbytes(chance.choice([0, 1, 999, 70_000, 250_000])) for number in range(8)}
    export_id = server.add(files)
    connections, large = chance.choice([1, 3, 8]), chance.choice([50_000, 100_000, 10**9])
    for _ in range(3):
        troubles: list[Turn] = [
            Cut(),
            Cut(0),
            Cut(1),
            Cut(40_000),
            Reply(503),
            Reply(404),
            Reply(410),
            Reply(206, body=b"?"),
        ]
        server.script("GET", "/files/", *chance.choices(troubles, k=12))
        with suppress(ClientError):
            pull(client, export_id, tmp_path, connections=connections, large=large)
        assert all(data == files[name] for name, data in content(tmp_path).items() if name in files)
    server.heal()
    pull(client, export_id, tmp_path, connections=connections, large=large)
    assert content(tmp_path) == files


def test_an_empty_file_and_an_empty_export(client: Client, server: FakeServer, tmp_path: Path) -> None:
    pull(client, server.add({"none.jsonl": b""}), tmp_path)
    assert content(tmp_path) == {"none.jsonl": b""}
    assert not server.asked("GET", "/files/")
    assert pull(client, server.add({}), tmp_path / "other").files == ()


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "...", "../rows.csv", "a/b", "a\\b", "/etc/passwd", "C:rows", "a\0b", "a\nb", ".bashrc", " a", "a ",
     "manifest.json", "MANIFEST.json", "rows.csv.part", "rows.csv.PART.json", "x" * 201],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(
    client: Client, server: FakeServer, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "deep" / "down"
    with pytest.raises(UnsafeName, match="Nothing was written"):
        pull(client, server.add({"good.csv": b"good", name: b"bad"}), target)
    assert not target.exists()


def test_names_that_differ_in_case_only_are_refused(client: Client, server: FakeServer, tmp_path: Path) -> None:
    with pytest.raises(UnsafeName, match="taken by another file"):
        pull(client, server.add({"rows.csv": b"1", "ROWS.csv": b"2"}), tmp_path)


def test_an_export_without_files_says_why(client: Client, server: FakeServer, tmp_path: Path) -> None:
    with pytest.raises(NotSucceeded, match="Wait for it to end"):
        pull(client, server.add({}, statuses=["running"]), tmp_path)


def test_a_manifest_that_records_other_files(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export_id = server.add({"rows.csv": ROWS})
    manifest = {"files": [{"name": "rows.csv", "bytes": 300_000, "sha256": "0" * 64}]}
    server.script("GET", f"/v1/exports/{export_id}/manifest", Reply(200, body=manifest))
    (tmp_path / "manifest.json").write_text("of an earlier export")
    with pytest.raises(DamagedFile, match="manifest"):
        pull(client, export_id, tmp_path)
    assert not (tmp_path / "manifest.json").exists()


def test_a_place_that_cannot_be_written(client: Client, server: FakeServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NotStored, match=r"cannot be kept in .*choose another directory"):
        pull(client, server.add({"rows.csv": ROWS}), tmp_path / "file")
    with pytest.raises(NotStored):
        pull(client, server.add({"rows.csv": ROWS}), tmp_path / "file" / "below")


def test_an_interrupt_stops_every_thread_and_the_next_run_goes_on(
    client: Client, server: FakeServer, tmp_path: Path
) -> None:
    files = {f"rows-{number}.csv": ROWS for number in range(6)}
    export_id = server.add(files)

    def interrupt(now: Transfer) -> None:
        if now.bytes_done > 400_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(client, export_id, tmp_path, on_progress=interrupt)
    assert not [one for one in threading.enumerate() if one.name.startswith("download")]
    assert all(data == ROWS for name, data in content(tmp_path).items() if name.endswith(".csv"))
    told: list[Transfer] = []
    pull(client, export_id, tmp_path, on_progress=told.append)
    assert content(tmp_path) == files
    assert told[0].bytes_done > 0


def test_one_file_alone(client: Client, server: FakeServer, tmp_path: Path) -> None:
    export = client.get(server.add({"a.csv": b"a", "b.csv": b"b"}))
    assert client.download(export.files[1], tmp_path) == tmp_path / "b.csv"
    assert content(tmp_path) == {"b.csv": b"b"}
    server.expire_links()
    with pytest.raises(Gone, match="fresh links"):
        client.download(export.files[0], tmp_path)
