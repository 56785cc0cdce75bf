"""Everything that can go wrong between the shop and other people's servers.

ProviderError                one server did not give a usable answer
├── Unavailable              no connection, time-out, 5xx, an answer that breaks off
├── RateLimited              429, or our own daily quota is spent
├── Refused                  401, 402, 403, 418, 451: this address, key or region is not served
├── BadAnswer                a malformed answer: HTML, an error in a 200, a wrong shape, a lower height
│   ├── AnotherNetwork       an answer about a test network
│   └── TooLarge             an answer above the size limit: for less at once there may be a smaller one
├── Rejected                 another 4xx: the server says that the question is wrong
└── NotFound                 404: an answer, not a failure

ChainError                   what the rest of the shop sees
├── ChainUnavailable         no server of a chain answers
│   └── ChainDoubtful        they answer, but their blocks cannot be relied on now
└── UnknownTransaction       every server that answered says that there is no such transaction

BadCallback                  a payment provider's report that cannot be trusted
└── UnsignedCallback         it does not carry the provider's signature

Texts contain the server's host and our own reason, never a URL, a key, an address or what the server wrote.
"""

from wallet.chains import Chain


class ProviderError(Exception):
    """One server did not give a usable answer; `reason` is a short phrase for admins."""

    status: int = 0
    """The HTTP status of the answer that is no use; 0 if there was none."""

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider}: {reason}")
        self.provider = provider
        self.reason = reason


class Unavailable(ProviderError):
    """The server cannot be reached or is broken; `body` is what it wrote about that, if anything, never shown."""

    def __init__(self, provider: str, reason: str, *, body: bytes = b"") -> None:
        super().__init__(provider, reason)
        self.body = body


class RateLimited(ProviderError):
    """The server wants fewer requests; `retry_after_s` is the delay it asked for, or None."""

    def __init__(self, provider: str, reason: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(provider, reason)
        self.retry_after_s = retry_after_s


class Refused(ProviderError):
    """The server does not serve us at all."""

    def __init__(self, provider: str, status: int) -> None:
        super().__init__(provider, f"refused ({status})")
        self.status = status


class BadAnswer(ProviderError):
    """The server answered, but the answer is wrong, stale or meaningless."""


class AnotherNetwork(BadAnswer):
    """The server belongs to another network, such as a test network."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider, "another network")


class TooLarge(BadAnswer):
    """The answer is larger than any that is read. Honest ones are, if too much is asked for at once."""


class Rejected(ProviderError):
    """The server rejected the question; `body` is what it wrote, never shown."""

    def __init__(self, provider: str, status: int, body: bytes) -> None:
        super().__init__(provider, f"rejected the question ({status})")
        self.status = status
        self.body = body


class NotFound(ProviderError):
    """The server knows no such thing."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider, "not found")


class ChainError(Exception):
    """A question about a chain that could not be answered."""


class ChainUnavailable(ChainError):
    """No server of a chain answers; `failures` says what each one did, `retry_after_s` when one is due again."""

    def __init__(self, chain: Chain, failures: tuple[ProviderError, ...], *, retry_after_s: int) -> None:
        super().__init__(f"{chain.value}: no provider answers ({'; '.join(map(str, failures)) or 'all rest'})")
        self.chain = chain
        self.failures = failures
        self.retry_after_s = retry_after_s

    @property
    def is_about_the_question(self) -> bool:
        """Return whether servers did answer, but none could make sense of this question: another one may succeed."""
        return bool(self.failures) and all(isinstance(each, BadAnswer | Rejected) for each in self.failures)


class ChainDoubtful(ChainUnavailable):
    """Nothing may be confirmed on a chain now; `reason` is a short phrase for admins."""

    def __init__(self, chain: Chain, reason: str) -> None:
        super().__init__(chain, (), retry_after_s=60)
        self.args = (f"{chain.value}: {reason}",)
        self.reason = reason


class UnknownTransaction(ChainError):
    """Every server that answered says that the transaction does not exist."""

    def __init__(self, chain: Chain, txid: str) -> None:
        super().__init__(f"{chain.value}: unknown transaction")
        self.chain = chain
        self.txid = txid


class BadCallback(Exception):
    """A payment provider's report that cannot be trusted; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsignedCallback(BadCallback):
    """A report without the provider's signature: anyone may have sent it."""
