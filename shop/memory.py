"""The process's memory: the layout of the C library's heap, returning free pages, and when Python collects garbage.

glibc gives threads separate arenas, up to eight per processor. Here a thread takes any free database connection, so a
connection's pages and statements would spread over all arenas, and each arena would keep its peak: after 4 000
updates the shop held 20 MB more. Threads hardly wait for each other at a single arena, because Python runs one of
them at a time.

Modules stay for good, yet Python's collector scans all their objects again and again: while they are imported, at
each full collection, and when the program ends, which took a fifth of the startup time.
"""

import ctypes
import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_S = 30
"""Seconds between two returns of free pages, each of which takes two milliseconds."""
_M_ARENA_MAX = -8
"""The parameter for the most arenas (mallopt(3))."""


def use_one_heap() -> None:
    """Make all threads share one arena, if the C library offers that; call it before any thread is started."""
    library = _library()
    if library is not None:
        library.mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return free heap pages to the system (malloc_trim(3)), such as those only the start needed."""
    library = _library()
    if library is not None:
        library.malloc_trim(0)


@contextmanager
def loading() -> Iterator[None]:
    """Import modules without collecting garbage, and exclude their objects from later collections."""
    gc.disable()
    try:
        yield
    finally:
        keep()
        gc.enable()


def keep() -> None:
    """Exclude all present objects, such as modules, from later collections and from the one at exit."""
    gc.freeze()


def keep_only_what_is_used() -> None:
    """Collect the startup garbage, and exclude the rest from later collections."""
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
