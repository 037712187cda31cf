"""The command line: `offtake`, also `python -m offtake`.

Exit codes:

    0    done, and everything that was checked is right
    1    it ran and did not come out right: an export failed, a file is damaged
    2    the command line is wrong
    3    the configuration is wrong
    4    refused: not found, not permitted, contradicts what is there
    5    not reachable now: the store, a source or the server; the same command may work later
    70   a fault of ours
    75   a worker was taken for dead, and others have its exports: start another (`serve` does)
    130  interrupted
"""

import sys

from offtake.cli.main import app
from offtake.cli.outcome import guarded


def main() -> None:
    """Run the command named on the command line and exit with its code."""
    sys.exit(guarded(lambda: app(result_action="return_value")))
