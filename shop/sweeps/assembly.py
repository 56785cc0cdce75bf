"""Assembly of sweeps: the chains that have a destination, the keys of this server, and the jobs."""

from collections.abc import Callable

from shop.chains.bitcoin_sending import BitcoinSending
from shop.chains.ethereum_sending import EthereumSending
from shop.chains.registry import Registry
from shop.chains.solana_sending import SolanaSending
from shop.chains.tron_sending import TronSending
from shop.context import Context
from shop.errors.refusals import CannotStart
from shop.jobs import Job, Runner
from shop.payments import moved
from shop.payments.addresses import stored_words
from shop.payments.assembly import Payments
from shop.settings.model import Settings, name_of
from shop.sweeps.bitcoin import BitcoinMover
from shop.sweeps.engine import Engine
from shop.sweeps.ethereum import EthereumMover
from shop.sweeps.movers import Mover
from shop.sweeps.offers import GAS_NUMBER, SourceAddress
from shop.sweeps.solana import SolanaMover
from shop.sweeps.sweeps import Sweeps
from shop.sweeps.tron import TronMover
from shop.sweeps.values import Values
from storage.models import DepositAddress
from wallet import bip39
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.keyring import Keyring, SealedKeyring, WatchKeyring
from wallet.plans.keys import Keys

WATCH_EVERY_S = 600


class DestinationIsOwn(CannotStart):
    """A sweep would pay an address of the shop itself."""

    def __init__(self, chain: Chain) -> None:
        super().__init__(
            f"SWEEP_TO_{name_of(chain).upper()} is an address of this shop itself: set it to one of a wallet that "
            "only you hold."
        )


def build(context: Context, registry: Registry, payments: Payments, keyring: Keyring) -> Sweeps:
    """Build sweeps of the chains that have a destination.

    Raises:
        DestinationIsOwn: a destination is an address of the shop.
    """
    payer = _gas_keyring(context.settings, keyring)
    gas = {chain: place for chain in Chain if (place := gas_place(payer, chain)) is not None}
    own = {place.address for place in gas.values()}
    for name, address in context.settings.sweep_destinations.items():
        if DepositAddress.find(name, address) is not None or address in own:
            raise DestinationIsOwn(Chain(name))
    readers = {watch.chain: watch.reader for watch in payments.watches}
    movers = _movers(context, registry, payer)
    keys = None
    if context.settings.wallet_mode == "hot":
        words = bip39.parse(stored_words(context.database))
        keys = Keys(words=words, operator=moved.own_key(), boxes=moved.boxes())
    values = Values(context, payments.rates)
    engine = Engine(context, movers, readers, payments.deposits.policy, values, keys)
    ready = {chain: mover for chain, mover in movers.items() if chain in readers}
    return Sweeps(context, ready, engine, {chain: place for chain, place in gas.items() if chain in ready})


def runner(sweeps: Sweeps, *, every_s: int, monotonic: Callable[[], float]) -> Runner:
    """Build the thread that moves sweeps forward."""
    jobs = (
        Job("sweeps", every_s, sweeps.run),
        Job("sums to sweep", min(WATCH_EVERY_S, 10 * every_s), sweeps.watch_sums),
    )
    return Runner("sweeps", jobs, let_go=sweeps.context.database.release_thread, monotonic=monotonic)


def _gas_keyring(settings: Settings, keyring: Keyring) -> Keyring:
    """Build the keyring of gas addresses: in a sealed shop, from account keys that it uses for nothing else."""
    if not isinstance(keyring, SealedKeyring):
        return keyring
    given = {Chain(name): settings.account_keys[name] for name in ("ETH", "TRX")}
    return WatchKeyring({chain: key for chain, key in given.items() if key})


def gas_place(keyring: Keyring, chain: Chain) -> SourceAddress | None:
    """Find the gas address of a chain, number 0 (customers start at 1); None if it has none."""
    if isinstance(keyring, SealedKeyring) or chain not in {Chain.ETH, Chain.TRX}:
        return None
    try:
        derived = keyring.address_of(chain, GAS_NUMBER)
    except WalletError:
        return None
    return SourceAddress(None, GAS_NUMBER, derived.path, derived.address)


def _movers(context: Context, registry: Registry, keyring: Keyring) -> dict[Chain, Mover]:
    mode, found = context.settings.wallet_mode, dict[Chain, Mover]()
    for chain, sending in registry.sendings().items():
        if chain.value not in context.settings.sweep_destinations:
            continue
        gas = gas_place(keyring, chain)
        if isinstance(sending, BitcoinSending):
            found[chain] = BitcoinMover(chain, sending, mode)
        elif isinstance(sending, EthereumSending):
            found[chain] = EthereumMover(sending, mode, gas)
        elif isinstance(sending, TronSending):
            found[chain] = TronMover(sending, mode, gas)
        elif isinstance(sending, SolanaSending):
            found[chain] = SolanaMover(sending, mode)
    return found
