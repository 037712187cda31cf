"""The life of an export: its states and the only moves between them.

Rule 1: every change of state goes through `advance`; no other module assigns a state.
Rule 2: this module knows nothing of workers, HTTP or databases.

The diagram in docs/explanation/lifecycle.md is drawn from `TRANSITIONS` by a test.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where an export stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Move(StrEnum):
    """What can happen to an export."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    RELEASE = "release"  # the worker gave it back or lost its lease; another may start it again
    CANCEL = "cancel"
    EXPIRE = "expire"


TRANSITIONS: Final[Mapping[State, Mapping[Move, State]]] = {
    State.PENDING: {Move.START: State.RUNNING, Move.FAIL: State.FAILED, Move.CANCEL: State.CANCELLED},
    State.RUNNING: {
        Move.FINISH: State.SUCCEEDED,
        Move.FAIL: State.FAILED,
        Move.RELEASE: State.PENDING,
        Move.CANCEL: State.CANCELLED,
    },
    State.SUCCEEDED: {Move.EXPIRE: State.EXPIRED},
    State.FAILED: {},
    State.CANCELLED: {},
    State.EXPIRED: {},
}

OPEN: Final = frozenset({State.PENDING, State.RUNNING})
"""The states in which an export still needs a worker; the others are final, but that a success may expire."""


class IllegalMove(Exception):
    """A bug on our side: no caller can ask for a move that is not in the table."""


def advance(state: State, move: Move) -> State:
    """Return the state that `move` leads to."""
    try:
        return TRANSITIONS[state][move]
    except KeyError:
        raise IllegalMove(f"{move} from {state}") from None
