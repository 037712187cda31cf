"""Logs tell what happened, and no secret or personal datum with it."""

import json
import logging

import pytest

from offtake import telemetry
from offtake.telemetry import Form

CANARIES = ["off_S3cretCanaryToken", "jane.doe@example.org", "Jane Doe", "postgresql://reader:hunter2@db/hotel"]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail(canary: str) -> None:
    try:
        raise ValueError(f"row holds {canary}")
    except ValueError as problem:
        problem.add_note(canary)
        raise RuntimeError(canary) from ExceptionGroup(canary, [problem, KeyError(canary)])


def test_a_json_line_has_the_allowed_members(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("info", "json")
    logging.getLogger("offtake.worker").info("export finished", extra={"export": "6a0c", "rows": 12, "seconds": 0.5})
    (line,) = lines(capsys)
    assert line.pop("time", "")
    assert line == {
        "level": "info",
        "logger": "offtake.worker",
        "message": "export finished",
        "export": "6a0c",
        "rows": 12,
        "seconds": 0.5,
    }


def test_a_text_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("info", "text")
    logging.getLogger("offtake.worker").info("export finished", extra={"export": "6a0c", "rows": 12})
    assert capsys.readouterr().err.endswith("info    offtake.worker: export finished export=6a0c rows=12\n")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("logger", ["offtake.service", "dbos", "sqlalchemy.engine.Engine", "_granian", "somebody.else"])
def test_no_canary_gets_out(form: Form, canary: str, logger: str, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("debug", form)
    log = logging.getLogger(logger)
    try:
        fail(canary)
    except RuntimeError as problem:
        log.exception("it failed: %s", problem)
        log.error("it failed", exc_info=True, extra={"error": problem, "route": f"/v1 {canary}", "email": canary})
        log.warning("%s", canary, extra={"tenant": [canary], "export": {"id": canary}}, stack_info=True)
        log.warning("of %(name)s", {"name": canary})
        log.warning(problem)
    if not logger.startswith("offtake"):
        log.error(f"it failed for {canary}")
    told = capsys.readouterr().err
    assert canary not in told
    assert len(told.splitlines()) >= 5
    assert "ValueError" in told
    assert f"{__name__.rpartition('.')[2]}.py:" in told
    assert ":fail" in told


def test_an_exception_is_told_with_its_causes_each_once(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("info", "json")
    try:
        fail("x")
    except RuntimeError as problem:
        problem.__context__ = problem.__cause__
        logging.getLogger("offtake").exception("it failed")
    (line,) = lines(capsys)
    told = line["exception"]
    assert isinstance(told, list)
    assert [one["type"] for one in told] == ["RuntimeError", "ExceptionGroup", "ValueError", "KeyError"]


def test_libraries_are_held_to_warnings_and_to_our_form(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("debug", "json")
    for name in telemetry.QUIET:
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("lost %d of them", 3)
    told = lines(capsys)
    assert [one["logger"] for one in told] == list(telemetry.QUIET)
    assert {one["message"] for one in told} == {"lost %d of them"}


def test_setting_up_twice_says_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.set_up("info", "json")
    telemetry.set_up("warning", "json")
    logging.getLogger("offtake").info("not said")
    logging.getLogger("offtake").warning("said")
    assert [one["message"] for one in lines(capsys)] == ["said"]
