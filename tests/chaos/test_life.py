"""Promise 11, a sample: the life of an export against a small model, on a clock that moves when it is told to."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from offtake.core.error import Conflict, Unavailable
from offtake.core.export import Attempt, Export, ExportId, ExportRequest, Part, Progress, Selection
from offtake.core.kind import Kind
from offtake.core.lifecycle import TRANSITIONS, State
from offtake.core.tenant import Compared, Principal
from offtake.service import exports, retention, runs, tenants
from offtake.service.runs import LostAttempt
from offtake.testing.house import POLICY, build

EXAMPLES = 8 * int(os.environ.get("OFFTAKE_CHAOS", "1"))
STEPS = 30
KEYS = ("a", "b", None)
MAX_DEATHS = 3
LIFE = POLICY.file_life


@dataclass
class Model:
    """What an export should be."""

    state: State = State.PENDING
    attempt: int = 0
    deaths: int = 0
    rows: int = 0
    parts: int = 0
    expires_at: datetime | None = None
    told: list[Kind] = field(default_factory=lambda: [Kind.REQUESTED])


class Life(RuleBasedStateMachine):
    """Everything that callers, workers and upkeep may do to exports, in any order."""

    asked = Bundle("asked")
    attempts = Bundle("attempts")
    """Those that were lost stay in it: they come back late and try to move."""

    @initialize(target=asked)
    def begin(self) -> str:
        self.directory = Path(tempfile.mkdtemp())
        self.stage = build(self.directory, policy=replace(POLICY, max_attempts=MAX_DEATHS))
        self.house = self.stage.house
        self.principal = self._principal()
        self.models: dict[str, Model] = {}
        self.keys: dict[str, str] = {}
        self.seen: dict[str, Export] = {}
        return self.ask_anew()

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.stage.close()
            shutil.rmtree(self.directory)

    # --- callers -----------------------------------------------------------------------------------------------------

    @rule(target=asked, key=st.sampled_from(KEYS))
    def ask(self, key: str | None) -> object:
        export = exports.request(self.house, self.principal, _ask(key)).export
        if key in self.keys:
            assert export.id == self.keys[key], "a repeated request made another export"
            return multiple()
        assert export.id not in self.models
        assert self.stage.engine.tasks[-1].subject == export.id
        self.models[export.id] = Model()
        if key is not None:
            self.keys[key] = export.id
        return export.id

    def ask_anew(self) -> str:
        export = exports.request(self.house, self.principal, _ask(None)).export
        self.models[export.id] = Model()
        return export.id

    @rule(target=attempts, export_id=asked)
    def lose(self, export_id: str) -> object:
        """An attempt is lost to the next one; both go on."""
        return multiple(*(one for one in (self._claim(export_id), self._claim(export_id)) if one is not None))

    @rule(key=st.sampled_from(KEYS[:2]))
    def ask_otherwise_with_the_same_key(self, key: str) -> None:
        if key in self.keys:
            with pytest.raises(Conflict):
                exports.request(self.house, self.principal, replace(_ask(key), client_reference="other"))

    @rule(export_id=asked)
    def cancel(self, export_id: str) -> None:
        model = self.models[export_id]
        if model.state in (State.PENDING, State.RUNNING, State.CANCELLED):
            assert exports.cancel(self.house, self.principal, export_id).export.state is State.CANCELLED
            self._cancelled(model)
        else:
            with pytest.raises(Conflict):
                exports.cancel(self.house, self.principal, export_id)

    @rule(export_id=asked)
    def delete(self, export_id: str) -> None:
        model = self.models[export_id]
        exports.delete(self.house, self.principal, export_id)
        self._cancelled(model)
        if model.state is State.SUCCEEDED:
            model.state, model.parts, model.expires_at = State.EXPIRED, 0, self.stage.clock.now
        if model.state is State.FAILED and model.expires_at is None:
            model.expires_at = self.stage.clock.now
        model.told.append(Kind.DELETED)
        assert not self._stored(export_id)

    # --- workers -----------------------------------------------------------------------------------------------------

    @rule(target=attempts, export_id=asked)
    def claim(self, export_id: str) -> object:
        """Of a running export too: that is what happens when its worker is thought dead."""
        attempt = self._claim(export_id)
        return multiple() if attempt is None else attempt

    @rule(attempt=attempts, rows=st.integers(1, 1000))
    def report(self, attempt: Attempt, rows: int) -> None:
        if self._moves(attempt, lambda: runs.report(self.house, attempt, Progress(rows=rows))):
            self.models[attempt.export.id].rows = rows

    @rule(attempt=attempts, count=st.integers(0, 3))
    def publish(self, attempt: Attempt, count: int) -> None:
        parts = [self._part(attempt, number) for number in range(1, count + 1)]
        if self._moves(attempt, lambda: runs.publish(self.house, attempt, parts)):
            model = self.models[attempt.export.id]
            model.state, model.parts, model.rows = State.SUCCEEDED, count, count
            model.expires_at = self.stage.clock.now + LIFE
            model.told += [*[Kind.PART] * count, Kind.SUCCEEDED]

    @rule(attempt=attempts, counts=st.booleans())
    def give_back(self, attempt: Attempt, counts: bool) -> None:
        model = self.models[attempt.export.id]
        if counts and attempt.export.deaths + 1 >= MAX_DEATHS:
            assert not runs.give_back(self.house, attempt, delay=timedelta(0), counts=counts)
        elif self._moves(attempt, lambda: runs.give_back(self.house, attempt, delay=timedelta(0), counts=counts)):
            model.state, model.rows = State.PENDING, 0
            model.deaths += counts
            model.told.append(Kind.RELEASED)
            assert self.stage.engine.tasks[-1].subject == attempt.export.id

    @rule(attempt=attempts)
    def fail(self, attempt: Attempt) -> None:
        if self._moves(attempt, lambda: runs.fail(self.house, attempt, Unavailable("gone", cure="wait"))):
            model = self.models[attempt.export.id]
            model.state = State.FAILED
            model.told.append(Kind.FAILED)

    @rule(attempt=consumes(attempts))
    def clean(self, attempt: Attempt) -> None:
        """A worker that lost removes what it wrote."""
        if not self._owns(attempt) and self.models[attempt.export.id].state is not State.SUCCEEDED:
            self.house.storage.delete(runs.location(attempt))

    # --- time --------------------------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([0.01, 1, 6.99, 7]))
    def let_time_pass(self, days: float) -> None:
        self.stage.clock.advance(timedelta(days=days))

    @rule()
    def expire(self) -> None:
        due = [
            (export_id, one)
            for export_id, one in self.models.items()
            if one.state is State.SUCCEEDED and one.expires_at <= self.stage.clock.now
        ]
        assert retention.expire(self.house) == len(due)
        for export_id, model in due:
            model.state, model.parts = State.EXPIRED, 0
            model.told.append(Kind.EXPIRED)
            assert not self._stored(export_id)

    @rule()
    def sweep(self) -> None:
        retention.sweep(self.house)
        for export_id, model in self.models.items():
            if model.state not in (State.PENDING, State.RUNNING):
                assert len(self._stored(export_id)) == model.parts

    # --- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def exports_are_what_the_model_says(self) -> None:
        for export_id, model in getattr(self, "models", {}).items():
            found = exports.get(self.house, self.principal, export_id).export
            assert found.state is model.state
            assert (found.attempt, found.deaths) == (model.attempt, model.deaths)
            assert found.progress.rows == model.rows or model.state in (State.FAILED, State.CANCELLED)
            assert found.expires_at == model.expires_at
            assert len(found.parts) == model.parts
            assert not found.parts or found.state is State.SUCCEEDED
            assert (found.failure is not None) == (found.state is State.FAILED)
            assert (found.finished_at is not None) == (not TRANSITIONS[found.state] or found.state is State.SUCCEEDED)
            for one in found.parts:
                content = b"".join(self.house.storage.read(one.location, 0, one.bytes))
                assert sha256(content).hexdigest() == one.sha256
            before = self.seen.get(export_id)
            if before is not None and before.state is not found.state:
                assert _leads(before.state, found.state)
            self.seen[export_id] = found

    @invariant()
    def events_tell_it_in_order(self) -> None:
        for export_id, model in getattr(self, "models", {}).items():
            followed = exports.follow(self.house, self.principal, export_id, 0)
            assert [one.kind for one in followed.events] == model.told
            sequences = [one.sequence for one in followed.events]
            assert sequences == sorted(set(sequences))

    # --- how it is done ----------------------------------------------------------------------------------------------

    def _claim(self, export_id: str) -> Attempt | None:
        model = self.models[export_id]
        attempt = runs.claim(self.house, ExportId(export_id))
        if model.state is State.RUNNING:
            model.deaths += 1
            if model.deaths >= MAX_DEATHS:
                model.state = State.FAILED
                model.told.append(Kind.FAILED)
        elif model.state is not State.PENDING:
            assert attempt is None
            return None
        if model.state is State.FAILED:
            assert attempt is None
            return None
        model.state, model.rows = State.RUNNING, 0
        model.attempt += 1
        model.told.append(Kind.RUNNING)
        assert attempt is not None
        assert attempt.number == model.attempt
        return attempt

    def _moves(self, attempt: Attempt, move: Callable[[], object]) -> bool:
        """Make a worker's move; a lost attempt must be told so, and then nothing is changed."""
        if self._owns(attempt):
            move()
            return True
        with pytest.raises(LostAttempt):
            move()
        return False

    def _owns(self, attempt: Attempt) -> bool:
        model = self.models[attempt.export.id]
        return model.state is State.RUNNING and model.attempt == attempt.number

    def _cancelled(self, model: Model) -> None:
        if model.state in (State.PENDING, State.RUNNING):
            model.state = State.CANCELLED
            model.told.append(Kind.CANCELLED)

    def _part(self, attempt: Attempt, number: int) -> Part:
        content = f"{attempt.number} {number}\n".encode()
        location = f"{runs.location(attempt)}/{number}.csv"
        if self._owns(attempt):
            writer = self.house.storage.create(location)
            writer.write(content)
            writer.commit()
        digest = sha256(content).hexdigest()
        name = f"{number}.csv"
        return Part(selection=0, number=number, name=name, location=location, rows=1, bytes=len(content), sha256=digest)

    def _stored(self, export_id: str) -> list[str]:
        return [location for location, _ in self.house.storage.locations(export_id)]

    def _principal(self) -> Principal:
        return tenants.authenticate(self.house, self.stage.kind, Compared(secret=self.stage.token("acme")))


def _ask(key: str | None) -> ExportRequest:
    return ExportRequest(
        selections=(Selection(dataset="bookings"),), format="csv", dialect="native", idempotency_key=key
    )


def _leads(before: State, after: State) -> bool:
    """Whether moves of the table lead from one to the other; a claim takes two of them at once."""
    near = set(TRANSITIONS[before].values())
    return after in near or any(after in TRANSITIONS[one].values() for one in near)


LifeTest = Life.TestCase
LifeTest.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
)
