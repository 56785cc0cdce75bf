"""The interface that the sandbox needs from the emulated blockchains."""

from decimal import Decimal
from typing import Any, Protocol

from flask import Blueprint

from web.sandbox.wire import Json


class ChainPanel(Protocol):
    """The emulated blockchains. Names of chains and assets may be in any case and are checked here.

    Everything raises SandboxError for bad input.
    """

    def pay(self, chain: str, address: str, amount: Decimal, asset: str | None) -> str:
        """Send whole coins to an address and return the transaction's id."""
        ...

    def mine(self, chain: str, blocks: int) -> int:
        """Add blocks and return the new height."""
        ...

    def drop(self, chain: str, txid: str) -> None:
        """Remove an unconfirmed transaction."""
        ...

    def cost(self, chain: str, times: int) -> None:
        """Set a chain's fees to a multiple of the usual ones."""
        ...

    def fault(self, chain: str, kind: str, count: int) -> None:
        """Make the next calls to this chain's servers fail."""
        ...

    def overview(self) -> list[Json]:
        """Describe every chain: height, assets, unconfirmed transactions and recent ones."""
        ...

    def blueprint(self) -> Blueprint:
        """Return the emulated servers' routes, to be mounted at the root of one."""
        ...

    def snapshot(self) -> Json:
        """Return the state as JSON."""
        ...

    def restore(self, saved: dict[str, Any]) -> None:
        """Restore a snapshot."""
        ...
