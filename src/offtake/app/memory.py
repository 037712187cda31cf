"""How a process of ours has its memory cleaned."""

import gc
from typing import Final

ALLOCATIONS: Final = 10_000
"""New containers between two looks for cycles. Rows and messages make thousands a moment and no cycle; Python's own
number, 700, has them looked through all the time (a tenth to a quarter of what a list of links takes)."""


def settle() -> None:
    """To be called once a process has everything that it keeps: the collector no longer walks it, and walks the rest
    less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)
