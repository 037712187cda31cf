"""Mistakes in the settings of dialects: told at load with their places, before anything is served."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import jsonschema_rs
import pytest
from pydantic import Field

from offtake import settings
from offtake.app import wiring
from offtake.cli.configuration import check
from offtake.cli.outcome import Exit, guarded
from offtake.core.error import InvalidRequest
from offtake.settings import BadConfiguration, DialectKind, Plugins, Problem
from offtake.settings.document import parse

KNOWN = wiring.plugins()
EDITORS = jsonschema_rs.Draft202012Validator(settings.schema(KNOWN))

DATA = """\
sources: {main: {url: "sqlite:///data.db"}}
datasets: {calls: {source: main, table: t, shared: true, fields: {id: {type: integer}}}}
"""
SECRET = f"whsec_{'A' * 32}"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "offtake.yaml"
    path.write_text(text)
    return path


def problems(
    tmp_path: Path, text: str, environ: Mapping[str, str] | None = None, known: Plugins = KNOWN
) -> Sequence[Problem]:
    with pytest.raises(BadConfiguration) as bad:
        settings.load(written(tmp_path, text), environ or {}, known)
    return bad.value.problems


# --- one mistake each: dialect, setting as it is written, path below it, words of the message, words of the cure ---

RANGES = [
    ("didww", "requests: 0", "requests", "1 or more; 0 is not", "requests: 20"),
    ("didww", "requests: -5", "requests", "1 or more", "requests: 20"),
    ("didww", "window_months: -1", "window_months", "from 0 to 1200", "window_months: 2"),
    ("didww", "window_months: 99999", "window_months", "from 0 to 1200", "window_months: 2"),
    ("didww", "tenants_window_months: {a: -1}", "tenants_window_months.a", "from 0 to 1200; -1 is not", "a: 1"),
    ("didww", "file_months: 0", "file_months", "from 1 to 1200", "file_months: 1"),
    ("didww", "request_window: 0s", "request_window", "0s is not", "request_window: 30s"),
    ("didww", "request_window: -1s", "request_window", "is not", "request_window: 30s"),
    ("mews", "requests: 0", "requests", "1 or more", "requests: 200"),
    ("mews", "file_bytes: 0", "file_bytes", "1 or more", "file_bytes"),
    ("mews", "link_life: 0m", "link_life", "0m is not", "link_life"),
    ("mews", "record_life: 999999d", "record_life", "longer than 36500d", "36500d at most"),
    ("emarsys", "requests: 0", "requests", "1 or more", "requests: 1000"),
    ("emarsys", "max_fields: -1", "max_fields", "0 or more", "max_fields"),
    ("emarsys", "body_bytes: 10", "body_bytes", "1024 or more", "body_bytes"),
    ("emarsys", "ftp_retries: 51", "ftp_retries", "from 0 to 50", "ftp_retries: 23"),
    ("emarsys", "ftp_retries: -1", "ftp_retries", "from 0 to 50", "ftp_retries: 23"),
    ("emarsys", "token_life: 0h", "token_life", "0h is not", "token_life"),
    (
        "emarsys",
        "accounts: {a: {contact_lists: {1: {count: -1}}}}",
        "accounts.a.contact_lists.1.count",
        "0 or more",
        "count",
    ),
    ("mypreferences", "requests: 0", "requests", "1 or more", "requests: 50"),
    ("mypreferences", "max_customers: 0", "max_customers", "from 1 to 10000", "max_customers: 10000"),
    ("mypreferences", "max_customers: 20000", "max_customers", "from 1 to 10000", "max_customers: 10000"),
    ("mypreferences", "body_bytes: 0", "body_bytes", "1024 or more", "body_bytes"),
    ("mypreferences", "quota: 0", "quota", "1 or more", "quota: 1000"),
    ("mypreferences", "quota_window: 999999d", "quota_window", "longer than 36500d", "36500d at most"),
    (
        "mypreferences",
        "accounts: {a: {signature_minutes: -3}}",
        "accounts.a.signature_minutes",
        "from 1 to 1440; -3 is not",
        "signature_minutes: 15",
    ),
]

CHECKS = [
    ("emarsys", "ftp_pause: 8d", "ftp_pause", "not sound", "7 days"),
    ("emarsys", "notification_secrets: {a: b}", "notification_secrets.a", "not a signing secret", "whsec_"),
    ("emarsys", "accounts: {a: {zone: Wien}}", "accounts.a.zone", "no zone 'Wien'", "IANA"),
    ("emarsys", "accounts: {a: {language: english}}", "accounts.a.language", "no language", "en"),
    ("emarsys", "accounts: {a: {segments: {x: y}}}", "accounts.a.segments.x", "no id", "whole numbers"),
    ("emarsys", "accounts: {a.b: {zone: Wien}}", "accounts.a.b.zone", "no zone 'Wien'", "IANA"),
    ("mypreferences", "accounts: {a: {zone: Mars/X}}", "accounts.a.zone", "no zone 'Mars/X'", "IANA"),
    ("mypreferences", "callback_secrets: {a: b}", "callback_secrets.a", "not a signing secret", "whsec_"),
    ("mypreferences", "v4_initiate: [/x]", "v4_initiate[0]", "'/x' is no such path", "{group}"),
    (
        "mypreferences",
        "v4_data: ['/R/{client}/{token}', '/API/3/async/{client}/{token}']",
        "v4_data[1]",
        "another generation",
        "/API/3/async",
    ),
    ("mypreferences", "v4_status: ['/{client}/{token}/{1}']", "v4_status[0]", "no such path", "no others"),
]

NAMES = [
    ("didww", "datasets: {cdr_in: cals}", "datasets.cdr_in", "no dataset 'cals'", "Did you mean 'calls'"),
    ("didww", "datasets: {sms_in: calls}", "datasets.sms_in", "no setting 'sms_in'", "cdr_in, cdr_out"),
    ("didww", "datasets: {sms_in: nope}", "datasets.sms_in", "no setting 'sms_in'", "cdr_in, cdr_out"),
    ("didww", "datasets: 3", "datasets", "members of its own", "cdr_in, cdr_out"),
    ("mews", "datasets: {Bill: nope}", "datasets.Bill", "no dataset 'nope'", "Known here: calls"),
    ("mews", "datasets: {Reservations: calls}", "datasets.Reservations", "no setting", "'Reservation'"),
    ("emarsys", "dataset: nope", "dataset", "no dataset 'nope'", "Known here: calls"),
    ("emarsys", "dataset: ''", "dataset", "no dataset ''", "Known here: calls"),
    ("emarsys", "segments_dataset: nope", "segments_dataset", "no dataset 'nope'", "Known here: calls"),
    ("mypreferences", "profiles: nope", "profiles", "no dataset 'nope'", "Known here: calls"),
    (
        "mypreferences",
        "accounts: {a: {schedules: {Slow: nonesuch}}}",
        "accounts.a.schedules.Slow",
        "no dataset 'nonesuch'",
        "Known here: calls",
    ),
    ("mypreferences", "accounts: {a: {zon: UTC}}", "accounts.a.zon", "no setting 'zon'", "'zone'"),
    (
        "mypreferences",
        "accounts: {a: {match_types: {Emailaddress: [x]}}}",
        "accounts.a.match_types.Emailaddress",
        "no setting 'Emailaddress'",
        "'EmailAddress'",
    ),
]


@pytest.mark.parametrize(("kind", "line", "path", "message", "cure"), RANGES + CHECKS + NAMES)
def test_each_mistake_is_told_with_its_place_and_cure(
    tmp_path: Path, kind: str, line: str, path: str, message: str, cure: str
) -> None:
    (problem,) = problems(tmp_path, f"{DATA}dialects:\n  {kind}:\n    {line}\n")
    assert (problem.path, problem.line) == (f"dialects.{kind}.{path}", 5), str(problem)
    assert problem.file == tmp_path / "offtake.yaml"
    assert message in problem.message
    assert cure in problem.cure


@pytest.mark.parametrize(
    ("kind", "line"),
    [(kind, line) for kind, line, *_ in RANGES if "life" not in line and "window: " not in line] + [
        ("didww", "datasets: {sms_in: calls}"), ("mews", "datasets: {Reservations: calls}")
    ],
)  # fmt: skip
def test_editors_are_told_of_bounds_and_names(kind: str, line: str) -> None:
    assert not EDITORS.is_valid(parse(f"dialects:\n  {kind}:\n    {line}\n").plain)


EDGES = """\
dialects:
  didww:
    datasets: {cdr_in: calls, cdr_out: calls}
    window_months: 0
    tenants_window_months: {archive: 0}
    requests: 1
    request_window: 1s
  mews: {datasets: {Bill: calls}, file_bytes: 1, record_life: 36500d}
  emarsys:
    dataset: calls
    registrations_dataset: ""
    max_fields: 0
    ftp_retries: 50
    ftp_pause: 7d
  mypreferences:
    profiles: calls
    max_customers: 10000
    accounts: {a.b: {schedules: {Slow: calls}, signature_minutes: 1, zone: Europe/Vienna}}
