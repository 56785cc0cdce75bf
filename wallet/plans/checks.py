"""Checks before signing: whatever can be recomputed from a plan's own figures is recomputed and never trusted.

Every sweep goes to the one destination of its chain, a payable address that the plan does not empty; gas comes only
from the shop's gas address, and goes only where a later token transfer needs it. Nothing takes more than its address
holds, each coin leaves an address once, and no fee is above its ceiling.

A plan made by an intruder on the server can hold customers who do not exist, with tokens that nobody has: only the
operator's public key is needed for their boxes. What such a plan can take is limited here by amounts that do not
depend on the plan, and its gas is asked about by its sum (`summary.question`).
"""

from collections import Counter, defaultdict

from wallet import addresses, paths
from wallet.chains import Chain
from wallet.contracts import TOKENS
from wallet.paths import HARDENED
from wallet.plans.building import build, coins
from wallet.plans.errors import Fault, InvalidPlan, PlanExpired
from wallet.plans.plan import (
    EthereumTerms,
    KeySource,
    Plan,
    PlannedTransaction,
    SolanaTerms,
    Spend,
    Transfer,
    TronTerms,
)
from wallet.transactions import bitcoin, policy
from wallet.transactions.p2wpkh import MAX_STANDARD_WEIGHT
from wallet.transactions.wire import MalformedTransaction

FEE_PERCENT = 10
TRON_LIFE_S = 24 * 60 * 60
LAMPORTS_A_SIGNATURE = 5_000
MICRO = 1_000_000
MOST_FEE = {Chain.ETH: 5 * 10**16, Chain.TRX: 100 * 10**6, Chain.SOL: 10**6}
"""The most that one transaction may cost, in wei, sun and lamports: a token transfer at 600 gwei, or one that burns
twice the energy of a dear one. Offline nothing is known of what tokens are worth, or whether there are any, so these
do not depend on the amount moved. A fee of BTC or LTC can be compared with the inputs, which are proved.
"""
GAS_CHAINS = frozenset({Chain.ETH, Chain.TRX})
TERMS = {Chain.ETH: EthereumTerms, Chain.TRX: TronTerms, Chain.SOL: SolanaTerms}


def check(plan: Plan, *, now: int, fee_percent: int = FEE_PERCENT) -> None:
    """Refuse a plan that must not be sent, nor signed by the shop that made it.

    `fee_percent`: the highest fee of a sweep of a native coin, as a percentage of what it takes from its addresses.
    Token transfers and gas pay in another coin than they move, or move little: `MOST_FEE` limits them.
    Raises: InvalidPlan, PlanExpired, InvalidAddress, NotPayable, DustOutput, InvalidTransaction.
    """
    if plan.made_at > plan.expires_at:
        raise InvalidPlan(Fault.FIELD)
    if now >= plan.expires_at:
        raise PlanExpired
    if not plan.transactions:
        raise InvalidPlan(Fault.EMPTY)
    for chain, address in plan.destinations.items():
        if addresses.payable(chain, address).text != address:
            raise InvalidPlan(Fault.FIELD)
    routes, books = _Routes(plan), _Books()
    for position, transaction in enumerate(plan.transactions, start=1):
        routes.check(transaction, position)
        books.enter(transaction, position)
        _check_fee(transaction, position, fee_percent)
        _check_terms(plan, transaction, position)
        _check_previous(plan, transaction, position)
        _check_built(transaction, position)


def check_to_sign(plan: Plan, *, now: int, fee_percent: int = FEE_PERCENT) -> None:
    """Refuse a plan that must not be signed by keys that are not on the server that made it.

    In addition to `check`, the values of inputs have to be proved. A signature commits to the value of its own input
    alone (BIP-143): of two plans, each with a lie about another input, the valid signatures would make one
    transaction, with a fee that nobody approved. With a single input, a lie only makes its signature invalid.
    Raises: what `check` raises.
    """
    check(plan, now=now, fee_percent=fee_percent)
    for position, each in enumerate(plan.transactions, start=1):
        if isinstance(each, Spend) and len(each.inputs) > 1 and not _txids(each) <= plan.previous.keys():
            raise InvalidPlan(Fault.UNPROVED, position)


