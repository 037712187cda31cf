"""What tests of the command line share: commands run in this process."""

from collections.abc import Callable

import pytest

from offtake.cli.main import app
from offtake.cli.outcome import guarded

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in the present folder; gives its exit code, what it printed, and what it said on the side."""

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            status = guarded(lambda: app(list(arguments), result_action="return_value"))
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        return status, out, err

    return command
