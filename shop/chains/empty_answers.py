"""A guard against servers that lost their index: an empty history where there was one is not believed at once."""

import threading
from collections import OrderedDict

from shop.chains.errors import BadAnswer

_REMEMBERED = 20_000
_BELIEVED_AFTER = 3


class EmptyAnswers:
    """Remembers which addresses had a history, so that a server that lost its index is noticed."""

    def __init__(self) -> None:
        self._denials: OrderedDict[str, list[str]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, provider: str, address: str, *, empty: bool) -> None:
        """Record a server's answer about an address.

        A reorganisation can really empty a history, so two servers that agree are believed, and so is one that says
        it three times.

        Raises:
            BadAnswer: a history that existed before is missing.
        """
        with self._lock:
            if not empty:
                self._denials[address] = []
                self._denials.move_to_end(address)
                if len(self._denials) > _REMEMBERED:
                    self._denials.popitem(last=False)
                return
            denied = self._denials.get(address)
            if denied is None:
                return
            denied.append(provider)
            if len(set(denied)) > 1 or len(denied) >= _BELIEVED_AFTER:
                del self._denials[address]
                return
        raise BadAnswer(provider, "an empty list where there was a history before")
