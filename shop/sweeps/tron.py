"""Moves TRX and USDT on TRON: USDT burns energy, which the shop's gas address pays for at addresses that lack TRX."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shop.assets import TRX, Asset, tokens
from shop.chains.sending import Speed
from shop.chains.tron_sending import SolidBlock, TronPrices, TronSending, TronState
from shop.sweeps.movers import Fate, Live, Unfit
from shop.sweeps.offers import PLAN_S, Kept, LeftBehind, SourceAddress, SweepOffer, plan_of
from shop.sweeps.values import Budget
from storage.models import SweepTransaction
from storage.models.sweeps import busy_sources, holders
from wallet.chains import Chain
from wallet.plans.plan import PlannedTransaction, Transfer, TronTerms
from wallet.transactions import erc20
from wallet.transactions.tron import BlockReference

TRANSFER_BYTES, TOKEN_BYTES = 275, 350
"""Sizes of signed transactions as the node charges for them: 265 to 270, and about 345."""
FREE_A_DAY = 600
"""Free bandwidth of an account per day, in bytes; it covers a transaction entirely or not at all."""
EXPIRY_S = PLAN_S


@dataclass(slots=True)
class _Draft:
    """A plan being built, and what the gas address has left."""

    gas_sun: int
    gas_free_bytes: int
    transfers: list[Transfer] = field(default_factory=list)
    left_behind: LeftBehind = field(default_factory=LeftBehind)
    paid: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class TronMover:
    """TRON. Its committee sets the prices, so every speed costs the same. There is no replacement."""

    sending: TronSending
    mode: str
    gas_place: SourceAddress | None
    chain: Chain = Chain.TRX
    can_replace: bool = False

    def offers(self, destination: str, budget: Budget, *, now: int) -> Mapping[Speed, SweepOffer]:
        """Plan a sweep; it is the same at each speed. Raises ChainUnavailable."""
        busy = busy_sources(self.chain.value)
        places = [SourceAddress(*row) for row in holders(self.chain.value, self.mode) if row[3] not in busy]
        states = {place.address: self.sending.state(place.address, tokens(self.chain)) for place in places}
        own = TronState(0, False, 0, 0, {})
        if self.gas_place is not None:
            own = self.sending.state(self.gas_place.address, ())
        work = _Work(
            self,
            destination,
            budget,
            prices=self.sending.prices(),
            block=self.sending.solid_block(),
            is_new=not self.sending.state(destination, ()).active,
            now=now,
        )
        draft = _Draft(own.sun, own.free_bytes)
        for place in places:
            work.empty(place, states[place.address], draft)
        offer = SweepOffer(
            plan_of(self.chain, destination, draft.transfers, now=now),
            draft.left_behind,
            price=work.prices.energy,
            gas=draft.paid,
            gas_missing=draft.missing,
            gas_address="" if self.gas_place is None else self.gas_place.address,
        )
        return dict.fromkeys(Speed, offer)

    def prepare(self, planned: PlannedTransaction, row: SweepTransaction) -> Live:
        """Compare balances with the current state of the chain. Raises Unfit, ChainUnavailable."""
        if not isinstance(planned, Transfer) or not isinstance(planned.terms, TronTerms):
            raise Unfit("not a transaction of this chain")
        wanted = [token for token in tokens(self.chain) if token.contract == planned.contract]
        state = self.sending.state(planned.source.address, wanted)
        needed = planned.fee + (0 if planned.contract else planned.units)
        if state.sun < needed or any(state.tokens[token.code] < planned.units for token in wanted):
            raise Unfit("the address holds less than planned")
        if not state.active:
            raise Unfit("the address is not active yet")
        return Live(valid_until=planned.terms.expiration_ms // 1_000)

    def send(self, raw: bytes) -> None:
        """Hand a transaction to the servers. Raises NotTaken, ChainUnavailable."""
        self.sending.send(raw)

    def fate(self, row: SweepTransaction) -> Fate:
        """Judge by the receipt; a transaction that two operators do not know after its expiration is over."""
        outcome = self.sending.outcome(row.txid or "")
        if outcome is not None:
            return Fate.WAITING if outcome else Fate.FAILED
        expired = self.sending.has_expired(row.txid or "", row.valid_until or 0)
        return Fate.EXPIRED if expired else Fate.UNKNOWN

    def is_past(self, moment: int) -> bool:
        """Compare with the newest solid block of any server, since one may be stuck. Raises ChainUnavailable.

        One that is ahead of time changes nothing: this machine's clock must be past the moment as well.
        """
        return self.sending.is_past(moment)

    def is_lost(self, row: SweepTransaction) -> bool:
        """There are no nonces here."""
        return False

    def gone(self, row: SweepTransaction) -> tuple[str, ...]:
        """There are no outputs here."""
        return ()

    def with_higher_fee(self, planned: PlannedTransaction, row: SweepTransaction) -> PlannedTransaction:
        """There is no replacement: a stuck transaction expires, and is planned again. Raises Unfit."""
        raise Unfit("TRON transactions cannot be replaced")


@dataclass(frozen=True, slots=True)
class _Work:
    """The work of emptying addresses on TRON. `is_new`: the destination has to be activated by the first TRX."""

    mover: TronMover
    destination: str
    budget: Budget
    prices: TronPrices
    block: SolidBlock
    is_new: bool
    now: int

    def empty(self, place: SourceAddress, state: TronState, draft: _Draft) -> None:
        """Add an address's transactions to a plan: gas, then USDT, then the remaining TRX."""
        total = sun = state.sun
        free, after = state.free_bytes, None
        for token in tokens(self.mover.chain):
            units = state.tokens[token.code]
            if not units:
                continue
            energy = self._energy(place, token, units)
            if energy is None:
                draft.left_behind.add(token, Kept.MISSING, units)
                continue
            fee = max(0, energy - state.energy) * self.prices.energy
            fee += self._bytes(TOKEN_BYTES, FREE_A_DAY if not state.active else free)
            funding = max(0, fee - sun)
            extra = self._funding_fee(state, draft) if funding else 0
            why = self.budget.verdict([(token, units)], (TRX, fee + extra))
            ceiling = self.budget.ceiling(token, units)
            if why is None and funding and not self._fund(draft, place, funding, extra, ceiling=ceiling):
                why = Kept.NO_GAS
            if why is not None:
                draft.left_behind.add(token, why, units)
                continue
            after = len(draft.transfers) - 1 if funding else None
            terms = self._terms(fee_limit=energy * self.prices.energy)
            draft.transfers.append(self._transfer(place, units, sun + funding, fee, terms, token=token, after=after))
            total, sun, free = total + funding, sun + funding - fee, 0
            after = len(draft.transfers) - 1
        if state.active:
            self._trx(draft, place, sun, free=free, total=total, after=after)

    def _energy(self, place: SourceAddress, token: Asset, units: int) -> int | None:
        """Simulate from the real holder the most energy that the transfer takes, plus a tenth.

        The limit has to cover all of it: java-tron counts energy that an address has without burning TRX, too.
        """
        data = erc20.transfer_call(self.mover.chain, self.destination, units)
        energy = self.mover.sending.energy(place.address, token, data)
        return None if energy is None else energy * 11 // 10

    def _bytes(self, count: int, free: int) -> int:
        """Bandwidth is either free or paid for in full."""
        return 0 if free >= count else count * self.prices.byte

    def _funding_fee(self, state: TronState, draft: _Draft) -> int:
        activation = 0 if state.active else self.prices.activation
        return activation + self._bytes(TRANSFER_BYTES, 0 if activation else draft.gas_free_bytes)

    def _fund(self, draft: _Draft, place: SourceAddress, funding: int, fee: int, *, ceiling: int) -> bool:
        """Send TRX from the gas address if it has enough; otherwise add up what it lacks."""
        gas_place, total = self.mover.gas_place, draft.gas_sun + draft.paid
        if gas_place is None or draft.missing or draft.gas_sun < funding + fee:
            draft.missing += funding + fee - (0 if draft.missing else draft.gas_sun)
            return False
        transfer = Transfer(
            chain=self.mover.chain,
            source=gas_place.holder(self.mover.mode),
            to=place.address,
            units=funding,
            balance=total,
            fee=fee,
            fee_ceiling=max(fee, ceiling),
            terms=self._terms(),
            is_gas=True,
        )
        draft.transfers.append(transfer)
        draft.gas_sun -= funding + fee
        draft.paid += funding + fee
        draft.gas_free_bytes = max(0, draft.gas_free_bytes - TRANSFER_BYTES)
        return True

    def _trx(
        self, draft: _Draft, place: SourceAddress, sun: int, *, free: int, total: int, after: int | None
    ) -> None:
        first = not any(not each.contract and not each.is_gas for each in draft.transfers)
        activation = self.prices.activation if self.is_new and first else 0
        fee = activation + self._bytes(TRANSFER_BYTES, 0 if activation else free)
        if sun <= 0:
            return
        why = self.budget.verdict([(TRX, sun)], (TRX, fee))
        if why is not None or sun <= fee:
            draft.left_behind.add(TRX, why or Kept.SMALL, sun)
            return
        terms = self._terms()
        draft.transfers.append(self._transfer(place, sun - fee, total, fee, terms, after=after))

    def _transfer(
        self,
        place: SourceAddress,
        units: int,
        balance: int,
        fee: int,
        terms: TronTerms,
        *,
        token: Asset | None = None,
        after: int | None = None,
    ) -> Transfer:
        ceiling = self.budget.ceiling(TRX, balance) if token is None else self.budget.ceiling(token, units)
        return Transfer(
            chain=self.mover.chain,
            source=place.holder(self.mover.mode),
            to=self.destination,
            units=units,
            balance=balance,
            fee=fee,
            fee_ceiling=max(fee, terms.fee_limit_sun, ceiling),
            terms=terms,
            contract="" if token is None else token.contract or "",
            token_balance=0 if token is None else units,
            after=after,
        )

    def _terms(self, *, fee_limit: int = 0) -> TronTerms:
        return TronTerms(
            reference=BlockReference.to(self.block.id),
            expiration_ms=(self.now + EXPIRY_S) * 1_000,
            timestamp_ms=self.now * 1_000,
            fee_limit_sun=fee_limit,
        )
