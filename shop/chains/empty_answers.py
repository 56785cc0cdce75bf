"""An empty list where there was one before is not believed at once."""

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
        """Take note of what a server says about an address.

        A reorganisation can empty a history for real: two servers that agree are believed, and one that says
        so three times.

        Raises:
            BadAnswer: the history is gone that was there before.
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
        raise BadAnswer(provider, "an empty list where there was one before")