def _txids(spend: Spend) -> set[str]:
    return {spent.txid for spent in spend.inputs}


class _Routes:
    """Where transactions may pay to: the destination of their chain, or, with gas, an address that needs it. Gas has
    one payer on each chain, which is neither emptied nor the destination.
    """

    def __init__(self, plan: Plan) -> None:
        self._destinations = plan.destinations
        self._paying = {(each.chain, holder.address) for each in plan.transactions for holder in each.holders}
        self._emptied = {
            (each.chain, holder.address)
            for each in plan.transactions
            for holder in each.holders
            if not (isinstance(each, Transfer) and each.is_gas)
        }
        self._gas_payers: dict[Chain, str] = {}
        self._waiting: defaultdict[int, list[Transfer]] = defaultdict(list)
        for each in plan.transactions:
            if isinstance(each, Transfer) and each.after is not None:
                self._waiting[each.after].append(each)

    def check(self, transaction: PlannedTransaction, position: int) -> None:
        chain = transaction.chain
        for holder in transaction.holders:
            if addresses.validate(chain, holder.address).text != holder.address:
                raise InvalidPlan(Fault.FIELD, position)
        if isinstance(transaction, Transfer) and transaction.after is not None and transaction.after >= position - 1:
            raise InvalidPlan(Fault.ORDER, position)
        if isinstance(transaction, Transfer) and transaction.contract not in {"", *TOKENS.get(chain, ())}:
            raise InvalidPlan(Fault.CONTRACT, position)
        if isinstance(transaction, Transfer) and transaction.is_gas:
            self._check_funding(transaction, position)
        elif transaction.to != self._destinations.get(chain):
            raise InvalidPlan(Fault.DESTINATION, position)
        elif (chain, transaction.to) in self._paying:
            raise InvalidPlan(Fault.OWN_DESTINATION, position)

    def _check_funding(self, funding: Transfer, position: int) -> None:
        """Refuse gas that is not the shop's, or that no later token transfer needs, since gas is the only payment to
        anything but a destination.
        """
        chain, payer = funding.chain, funding.source.address
        is_own = chain in GAS_CHAINS and _is_gas_place(chain, funding.source.key)
        if not is_own or (chain, payer) in self._emptied or payer == self._destinations.get(chain):
            raise InvalidPlan(Fault.GAS_PAYER, position)
        if self._gas_payers.setdefault(chain, payer) != payer:
            raise InvalidPlan(Fault.GAS_PAYER, position)
        waiting = self._waiting[position - 1]
        if funding.contract or not waiting or funding.units > sum(each.fee for each in waiting):
            raise InvalidPlan(Fault.FUNDING, position)
        needy = {(each.chain, each.source.address) for each in waiting}
        if needy != {(chain, funding.to)} or not all(each.contract and not each.is_gas for each in waiting):
            raise InvalidPlan(Fault.FUNDING, position)


def _is_gas_place(chain: Chain, key: KeySource) -> bool:
    """Return whether a key is where a shop has its gas address: the first of an account of the operator's, or of
    child 0. Customers' keys are in boxes, below a child from 1 on, or at an index from 1 on.
    """
    first, numbers = paths.address(chain, 0).numbers, key.path.numbers
    if key.box is not None or key.child not in {None, 0} or len(numbers) != len(first) or numbers[2] < HARDENED:
        return False
    return (*numbers[:2], *numbers[3:]) == (*first[:2], *first[3:])


