"""Memory that was used for a moment goes back to the machine."""

import ctypes
import sys
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
KEPT: Final = 1024 * 1024
ARENAS: Final = 2


def give_back() -> None:
    """Fix what glibc else adapts: after one password was hashed (19 MB) it keeps twice as much for the next.

    Threads share two arenas, since a page is made under one lock anyway. Elsewhere than on glibc this does nothing.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((M_TRIM_THRESHOLD, KEPT), (M_MMAP_THRESHOLD, KEPT), (M_ARENA_MAX, ARENAS)):
            mallopt(option, value)
