"""Moves ETH and its tokens: each address separately, tokens first, with gas from the shop if needed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shop.assets import ETH, Asset, tokens
from shop.chains.ethereum_sending import PLAIN_GAS, AccountState, EthereumSending
from shop.chains.sending import Speed
from shop.sweeps.movers import Fate, Live, Unfit
from shop.sweeps.offers import Kept, LeftBehind, SourceAddress, SweepOffer, plan_of
from shop.sweeps.values import Budget
from storage.models import SweepTransaction
from storage.models.sweeps import busy_sources, holders
from wallet.chains import Chain
from wallet.plans.plan import EthereumTerms, PlannedTransaction, Transfer
from wallet.transactions import erc20, ethereum

TOKEN_GAS = 65_000
"""The lowest gas limit of a token transfer: USDT to a new holder takes 63,000."""


@dataclass(frozen=True, slots=True)
class Gas:
    """The price of gas at one speed, and how much of it is needed.

    `token_price` holds for five full blocks; `plain_price` is paid in full, so that nothing is left over.
    `plain_limit` is None if a transfer of ether to the destination would fail.
    """

    token_price: int
    token_tip: int
    plain_price: int
    plain_limit: int | None
    token_limits: Mapping[str, int]


@dataclass(slots=True)
class _Draft:
    """A plan being built: its transactions, and what the gas address has left."""

    gas_wei: int
    gas_nonce: int
    transfers: list[Transfer] = field(default_factory=list)
    left_behind: LeftBehind = field(default_factory=LeftBehind)
    paid: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class EthereumMover:
    """Ethereum. `gas_place` is None if the wallet cannot have one."""

    sending: EthereumSending
    mode: str
    gas_place: SourceAddress | None
    chain: Chain = Chain.ETH
    can_replace: bool = True

    def offers(self, destination: str, budget: Budget, *, now: int) -> Mapping[Speed, SweepOffer]:
        """Plan a sweep at each speed. Raises ChainUnavailable."""
        busy = busy_sources(self.chain.value)
        places = [SourceAddress(*row) for row in holders(self.chain.value, self.mode) if row[3] not in busy]
        asked = [place.address for place in (*places, *([self.gas_place] if self.gas_place else []))]
        states = self.sending.states(asked, tokens(self.chain))
        (base, tips), chain_id = self.sending.fees(), self.sending.chain_id()
        limits = self._limits(places, states, destination)
        plain_limit = limits.pop("", None)
        found = {}
        for speed in Speed:
            tip = tips[speed]
            gas = Gas(2 * base + tip, tip, base + base // 2 + tip, plain_limit, limits)
            found[speed] = self._offer(places, states, destination, budget, gas, chain_id=chain_id, now=now)
        return found

    def prepare(self, planned: PlannedTransaction, row: SweepTransaction) -> Live:
        """Compare balance and nonce with the current state of the chain. Raises Unfit, ChainUnavailable."""
        if not isinstance(planned, Transfer) or not isinstance(planned.terms, EthereumTerms):
            raise Unfit("not a transaction of this chain")
        code = next((token.code for token in tokens(self.chain) if token.contract == planned.contract), "")
        source = planned.source.address
        state = self.sending.states([source], tokens(self.chain))[source]
        if not self._is_next(source, planned.terms.nonce, state.nonce):
            raise Unfit("the address has sent something else meanwhile")
        needed = planned.fee + (0 if planned.contract else planned.units)
        if state.wei < needed or (code and state.tokens[code] < planned.units):
            raise Unfit("the address holds less than planned")
        return Live()

    def send(self, raw: bytes) -> None:
        """Hand a transaction to the servers. Raises NotTaken, ChainUnavailable."""
        self.sending.send(raw)

    def fate(self, row: SweepTransaction) -> Fate:
        """Judge by the receipt, never by a token's return value. Raises ChainUnavailable."""
        receipt = self.sending.receipt(row.txid or "")
        if receipt is None:
            return Fate.WAITING if self.sending.known(row.txid or "") else Fate.UNKNOWN
        return Fate.WAITING if receipt[0] else Fate.FAILED

    def is_past(self, moment: int) -> bool:
        """Nothing expires at a time here."""
        return True

    def is_lost(self, row: SweepTransaction) -> bool:
        """Return whether two operators say that nonces before its own are free, and the shop uses none of them."""
        return self.sending.agree_on_nonce(row.source, lambda reached: self._has_gap(row, reached))

    def gone(self, row: SweepTransaction) -> tuple[str, ...]:
        """There are no outputs here."""
        return ()

    def with_higher_fee(self, planned: PlannedTransaction, row: SweepTransaction) -> PlannedTransaction:
        """Raise both fees by at least an eighth: nodes require a tenth, some an eighth. Raises Unfit."""
        if not isinstance(planned, Transfer) or not isinstance(planned.terms, EthereumTerms):
            raise Unfit("not a transaction of this chain")
        old = ethereum.decode(bytes(row.signed_bytes or b"")).transaction
        if not isinstance(old, ethereum.Eip1559):
            raise Unfit("not a transaction of this chain")
        base, tips = self.sending.fees()
        price = max(2 * base + tips[Speed.FAST], old.max_fee_per_gas * 9 // 8 + 1)
        is_plain = old.max_priority_fee_per_gas == old.max_fee_per_gas
        tip = price if is_plain else max(tips[Speed.FAST], old.max_priority_fee_per_gas * 9 // 8 + 1)
        fee = price * old.gas_limit
        terms = replace(planned.terms, max_fee_per_gas=price, max_priority_fee_per_gas=min(tip, price))
        units = planned.units
        if not planned.contract and not planned.is_gas:
            units = row.units + row.fee_units - fee
        if fee > planned.fee_ceiling or units <= 0:
            raise Unfit("the fee would be above the ceiling")
        if fee + (0 if planned.contract else units) > self.sending.states([row.source], ())[row.source].wei:
            raise Unfit("the address holds too little for the higher fee")
        return replace(planned, terms=terms, fee=fee, units=units)

    def _is_next(self, source: str, nonce: int, reached: int) -> bool:
        """Return whether a nonce is free, and the shop's own transactions fill the gap that servers still see."""
        if nonce < reached or SweepTransaction.nonces_between(self.chain.value, source, nonce, nonce + 1):
            return False
        return nonce - reached == SweepTransaction.nonces_between(self.chain.value, source, reached, nonce)

    def _has_gap(self, row: SweepTransaction, reached: int) -> bool:
        nonce = row.nonce or 0
        own = SweepTransaction.nonces_between(self.chain.value, row.source, reached, nonce)
        return nonce > reached and nonce - reached != own

    def _limits(
        self, places: Sequence[SourceAddress], states: Mapping[str, AccountState], destination: str
    ) -> dict[str, int]:
        """Ask how much gas a plain transfer (under no name) and each token's transfer take, from a real holder."""
        limits: dict[str, int] = {}
        rich = next((place.address for place in places if states[place.address].wei), None)
        if rich is not None:
            asked = self.sending.gas(rich, destination, 1)
            if asked is not None:  # otherwise the transfer would fail, as at a contract that takes no ether
                limits[""] = max(PLAIN_GAS, asked)
        for token in tokens(self.chain):
            holder = next((place.address for place in places if states[place.address].tokens[token.code]), None)
            if holder is None:
                continue
            units = states[holder].tokens[token.code]
            data = erc20.transfer_call(self.chain, destination, units)
            asked = self.sending.gas(holder, token.contract or "", 0, data)
            if (
                asked is not None
            ):  # otherwise the transfer would fail: the token is paused, or the holder is on its blocklist
                limits[token.code] = max(TOKEN_GAS, asked * 5 // 4)
        return limits

    def _offer(
        self,
        places: Sequence[SourceAddress],
        states: Mapping[str, AccountState],
        destination: str,
        budget: Budget,
        gas: Gas,
        *,
        chain_id: int,
        now: int,
    ) -> SweepOffer:
        own = states[self.gas_place.address] if self.gas_place else AccountState(0, 0, {})
        draft = _Draft(own.wei, own.nonce)
        for place in places:
            _Emptied(self, place, states[place.address], destination, budget, gas, chain_id).into(draft)
        plan = plan_of(self.chain, destination, draft.transfers, now=now)
        return SweepOffer(
            plan,
            draft.left_behind,
            price=gas.token_price,
            gas=draft.paid,
            gas_missing=draft.missing,
            gas_address=self.gas_place.address if self.gas_place else "",
        )


@dataclass(frozen=True, slots=True)
class _Emptied:
    """One address, and what to move from it."""

    mover: EthereumMover
    place: SourceAddress
    state: AccountState
    destination: str
    budget: Budget
    gas: Gas
    chain_id: int

    def into(self, draft: _Draft) -> None:
        """Add the address's transactions to a plan: gas, then tokens, then the remaining ether."""
        fee_of = {code: limit * self.gas.token_price for code, limit in self.gas.token_limits.items()}
        chosen, need = self._tokens(fee_of, draft)
        funding = max(0, need - self.state.wei)
        after = None
        if funding:
            if not self._fund(draft, funding, chosen):
                for token in chosen:
                    draft.left_behind.add(token, Kept.NO_GAS, self.state.tokens[token.code])
                chosen, need, funding = [], 0, 0
            else:
                after = len(draft.transfers) - 1
        nonce, balance = self.state.nonce, self.state.wei + funding
        for token in chosen:
            draft.transfers.append(self._token(token, fee_of[token.code], nonce, balance, after))
            nonce += 1
        after = len(draft.transfers) - 1 if chosen else None
        self._ether(draft, nonce, balance - need, balance=balance, after=after)

    def _tokens(self, fee_of: Mapping[str, int], draft: _Draft) -> tuple[list[Asset], int]:
        """Choose the tokens that are worth their gas, including the cost of bringing the gas here."""
        chosen, need = [], 0
        for token in tokens(self.mover.chain):
            units = self.state.tokens[token.code]
            if not units:
                continue
            if token.code not in fee_of:
                draft.left_behind.add(token, Kept.MISSING, units)
                continue
            fee = fee_of[token.code]
            cost = fee + (PLAIN_GAS * self.gas.plain_price if need + fee > self.state.wei else 0)
            why = self.budget.verdict([(token, units)], (ETH, cost))
            if why is None:
                chosen.append(token)
                need += fee
            else:
                draft.left_behind.add(token, why, units)
        return chosen, need

    def _fund(self, draft: _Draft, funding: int, chosen: Sequence[Asset]) -> bool:
        """Send gas from the gas address if it has enough; otherwise add up what it lacks."""
        gas_place, fee = self.mover.gas_place, PLAIN_GAS * self.gas.plain_price
        if gas_place is None or draft.missing or draft.gas_wei < funding + fee:
            draft.missing += funding + fee - (0 if draft.missing else draft.gas_wei)
            return False
        ceiling = sum(self.budget.ceiling(token, self.state.tokens[token.code]) for token in chosen)
        transfer = Transfer(
            chain=self.mover.chain,
            source=gas_place.holder(self.mover.mode),
            to=self.place.address,
            units=funding,
            balance=draft.gas_wei + draft.paid,
            fee=fee,
            fee_ceiling=max(fee, ceiling),
            terms=self._terms(draft.gas_nonce, PLAIN_GAS, self.gas.plain_price, self.gas.plain_price),
            is_gas=True,
        )
        draft.transfers.append(transfer)
        draft.gas_wei -= funding + fee
        draft.paid += funding + fee
        draft.gas_nonce += 1
        return True

    def _token(self, token: Asset, fee: int, nonce: int, balance: int, after: int | None) -> Transfer:
        units, limit = self.state.tokens[token.code], self.gas.token_limits[token.code]
        return Transfer(
            chain=self.mover.chain,
            source=self.place.holder(self.mover.mode),
            to=self.destination,
            units=units,
            balance=balance,
            fee=fee,
            fee_ceiling=max(fee, self.budget.ceiling(token, units)),
            terms=self._terms(nonce, limit, self.gas.token_price, self.gas.token_tip),
            contract=token.contract or "",
            token_balance=units,
            after=after,
        )

    def _ether(self, draft: _Draft, nonce: int, wei: int, *, balance: int, after: int | None) -> None:
        if wei <= 0:
            return
        limit = self.gas.plain_limit or PLAIN_GAS
        fee = limit * self.gas.plain_price
        why = self.budget.verdict([(ETH, wei)], (ETH, fee)) or (Kept.DEAR if wei <= fee else None)
        if why is not None or self.gas.plain_limit is None:
            draft.left_behind.add(ETH, why or Kept.MISSING, wei)
            return
        transfer = Transfer(
            chain=self.mover.chain,
            source=self.place.holder(self.mover.mode),
            to=self.destination,
            units=wei - fee,
            balance=balance,
            fee=fee,
            fee_ceiling=self.budget.ceiling(ETH, wei),
            terms=self._terms(nonce, limit, self.gas.plain_price, self.gas.plain_price),
            after=after,
        )
        draft.transfers.append(transfer)

    def _terms(self, nonce: int, limit: int, price: int, tip: int) -> EthereumTerms:
        return EthereumTerms(
            chain_id=self.chain_id,
            nonce=nonce,
            gas_limit=limit,
            max_fee_per_gas=price,
            max_priority_fee_per_gas=tip,
        )
