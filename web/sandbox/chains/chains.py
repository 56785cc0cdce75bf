"""All emulated chains and price sources behind one panel."""

import threading
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from random import Random
from typing import Any, Protocol

from flask import Blueprint

from shop.assets import Asset
from shop.chains.networks import ETHEREUM, TRON
from shop.chains.proof.checkpoints import Network
from shop.chains.provider_settings import ProviderSettings
from wallet.addresses import validate
from wallet.chains import Chain
from wallet.errors import WalletError
from web.sandbox.chains.account_ledger import AccountLedger
from web.sandbox.chains.bitcoin_ledger import BitcoinLedger
from web.sandbox.chains.callbacks import deliver
from web.sandbox.chains.esplora import EsploraServer
from web.sandbox.chains.ethereum import EthereumServer, Limits
from web.sandbox.chains.ethplorer import EthplorerServer
from web.sandbox.chains.faults import Faults
from web.sandbox.chains.kryptoexpress import KryptoExpressServer
from web.sandbox.chains.names import asset_of, chain_of, payable, server_name, servers_of
from web.sandbox.chains.prices import PriceServers
from web.sandbox.chains.routes import Routes
from web.sandbox.chains.solana import SolanaServer
from web.sandbox.chains.solana_ledger import SolanaLedger
from web.sandbox.chains.tron import TronServer
from web.sandbox.errors import SandboxError
from web.sandbox.wire import Clock

Json = dict[str, Any]
_MOST_BLOCKS = 100_000
_MOST_BITCOIN_BLOCKS = 1_000
_PATHS = {
    Chain.BTC: "btc{}/api",
    Chain.LTC: "ltc{}/api",
    Chain.ETH: "eth{}",
    Chain.TRX: "tron{}",
    Chain.SOL: "solana{}",
}
"""Where the servers of each chain are; `{}` is empty, or the mirror's ending."""
_NAMES = {
    Chain.BTC: "Bitcoin", Chain.LTC: "Litecoin", Chain.ETH: "Ethereum", Chain.TRX: "TRON", Chain.SOL: "Solana",
}  # fmt: skip


class Ledger(Protocol):
    """The operations of every emulated chain. `fees` is a multiple of the usual ones."""

    fees: int

    @property
    def height(self) -> int:
        """The height of the newest block."""
        ...

    def send(self, asset: Asset, payments: Sequence[tuple[str, int]]) -> str:
        """Pay addresses in base units in one transaction; return its id."""
        ...

    def mine(self, count: int) -> None:
        """Add blocks."""
        ...

    def drop(self, txid: str) -> None:
        """Remove a transaction, by a reorganisation if it is in a block."""
        ...

    def waiting(self) -> list[Json]:
        """List the unconfirmed transactions."""
        ...

    def recent(self) -> list[Json]:
        """List the latest confirmed payments, newest first."""
        ...

    def snapshot(self) -> Json:
        """Return the state as JSON."""
        ...

    def restore(self, saved: Json) -> None:
        """Restore a snapshot."""
        ...


