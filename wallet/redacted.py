"""What keeps a secret's mouth shut."""

from typing import NoReturn, SupportsIndex


class Redacted:
    """A base for objects that hold a secret: nothing of it in repr, str, format or logs, and no pickles or copies."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (redacted)>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is not pickled or copied")