"""


def test_what_lies_at_the_edges_is_good(tmp_path: Path) -> None:
    text = f"{DATA}{EDGES}    callback_secrets: {{a: {SECRET}}}\n"
    loaded = settings.load(written(tmp_path, text), {}, KNOWN)
    assert wiring.dialects(loaded.settings)
    assert EDITORS.is_valid(parse(text).plain)


def test_defaults_may_name_datasets_that_are_not_there(tmp_path: Path) -> None:
    assert settings.load(written(tmp_path, "dialects: {mypreferences: {quota: 3}, emarsys: {}, mews:}"), {}, KNOWN)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    text = f"""\
{DATA}server: {{prot: 1}}
dialects:
  emarsys:
    dataset: nope
    requests: 0
    accounts:
      a: {{zon: x, zone: Wien, language: xx, contact_lists: {{1: {{count: no}}, x: {{}}}}}}
      b: {{zone: Mars, forms: {{a: b}}}}
    notification_secrets: {{a: b, b: {SECRET}, c: d}}
  mypreferences:
    v4_data: [/x, /y]
    v4_status: [/x, 3]
    accounts: {{a: 3, b: {{zone: Mars}}}}
"""
    found = problems(tmp_path, text)
    emarsys, mypreferences = "dialects.emarsys", "dialects.mypreferences"
    assert [(one.path, one.line) for one in found] == [
        ("server.prot", 3),
        (f"{emarsys}.dataset", 6),
        (f"{emarsys}.requests", 7),
        (f"{emarsys}.accounts.a.zon", 9),
        (f"{emarsys}.accounts.a.zone", 9),
        (f"{emarsys}.accounts.a.language", 9),
        (f"{emarsys}.accounts.a.contact_lists.1.count", 9),
        (f"{emarsys}.accounts.a.contact_lists.x", 9),
        (f"{emarsys}.accounts.b.zone", 10),
        (f"{emarsys}.accounts.b.forms.a", 10),
        (f"{emarsys}.notification_secrets.a", 11),
        (f"{emarsys}.notification_secrets.c", 11),
        (f"{mypreferences}.v4_data[0]", 13),
        (f"{mypreferences}.v4_data[1]", 13),
        (f"{mypreferences}.v4_status[1]", 14),
        (f"{mypreferences}.accounts.a", 15),
        (f"{mypreferences}.accounts.b.zone", 15),
    ]


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "dialects: {mypreferences: {callback_secrets: {a: hunter2}}}")
    assert "hunter2" not in str(problem)


def test_what_is_not_filled_in_is_told_as_that_alone(tmp_path: Path) -> None:
    text = "dialects: {mypreferences: {accounts: {a: {zone: '${ZONE}'}}, profiles: '${PROFILES}'}}"
    zone, profiles = problems(tmp_path, text)
    assert "ZONE is not set" in zone.message
    assert "PROFILES is not set" in profiles.message


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    environ = {"OFFTAKE_DIALECTS_MYPREFERENCES_V4_DATA": "/x", "OFFTAKE_DIALECTS_EMARSYS_DATASET": "nope"}
    dataset, path = problems(tmp_path, DATA, environ)
    assert (dataset.variable, dataset.path) == ("OFFTAKE_DIALECTS_EMARSYS_DATASET", "dialects.emarsys.dataset")
    assert (path.variable, path.path) == (
        "OFFTAKE_DIALECTS_MYPREFERENCES_V4_DATA",
        "dialects.mypreferences.v4_data[0]",
    )


def test_check_refuses_what_serve_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "dialects:\n  mypreferences:\n    accounts: {a: {zone: Mars/X}}\n")
    assert guarded(lambda: check(config=path)) == Exit.CONFIGURATION
    assert f"{path}:3:26: dialects.mypreferences.accounts.a.zone" in capsys.readouterr().err


# --- dialects of others ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Options of a dialect for the tests."""

    pause: Annotated[timedelta, Field(le=timedelta(hours=1))] = timedelta(minutes=1)
    words: Mapping[str, str] = field(default_factory=dict)


