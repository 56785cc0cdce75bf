"""Plans as a shop makes them, one for each wallet mode, with something on every chain."""

import time
from dataclasses import replace

from tests.wallet.published import MNEMONIC
from wallet import bip39
from wallet.accounts import Accounts
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.keyring import HotKeyring, SealedKeyring
from wallet.paths import parse
from wallet.plans.plan import (
    EthereumTerms,
    Holder,
    KeySource,
    Plan,
    PlannedInput,
    SolanaTerms,
    Spend,
    Token,
    Transfer,
    TronTerms,
)
from wallet.sealing import OperatorKey
from wallet.transactions.bitcoin import Input, OutPoint, Output, Transaction
from wallet.transactions.tron import BlockReference

NOW = int(time.time())
OPERATOR = OperatorKey(bytes(range(1, 33)))
HOT = HotKeyring(MNEMONIC)
OTHER_WORDS = bip39.parse("legal winner thank year wave sausage worth useful legal winner thank yellow")
GAS = Accounts(bip39.seed(bip39.parse(MNEMONIC)))
"""The shop's own gas address derives from the words directly."""
ELSEWHERE = Accounts(bip39.seed(OTHER_WORDS))
DESTINATIONS = {chain: ELSEWHERE.address(chain, 0).address for chain in Chain}
USDT = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
TRC_USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
TOKENS = {(Chain.ETH, USDT): Token("USDT", 6), (Chain.TRX, TRC_USDT): Token("USDT", 6)}
GWEI = 10**9
MAX_FEE = 20 * GWEI
TOKEN_GAS = 65_000
NO_BID = SolanaTerms()


def child(chain, number):
    derived = HOT.address_of(chain, number)
    return Holder(derived.address, KeySource(parse(derived.path), child=number))


def own(chain, index):
    derived = GAS.address(chain, index)
    return Holder(derived.address, KeySource(parse(derived.path)))


PREVIOUS = {}
"""The transactions that pay the inputs of `spend`, by txid."""


def paid(chain, holder, at):
    coin = Output(50_000 + at, script_pubkey(chain, holder.address))
    transaction = Transaction((Input(OutPoint(f"{at:064x}", 0)),), (coin,))
    PREVIOUS[transaction.txid] = transaction.serialise()
    return PlannedInput(holder, transaction.txid, 0, coin.value)


def spend(chain, holders, *, fee=2_000, first=0):
    inputs = tuple(paid(chain, holder, first + at) for at, holder in enumerate(holders, start=1))
    units = sum(each.units for each in inputs) - fee
    return Spend(chain=chain, inputs=inputs, to=DESTINATIONS[chain], units=units, fee=fee, fee_ceiling=2 * fee)


def ether(holder, *, to, units, balance, nonce=0, gas_limit=21_000, **more):
    fee = gas_limit * MAX_FEE
    terms = EthereumTerms(
        chain_id=1, nonce=nonce, gas_limit=gas_limit, max_fee_per_gas=MAX_FEE, max_priority_fee_per_gas=MAX_FEE
    )
    values = {"chain": Chain.ETH, "source": holder, "to": to, "units": units, "balance": balance, "fee": fee}
    return Transfer(**{**values, "fee_ceiling": 2 * fee, "terms": terms, **more})


def tron(holder, *, to, units, balance, fee, fee_limit_sun=0, **more):
    terms = TronTerms(
        reference=BlockReference(b"\x12\x34", bytes(range(8))),
        expiration_ms=(NOW + 20 * 3600) * 1_000,
        timestamp_ms=NOW * 1_000,
        fee_limit_sun=fee_limit_sun,
    )
    values = {"chain": Chain.TRX, "source": holder, "to": to, "units": units, "balance": balance, "fee": fee}
    return Transfer(**{**values, "fee_ceiling": 2 * fee, "terms": terms, **more})


def solana(holder, *, units, terms=NO_BID, fee=5_000):
    return Transfer(
        chain=Chain.SOL,
        source=holder,
        to=DESTINATIONS[Chain.SOL],
        units=units,
        balance=units + fee,
        fee=fee,
        fee_ceiling=2 * fee,
        terms=terms,
    )


def transactions(holder_of=child):
    """Build one transaction of each kind: spends, account coins, and tokens that wait for gas."""
    token_fee = TOKEN_GAS * MAX_FEE
    energy = 14_000_000
    return (
        spend(Chain.BTC, [holder_of(Chain.BTC, 1), holder_of(Chain.BTC, 2), holder_of(Chain.BTC, 2)]),
        spend(Chain.LTC, [holder_of(Chain.LTC, 1)], fee=1_500),
        ether(holder_of(Chain.ETH, 1), to=DESTINATIONS[Chain.ETH], units=10**18, balance=2 * 10**18),
        ether(own(Chain.ETH, 0), to=holder_of(Chain.ETH, 2).address, units=token_fee, balance=10**18, is_gas=True),
        ether(
            holder_of(Chain.ETH, 2),
            to=DESTINATIONS[Chain.ETH],
            units=125_000_000,
            balance=token_fee,
            gas_limit=TOKEN_GAS,
            contract=USDT,
            token_balance=125_000_000,
            after=3,
        ),
        tron(holder_of(Chain.TRX, 1), to=DESTINATIONS[Chain.TRX], units=90_000_000, balance=91_000_000, fee=270_000),
        tron(
            own(Chain.TRX, 0),
            to=holder_of(Chain.TRX, 2).address,
            units=energy + 350_000,
            balance=50_000_000,
            fee=1_370_000,
            is_gas=True,
        ),
        tron(
            holder_of(Chain.TRX, 2),
            to=DESTINATIONS[Chain.TRX],
            units=500_000_000,
            balance=energy + 350_000,
            fee=energy + 350_000,
            fee_limit_sun=energy,
            contract=TRC_USDT,
            token_balance=500_000_000,
            after=6,
        ),
        solana(holder_of(Chain.SOL, 1), units=1_000_000_000),
    )


def plan(*chosen, **more):
    """Return a plan of some transactions or of the usual ones, with the transactions that pay their inputs."""
    chosen = chosen or transactions()
    txids = {spent.txid for each in chosen if isinstance(each, Spend) for spent in each.inputs}
    values = {"made_at": NOW, "expires_at": NOW + 12 * 3600, "destinations": DESTINATIONS, "tokens": TOKENS}
    previous = {txid: raw for txid, raw in PREVIOUS.items() if txid in txids}
    return Plan(**{**values, "transactions": chosen, "previous": previous, **more})


def changed(at, **values):
    """Return the usual plan with one transaction changed."""
    usual = transactions()
    return plan(*usual[:at], replace(usual[at], **values), *usual[at + 1 :])


class Boxes:
    """Customers of a sealed shop: their key locations and their boxes."""

    def __init__(self, customers=(1, 2)):
        keyring = SealedKeyring(OPERATOR.public_key)
        self._wallets = {number: keyring.new_customer() for number in customers}
        self.sealed = {number: wallet.sealed for number, wallet in self._wallets.items()}

    def holder(self, chain, number):
        derived = self._wallets[number].addresses[chain]
        return Holder(derived.address, KeySource(parse(derived.path), box=number))