class Chains:
    """The emulated chains. Tests use the ledgers directly where they need more than the panel offers."""

    def __init__(self, *, clock: Clock, random: Random, hold_s: float = 15, drip_s: float = 3) -> None:
        self.faults = Faults(hold_s=hold_s, drip_s=drip_s)
        self.lock = threading.RLock()
        self.routes = Routes(self.faults, self.lock)
        self.prices = PriceServers(clock)
        self.btc = BitcoinLedger(Chain.BTC, first_height=870_000, clock=clock, random=random)
        self.ltc = BitcoinLedger(Chain.LTC, first_height=2_790_000, clock=clock, random=random)
        self.eth = AccountLedger(
            Chain.ETH, first_height=21_000_000, safe_depth=32, final_depth=64, clock=clock, random=random
        )
        self.tron = AccountLedger(
            Chain.TRX, first_height=68_000_000, safe_depth=19, final_depth=19, clock=clock, random=random
        )
        self.sol = SolanaLedger(first_slot=300_000_000, clock=clock, random=random)
        self.ledgers: dict[Chain, Ledger] = {
            Chain.BTC: self.btc,
            Chain.LTC: self.ltc,
            Chain.SOL: self.sol,
            Chain.TRX: self.tron,
            Chain.ETH: self.eth,
        }
        self.explorers = {Chain.BTC: EsploraServer(self.btc), Chain.LTC: EsploraServer(self.ltc)}
        self.eth_node = EthereumServer(self.eth, chain_id=ETHEREUM)
        tron_limits = Limits(blocks=5_000, topics=1_000, clamps=True)
        self.tron_node = EthereumServer(self.tron, chain_id=TRON, limits=tron_limits)
        self.tron_grid = TronServer(self.tron, self.tron_node)
        self.solana_node = SolanaServer(self.sol)
        self.kryptoexpress = KryptoExpressServer(clock, random)
        self._register()

    def blueprint(self) -> Blueprint:
        """Return the emulated servers, to be mounted at the root of a server."""
        return self.routes.blueprint()

    def provider_settings(self, base_url: str, *, mirrors: bool = False) -> ProviderSettings:
        """Return where the shop finds the emulated servers; `mirrors` gives it a second one of each chain that has
        two.
        """
        base = base_url.rstrip("/")
        second = ("", "-mirror") if mirrors else ("",)
        return ProviderSettings(
            servers={
                chain: tuple(f"{base}/{path.format(each)}" for each in second) for chain, path in _PATHS.items()
            },
            ltc_blockbook_urls=(f"{base}/ltc-blockbook/api/v2",),
            ethplorer_url=f"{base}/ethplorer",
            ethplorer_api_key="freekey",
            trongrid_api_key="",
            price_urls=tuple(f"{base}/{name}" for name in ("coingecko", "kraken", "coinbase", "binance")),
            daily_quotas={},
            hand_mined=True,
            networks=self.networks,
        )

    @property
    def networks(self) -> dict[Chain, Network]:
        """Return the rules for headers of Bitcoin and Litecoin here, and where their chains of headers start."""
        return {ledger.chain: Network(ledger.rules, ledger.checkpoint) for ledger in (self.btc, self.ltc)}

    def pay(self, chain: str, address: str, amount: Decimal, asset: str | None) -> str:
        """Send whole coins to an address and return the transaction's id.

        On Bitcoin and Litecoin it waits for a block. On the others it is in a new block at once, but not final yet. A
        payment to a KryptoExpress address counts at once. Raises: SandboxError.
        """
        txid = self.pay_many(chain, [(address, amount)], asset)
        paid = asset_of(chain, asset)
        with self.lock:
            callback = self.kryptoexpress.receive(_address(paid.chain, address), paid.code, amount)
        if callback is not None:
            deliver(callback)
        return txid

    def pay_many(self, chain: str, payments: Sequence[tuple[str, Decimal]], asset: str | None = None) -> str:
        """Pay many addresses, or one address several times, in one transaction. Raises SandboxError."""
        paid = asset_of(chain, asset)
        if not payments:
            raise SandboxError("There is no address to pay.")
        checked = [(_address(paid.chain, address), _units(paid, amount)) for address, amount in payments]
        with self.lock:
            return self.ledgers[paid.chain].send(paid, checked)

    def mine(self, chain: str, blocks: int) -> int:
        """Add blocks and return the new height.

        On Ethereum, `safe` is 32 and `finalized` 64 blocks below the head. On TRON, a block is solid 19 blocks later.
        On Solana, a slot is final 32 slots later. Raises SandboxError.
        """
        found = chain_of(chain)
        most = _MOST_BITCOIN_BLOCKS if found in {Chain.BTC, Chain.LTC} else _MOST_BLOCKS
        if isinstance(blocks, bool) or not isinstance(blocks, int) or not 1 <= blocks <= most:
            raise SandboxError(f"The number of blocks must be between 1 and {most}.")
        with self.lock:
            ledger = self.ledgers[found]
            ledger.mine(blocks)
            return ledger.height

    def drop(self, chain: str, txid: str) -> None:
        """Remove an unconfirmed transaction, or a confirmed one by a reorganisation. Raises SandboxError."""
        with self.lock:
            self.ledgers[chain_of(chain)].drop(txid.strip())

    def cost(self, chain: str, times: int) -> None:
        """Set a chain's fees to a multiple of the usual ones. Raises SandboxError."""
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= 10_000:
            raise SandboxError("Fees must be between 1 and 10000 times the usual.")
        with self.lock:
            self.ledgers[chain_of(chain)].fees = times

    def fault(self, chain: str, kind: str, count: int) -> None:
        """Make the next requests to a chain's servers, to one server or to "prices" fail; 0 ends this.

        Raises: SandboxError.
        """
        self.faults.add(chain, kind, count)

    def overview(self) -> list[Json]:
        """Describe every chain: height, assets, unconfirmed transactions and recent ones."""
        with self.lock:
            return [
                {
                    "chain": chain.value.lower(),
                    "name": _NAMES[chain],
                    "height": ledger.height,
                    "servers": [server_name(each) for each in servers_of(chain)],
                    "fees": ledger.fees,
                    "assets": [asset.code for asset in payable(chain)],
                    "mempool": ledger.waiting(),
                    "recent": ledger.recent(),
                }
                for chain, ledger in self.ledgers.items()
            ]

    def snapshot(self) -> Json:
        """Return the state as JSON."""
        with self.lock:
            return {
                "ledgers": {chain.value: ledger.snapshot() for chain, ledger in self.ledgers.items()},
                "prices": self.prices.snapshot(),
                "kryptoexpress": self.kryptoexpress.snapshot(),
            }

    def restore(self, saved: dict[str, Any]) -> None:
        """Restore a snapshot. Raises SandboxError."""
        with self.lock:
            try:
                for chain, ledger in self.ledgers.items():
                    ledger.restore(saved["ledgers"][chain.value])
                self.kryptoexpress.restore(saved["kryptoexpress"])
                self.prices.restore(saved["prices"])
            except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError):
                raise SandboxError("The saved chains cannot be read.", 500) from None

    def _register(self) -> None:
        for name, chain in (("btc", Chain.BTC), ("ltc", Chain.LTC)):
            for mirror in (name, f"{name}-mirror"):
                self.explorers[chain].register(self.routes, f"/{mirror}/api")
        self.explorers[Chain.LTC].register_blockbook(self.routes, "/ltc-blockbook/api/v2")
        for suffix in ("", "-mirror"):
            self.eth_node.register(self.routes, f"/eth{suffix}")
            self.tron_grid.register(self.routes, f"/tron{suffix}")
            self.solana_node.register(self.routes, f"/solana{suffix}")
        EthplorerServer(self.eth).register(self.routes, "/ethplorer")
        self.kryptoexpress.register(self.routes, "/kryptoexpress")
        self.prices.register(self.routes)


def _address(chain: Chain, address: str) -> str:
    try:
        return validate(chain, address.strip()).text
    except WalletError:
        raise SandboxError(f"This is not an address on {_NAMES[chain]}.") from None


def _units(asset: Asset, amount: Decimal) -> int:
    """Convert whole coins to base units, exactly."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 < amount < Decimal("1e15"):
        raise SandboxError("The amount must be above zero.")
    units = amount.scaleb(asset.decimals)
    if units != units.to_integral_value() or units < 1:
        raise SandboxError(f"{asset.ticker} has no more than {asset.decimals} decimals.")
    return int(units)
