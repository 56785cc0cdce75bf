"""The view of a chain: transfers, its head, and the two ways to look for transfers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from shop.assets import Asset
from shop.chains.errors import ChainUnavailable
from wallet.chains import Chain

SAFE = "safe"
FINALIZED = "finalized"
"""The finality levels that some chains name."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How often to look at the address of a top-up, in seconds: `fresh_every_s` while it is fresh, then by its age.

    `later` holds (age, how often) in ascending order; after the last age only scans look.
    """

    fresh_every_s: int
    later: tuple[tuple[int, int], ...] = ()

    def every_s(self, age_s: int, *, fresh_s: int) -> int | None:
        """Return how often to look at a top-up of this age, if one is fresh for this long; None: only scans do."""
        if age_s < fresh_s:
            return self.fresh_every_s
        return next((every_s for until_s, every_s in self.later if age_s < until_s), None)

    def last_s(self, *, fresh_s: int) -> int:
        """Return the age at which looks end."""
        return max(fresh_s, *(until_s for until_s, _ in self.later), 0)


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """The state of one server, for /healthz and metrics. Times are Unix seconds; None: it is not resting."""

    name: str
    resting_until: int | None
    reason: str
    failures_in_a_row: int
    asked_today: int
    daily_quota: int | None
    is_slow: bool


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """How a chain's servers are doing. `delayed_since` (Unix seconds) is None while one of them answers.

    `unread` says why some addresses cannot be read now. Where blocks are proved, `astray` names the servers that
    follow a branch other than the one that counts, and `doubt` says why nothing may be confirmed now.
    """

    chain: Chain
    delayed_since: int | None
    highest_block: int | None
    providers: tuple[ProviderStatus, ...]
    astray: tuple[str, ...] = ()
    doubt: str = ""
    unread: str = ""

    @property
    def ok(self) -> bool:
        """Whether deposits of this chain are seen without delay."""
        return self.delayed_since is None


NATIVE = "native"
"""How the index of a payment in the chain's own coin begins on ETH and TRX."""
MOST_LAG_BLOCKS = 16
"""How many blocks a server may lag behind the head that it reported, since one URL often stands for several nodes."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One incoming payment as a server shows it.

    Identity is (chain, txid, index). `index` is the output number (BTC, LTC), "native:address" (ETH, TRX),
    "asset:address" (ERC-20, TRC-20: what one transaction pays there is summed), or the address itself (SOL): it tells
    two payments of one transaction apart, and is the same in every later look at the same payment, whichever server
    or method showed it, however many units it reports, and whichever block contains it after a reorganisation. A
    server that names another receiver shows another payment. `units` are whole base units of `asset`. `block_height`
    is None while it is unconfirmed. `replaceable`: it is unconfirmed, and its sender can replace it: if it signals
    BIP-125 on BTC and LTC, and always on ETH (by its nonce) and TRX (by spending the balance first). `block_time` is
    in Unix seconds. `shown_by` names the server that showed it, on BTC and LTC the one that proved its block.
    """

    chain: Chain
    txid: str
    index: str
    address: str
    asset: Asset
    units: int
    block_height: int | None = None
    block_hash: str | None = None
    block_time: int | None = None
    replaceable: bool = False
    shown_by: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A chain's head, as block heights (slots on Solana).

    `safe` and `finalized` are None where the chain has no such notion (BTC, LTC). On TRON `finalized` is the
    solidified block.
    """

    latest: int
    safe: int | None = None
    finalized: int | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """An address's balance of a coin or token, in base units."""

    address: str
    asset: Asset
    units: int


@dataclass(frozen=True, slots=True)
class OtherToken:
    """A payment in a token that the shop does not take, by the address of its contract (Solana: its mint).

    Anybody can make a token with any name, so its name is not read.
    """

    address: str
    contract: str
    txid: str


@dataclass(frozen=True, slots=True)
class Scan:
    """The result of one look. `cursor` is where the next scan of the same addresses starts.

    `behind` is how many blocks are left to read: above 0, the next scan may follow at once. `unanswered`: why some
    addresses could not be read, which a later scan tries again.
    """

    transfers: tuple[Transfer, ...]
    head: Head
    cursor: str
    behind: int = 0
    unanswered: ChainUnavailable | None = None


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """How a chain should be watched, as its reader suggests.

    `peek_batch`: how many addresses cost about one request when peeked at together.
    `looks`: how often to peek at an address. `own_coin_looks`: if a peek at the chain's own coin takes a request per
    address, how often to make it; else None. `scan_every_s`: how often to scan every address that was ever given
    out.
    """

    peek_batch: int
    looks: Looks
    scan_every_s: int
    own_coin_looks: Looks | None = None


class ChainReader(Protocol):
    """The shop's interface to a chain, whichever server answers.

    Every method raises `ChainUnavailable` if no server answers: then nothing is known, and nothing changes.
    """

    chain: Chain
    plan: WatchPlan

    def status(self) -> "ChainStatus":
        """Return the state of the chain's servers, without asking them."""
        ...

    def head(self) -> Head:
        """Ask for the chain's head."""
        ...

    def peek(self, addresses: Sequence[str], *, own_coin: Sequence[str] = ()) -> tuple[Transfer, ...]:
        """Look at a few fresh addresses at once, unconfirmed payments included: everything recent they received.

        `own_coin`: the addresses to check for the chain's own coin, if that takes a request for each
        (`own_coin_looks`).
        """
        ...

    def scan(self, addresses: Sequence[str], cursor: str | None) -> Scan:
        """Find every payment to `addresses` since `cursor`; None starts at the head (with the usual overlap).

        Bounded in requests: returns early with a cursor that has not reached the head when there is a lot to
        read. The caller keeps the cursor only after it has stored every transfer.
        """
        ...

    def find(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """Look one transaction up: what it pays to `addresses` (nothing: an empty tuple).

        Raises:
            UnknownTransaction: every server that answered says it does not exist.
        """
        ...


@runtime_checkable
class BalanceReader(Protocol):
    """A chain on which coins can arrive that no list of transactions shows, or tokens that the shop does not
    accept.
    """

    chain: Chain

    def balances(self, addresses: Sequence[str]) -> tuple[Balance, ...]:
        """Ask for the balances of all these addresses. Raises ChainUnavailable."""
        ...


@runtime_checkable
class TokenReader(Protocol):
    """A chain that has tokens, of which the shop takes few or none."""

    def other_tokens(self, txid: str, addresses: Sequence[str]) -> tuple[OtherToken, ...]:
        """Look up which other tokens one transaction paid to `addresses`, once it is in a block.

        Raises:
            UnknownTransaction: every server that answered says it does not exist.
        """
        ...


@runtime_checkable
class ProvingReader(Protocol):
    """A chain on which the block of a transfer is proved."""

    def holds(self, block_height: int, block_hash: str) -> bool:
        """Return whether a block is part of the chain, without asking any server."""
        ...

    def find_again(self, txid: str, addresses: Sequence[str]) -> tuple[Transfer, ...]:
        """As `find`, for credited transfers: the server that showed it is asked last."""
        ...