class _Books:
    """A running record of what transactions took from each address, the outputs they spent, and the last nonces.

    An address loses each coin once: a fee that is fair for one transfer is not paid for a hundred of nothing.
    """

    def __init__(self) -> None:
        self._taken: Counter[tuple[Chain, str, str]] = Counter()
        self._outpoints: set[tuple[Chain, str, int]] = set()
        self._nonces: dict[str, int] = {}
        self._swept: set[tuple[Chain, str, str]] = set()

    def enter(self, transaction: PlannedTransaction, position: int) -> None:
        if isinstance(transaction, Spend):
            self._spend(transaction, position)
        else:
            self._transfer(transaction, position)

    def _spend(self, spend: Spend, position: int) -> None:
        for spent in spend.inputs:
            outpoint = (spend.chain, spent.txid, spent.index)
            if outpoint in self._outpoints:
                raise InvalidPlan(Fault.DUPLICATE_INPUT, position)
            self._outpoints.add(outpoint)
        if spend.units + spend.fee != sum(spent.units for spent in spend.inputs):
            raise InvalidPlan(Fault.SUM, position)

    def _transfer(self, transfer: Transfer, position: int) -> None:
        chain, address = transfer.chain, transfer.source.address
        self._taken[chain, address, ""] += transfer.fee
        self._taken[chain, address, transfer.contract] += transfer.units
        if self._taken[chain, address, ""] > transfer.balance:
            raise InvalidPlan(Fault.BALANCE, position)
        if transfer.contract and self._taken[chain, address, transfer.contract] > transfer.token_balance:
            raise InvalidPlan(Fault.BALANCE, position)
        if isinstance(transfer.terms, EthereumTerms):
            nonce = transfer.terms.nonce
            if nonce != self._nonces.get(address, nonce - 1) + 1:
                raise InvalidPlan(Fault.NONCE, position)
            self._nonces[address] = nonce
        if not transfer.is_gas:
            coin = (chain, address, transfer.contract)
            if coin in self._swept:
                raise InvalidPlan(Fault.TWICE, position)
            self._swept.add(coin)


def _check_fee(transaction: PlannedTransaction, position: int, fee_percent: int) -> None:
    if transaction.fee > transaction.fee_ceiling:
        raise InvalidPlan(Fault.FEE_CEILING, position)
    if transaction.fee > MOST_FEE.get(transaction.chain, transaction.fee):
        raise InvalidPlan(Fault.FEE_LIMIT, position)
    is_own_coin = isinstance(transaction, Spend) or not (transaction.contract or transaction.is_gas)
    if is_own_coin and transaction.fee * 100 > (transaction.units + transaction.fee) * fee_percent:
        raise InvalidPlan(Fault.FEE_SHARE, position)


def _check_terms(plan: Plan, transaction: PlannedTransaction, position: int) -> None:
    if isinstance(transaction, Spend):
        return
    terms = transaction.terms
    if not isinstance(terms, TERMS[transaction.chain]):
        raise InvalidPlan(Fault.FIELD, position)
    if isinstance(terms, EthereumTerms) and transaction.fee != terms.gas_limit * terms.max_fee_per_gas:
        raise InvalidPlan(Fault.FEE, position)
    if isinstance(terms, TronTerms):
        if terms.fee_limit_sun > min(transaction.fee_ceiling, MOST_FEE[Chain.TRX]):
            raise InvalidPlan(Fault.FEE, position)
        if not plan.expires_at * 1_000 <= terms.expiration_ms <= (plan.made_at + TRON_LIFE_S) * 1_000:
            raise InvalidPlan(Fault.EXPIRATION, position)
    if isinstance(terms, SolanaTerms):
        bid = -(-terms.unit_limit * terms.unit_price_micro_lamports // MICRO)
        if transaction.fee != LAMPORTS_A_SIGNATURE + bid:
            raise InvalidPlan(Fault.FEE, position)


def _check_previous(plan: Plan, transaction: PlannedTransaction, position: int) -> None:
    """Compare the claimed values of inputs with the transactions that pay them, if the plan has these."""
    if not isinstance(transaction, Spend):
        return
    for coin in coins(transaction):
        raw = plan.previous.get(coin.outpoint.txid)
        if raw is None:
            continue
        try:
            found = bitcoin.parse(transaction.chain, raw)
        except MalformedTransaction:
            raise InvalidPlan(Fault.PREVIOUS, position) from None
        paid = found.outputs[coin.outpoint.index : coin.outpoint.index + 1]
        if found.txid != coin.outpoint.txid or paid != (coin.output,):
            raise InvalidPlan(Fault.PREVIOUS, position)


def _check_built(transaction: PlannedTransaction, position: int) -> None:
    """Build it once, so that a transaction that no chain would accept is refused before any key is searched for."""
    built = build(transaction)
    if isinstance(built, bitcoin.Transaction) and policy.signed_weight(built) > MAX_STANDARD_WEIGHT:
        raise InvalidPlan(Fault.WEIGHT, position)
