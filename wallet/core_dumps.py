"""Keeps the memory of a process with a mnemonic from the disk and from debuggers of the same user.

A core dump holds every key; so does what ptrace(2) reads. Neither is needed to run a shop. Swap is not covered:
encrypting it is up to the machine.
"""

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4
"""prctl(2): 0 means no core dump, no ptrace by other processes of the user, and /proc files that belong to root."""


def forbid() -> None:
    """Forbid core dumps of this process and its children and, where prctl exists, reading its memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _set_undumpable()


def _set_undumpable() -> None:
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):  # a C library without prctl: the limit above still holds
        return
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
