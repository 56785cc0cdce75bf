"""Checks before signing: whatever can be recomputed from a plan's own figures is recomputed and never trusted.

Every sweep goes to the one destination of its chain, a payable address that the plan does not empty; gas goes only
where a later transfer needs it. Nothing takes more than its address holds, and no fee is above its ceiling.
"""

from collections import Counter, defaultdict

from wallet import addresses
from wallet.chains import Chain
from wallet.plans.building import build, coins
from wallet.plans.errors import Fault, InvalidPlan, PlanExpired
from wallet.plans.plan import EthereumTerms, Plan, PlannedTransaction, SolanaTerms, Spend, Transfer, TronTerms
from wallet.transactions import bitcoin, policy
from wallet.transactions.p2wpkh import MAX_STANDARD_WEIGHT
from wallet.transactions.wire import MalformedTransaction

FEE_PERCENT = 10
TRON_LIFE_S = 24 * 60 * 60
LAMPORTS_A_SIGNATURE = 5_000
MICRO = 1_000_000
TERMS = {Chain.ETH: EthereumTerms, Chain.TRX: TronTerms, Chain.SOL: SolanaTerms}


def check(plan: Plan, *, now: int, fee_percent: int = FEE_PERCENT) -> None:
    """Refuse a plan that must not be signed or sent.

    `fee_percent`: the highest fee of a sweep of a native coin, as a percentage of what it takes from its addresses.
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


class _Routes:
    """Where transactions may pay to: the destination of their chain, or, with gas, an address that needs it."""

    def __init__(self, plan: Plan) -> None:
        self._destinations = plan.destinations
        self._emptied = {(each.chain, holder.address) for each in plan.transactions for holder in each.holders}
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
        if isinstance(transaction, Transfer) and transaction.is_gas:
            self._check_funding(transaction, position)
        elif transaction.to != self._destinations.get(chain):
            raise InvalidPlan(Fault.DESTINATION, position)
        elif (chain, transaction.to) in self._emptied:
            raise InvalidPlan(Fault.OWN_DESTINATION, position)

    def _check_funding(self, funding: Transfer, position: int) -> None:
        """Refuse gas that no later transfer needs, since gas is the only payment to anything but a destination."""
        waiting = self._waiting[position - 1]
        if funding.contract or not waiting or funding.units > sum(each.fee_ceiling for each in waiting):
            raise InvalidPlan(Fault.FUNDING, position)
        needy = {(each.chain, each.source.address) for each in waiting}
        if needy != {(funding.chain, funding.to)} or any(each.is_gas for each in waiting):
            raise InvalidPlan(Fault.FUNDING, position)


class _Books:
    """A running record of what transactions took from each address, the outputs they spent, and the last nonces."""

    def __init__(self) -> None:
        self._taken: Counter[tuple[Chain, str, str]] = Counter()
        self._outpoints: set[tuple[Chain, str, int]] = set()
        self._nonces: dict[str, int] = {}

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


def _check_fee(transaction: PlannedTransaction, position: int, fee_percent: int) -> None:
    if transaction.fee > transaction.fee_ceiling:
        raise InvalidPlan(Fault.FEE_CEILING, position)
    is_own_coin = isinstance(transaction, Spend) or not (transaction.contract or transaction.is_gas)
    if is_own_coin and transaction.fee * 100 > (transaction.units + transaction.fee) * fee_percent:
        raise InvalidPlan(Fault.FEE_CEILING, position)


def _check_terms(plan: Plan, transaction: PlannedTransaction, position: int) -> None:
    if isinstance(transaction, Spend):
        return
    terms = transaction.terms
    if not isinstance(terms, TERMS[transaction.chain]):
        raise InvalidPlan(Fault.FIELD, position)
    if isinstance(terms, EthereumTerms) and transaction.fee != terms.gas_limit * terms.max_fee_per_gas:
        raise InvalidPlan(Fault.FEE, position)
    if isinstance(terms, TronTerms):
        if transaction.fee < terms.fee_limit_sun:
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