def told(*fields: str | None) -> Plugins:
    def refuse(options: object) -> Sequence[InvalidRequest]:
        assert isinstance(options, Options)
        return [InvalidRequest("No.", field=one) for one in fields]

    return replace(KNOWN, dialects={"other": DialectKind(options=Options, problems=refuse)})


@pytest.mark.parametrize(
    ("field", "path", "line"),
    [
        ("dialects.other.words.a.b.c", "dialects.other.words.a.b.c", 5),
        ("dialects.other.words.a.b.d", "dialects.other.words.a.b", 4),
        ("dialects.other.words.a.bc", "dialects.other.words", 3),
        ("dialects.other.pause", "dialects.other", 2),
        ("pause", "dialects.other", 2),
        (None, "dialects.other", 2),
    ],
)
def test_a_problem_stands_at_the_nearest_setting_that_is_given(
    tmp_path: Path, field: str | None, path: str, line: int
) -> None:
    text = "dialects:\n  other:\n    words:\n      a.b: x\n      a.b.c: y\n"
    (problem,) = problems(tmp_path, text, known=told(field))
    assert (problem.path, problem.line) == (path, line)
    assert problem.cure


def test_a_length_of_time_may_have_bounds(tmp_path: Path) -> None:
    assert settings.load(written(tmp_path, "dialects: {other: {pause: 1h}}"), {}, told())
    (problem,) = problems(tmp_path, "dialects: {other: {pause: 2h}}", known=told())
    assert problem.path == "dialects.other.pause"


def test_what_making_a_dialect_raises_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def configure(options: object) -> None:
        raise InvalidRequest("Never.", field="dialects.didww.requests")

    found = wiring._found_dialects()
    changed = [replace(one, configure=configure) if one.kind == "didww" else one for one in found]  # type: ignore[arg-type]
    monkeypatch.setattr(wiring, "_found_dialects", lambda: changed)
    (problem,) = problems(tmp_path, "dialects: {didww: {requests: 3}}", known=wiring.plugins())
    assert (problem.path, problem.message) == ("dialects.didww.requests", "Never.")
