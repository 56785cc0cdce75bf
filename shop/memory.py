"""The process's memory: how the C library lays out its heap, giving back what is free, and when Python collects.

glibc gives threads arenas of their own, up to eight for each processor. Here a thread takes whichever connection to
the database is free, so its pages and statements would spread over all arenas, and each would keep its peak: after
4 000 updates the shop held 20 MB more. Threads hardly wait for each other at the one arena, because Python runs one
of them at a time.

Modules stay for good. Python's collector looks at all that they hold again and again: while they are imported, every
time that it looks at everything, and when the program ends, which took a fifth of the time of a start.
"""

import ctypes
import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_S = 30
"""How often free pages are given back: it takes two milliseconds."""
_M_ARENA_MAX = -8
"""mallopt(3): how many arenas there may be."""


def use_one_heap() -> None:
    """Have all threads share one arena, where the C library has such a choice; before any thread is started."""
    library = _library()
    if library is not None:
        library.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Give free pages of the heap back to the system (malloc_trim(3)): what the start needed and nobody does now."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


@contextmanager
def loading() -> Iterator[None]:
    """Import modules without a look for garbage, and keep what they made out of the collector's sight."""
    gc.disable()
    try:
        yield
    finally:
        keep()
        gc.enable()


def keep() -> None:
    """Have the collector look no more at what is there now, as modules are, or when the program ends."""
    gc.freeze()


def keep_only_what_is_used() -> None:
    """Collect the garbage of the start, and have the collector look no more at what is left of it."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@functools.cache
def _library() -> ctypes.CDLL | None:
    """Find glibc; None with another C library, which lays out its heap in its own way."""
    try:
        library = ctypes.CDLL(None)
        library.malloc_trim.argtypes, library.mallopt.argtypes = [ctypes.c_size_t], [ctypes.c_int, ctypes.c_int]
    except (OSError, AttributeError):
        return None
    return library
