"""Moves BTC and LTC in few transactions with many inputs each, all replaceable, to one output."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from shop.assets import Asset, native
from shop.chains.bitcoin_sending import BitcoinSending
from shop.chains.errors import ChainUnavailable, NotFound
from shop.chains.sending import Speed
from shop.sweeps.movers import Fate, Live, Unfit
from shop.sweeps.offers import Kept, LeftBehind, SourceAddress, SweepOffer, plan_of
from shop.sweeps.values import Budget
from storage.models import SweepInput, SweepTransaction
from storage.models.sweeps import unspent
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.plans.building import coins, spending
from wallet.plans.plan import PlannedInput, PlannedTransaction, Spend
from wallet.transactions import p2wpkh, policy
from wallet.transactions.p2wpkh import InputsTooSmall, is_p2wpkh

MOST_INPUTS = 200
MOST_ASKED = 50
"""The most outputs recorded as spent elsewhere that one plan checks again, in turns."""
INPUT_VBYTES = 68
"""Size of a P2WPKH input with a signature of 72 bytes: 272 weight units (BIP-141)."""


@dataclass(frozen=True, slots=True)
class Coin:
    """An output of a final deposit, and its address."""

    place: SourceAddress
    txid: str
    index: int
    units: int


@dataclass(frozen=True, slots=True)
class BitcoinMover:
    """Bitcoin or Litecoin. Spendable outputs are known from proved deposits, without asking for a balance."""

    chain: Chain
    sending: BitcoinSending
    mode: str
    can_replace: bool = True

    @property
    def asset(self) -> Asset:
        """The chain's coin."""
        return native(self.chain)

    def offers(self, destination: str, budget: Budget, *, now: int) -> Mapping[Speed, SweepOffer]:
        """Plan a sweep at each speed. Raises ChainUnavailable."""
        prices, (found, gone) = self.sending.rates(), self._coins(now)
        return {speed: self._offer(found, gone, destination, budget, rate=prices[speed], now=now) for speed in Speed}

    def previous(self, txids: Iterable[str], *, most_bytes: int) -> dict[str, bytes]:
        """Ask for the transactions with these ids; those that no server has, or that do not fit in, are left out.

        Once no server answers, the rest is left out too: the next plan can have it.
        """
        found: dict[str, bytes] = {}
        with suppress(ChainUnavailable):
            for txid in txids:
                with suppress(NotFound):
                    raw = self.sending.transaction(self.chain, txid)
                    if len(raw) <= most_bytes:
                        found[txid] = raw
                        most_bytes -= len(raw)
        return found

    def within(self, txids: Collection[str], offer: SweepOffer, budget: Budget) -> SweepOffer:
        """Plan again at an offer's price, from those of its inputs that some transactions pay.

        Raises ChainUnavailable.
        """
        plan = offer.plan
        if plan is None:
            return offer
        inputs = [spent for spend in plan.transactions if isinstance(spend, Spend) for spent in spend.inputs]
        places = {(spent.txid, spent.index) for spent in inputs if spent.txid in txids}
        found = [coin for coin in self._coins(plan.made_at)[0] if (coin.txid, coin.index) in places]
        to = plan.destinations[self.chain]
        again = self._offer(found, (), to, budget, rate=offer.price, now=plan.made_at)
        for (_, why), (count, units) in offer.left_behind.sums.items():
            again.left_behind.add(self.asset, why, units, count=count)
        return again

    def prepare(self, planned: PlannedTransaction, row: SweepTransaction) -> Live:
        """Ask nothing: values are proved, and a node refuses spent outputs."""
        return Live()

    def send(self, raw: bytes) -> None:
        """Hand a transaction to the servers. Raises NotTaken, ChainUnavailable."""
        self.sending.send(raw)

    def fate(self, row: SweepTransaction) -> Fate:
        """A transaction that no server knows is sent again; it never expires."""
        return Fate.UNKNOWN

    def is_past(self, moment: int) -> bool:
        """Nothing expires at a time here."""
        return True

    def is_lost(self, row: SweepTransaction) -> bool:
        """There are no nonces here."""
        return False

    def gone(self, row: SweepTransaction) -> tuple[str, ...]:
        """List the inputs that another transaction spends, or that do not exist. Raises ChainUnavailable."""
        return tuple([each.place for each in SweepInput.of(row.id) if self._is_gone(each.place)])

    def _is_gone(self, place: str) -> bool | None:
        return self.sending.is_gone(self.chain, place, lambda txid: SweepTransaction.is_own(self.chain.value, txid))

    def with_higher_fee(self, planned: PlannedTransaction, row: SweepTransaction) -> PlannedTransaction:
        """Pay the fast rate, and at least the increase that nodes require of a replacement (BIP-125)."""
        if not isinstance(planned, Spend):
            raise Unfit("not a transaction of this chain")
        weight = policy.signed_weight(spending(planned))
        fee = policy.replacement_fee(planned.fee, weight, self.sending.rates()[Speed.FAST])
        units = planned.units + planned.fee - fee
        if fee > planned.fee_ceiling:
            raise Unfit("the fee would be above the ceiling")
        if units < policy.dust_threshold(self.chain, script_pubkey(self.chain, planned.to)):
            raise Unfit("nothing would arrive")
        return replace(planned, fee=fee, units=units)

    def _coins(self, now: int) -> tuple[list[Coin], list[Coin]]:
        """List the outputs to spend, and those that others have spent. Some of these are asked about again."""
        found, gone = list[Coin](), list[Coin]()
        for place, units, address_id, number, path, address, is_noted in unspent(self.chain.value, self.mode):
            txid, _, index = place.partition(":")
            coin = Coin(SourceAddress(address_id, number, path, address), txid, int(index), units)
            (gone if is_noted else found).append(coin)
        turn = now // 60 % max(1, len(gone))
        asked = (gone[turn:] + gone[:turn])[:MOST_ASKED]
        back = [coin for coin in asked if self._is_gone(f"{coin.txid}:{coin.index}") is False]
        return found + back, [coin for coin in gone if coin not in back]

    def _offer(
        self,
        found: Sequence[Coin],
        gone: Sequence[Coin],
        destination: str,
        budget: Budget,
        *,
        rate: int,
        now: int,
    ) -> SweepOffer:
        left_behind = LeftBehind()
        for coin in gone:
            left_behind.add(self.asset, Kept.SPENT, coin.units)
        worthy = self._worth_moving(found, budget, rate, left_behind)
        spends = []
        for start in range(0, len(worthy), MOST_INPUTS):
            group = worthy[start : start + MOST_INPUTS]
            spend = self._spend(group, destination, budget, rate)
            if spend is None:
                left_behind.add(self.asset, Kept.DEAR, sum(coin.units for coin in group), count=len(group))
            else:
                spends.append(spend)
        return SweepOffer(plan_of(self.chain, destination, spends, now=now), left_behind, price=rate)

    def _worth_moving(self, found: Sequence[Coin], budget: Budget, rate: int, left_behind: LeftBehind) -> list[Coin]:
        """Leave out outputs that cost too much of their value, then addresses with too little."""
        cost = -(-INPUT_VBYTES * rate // 1_000)
        by_address: dict[str, list[Coin]] = {}
        for coin in found:
            is_ours = is_p2wpkh(script_pubkey(self.chain, coin.place.address))
            if not is_ours or cost * 100 > coin.units * budget.percent:
                left_behind.add(self.asset, Kept.DEAR, coin.units)
            else:
                by_address.setdefault(coin.place.address, []).append(coin)
        worthy = []
        for coins_there in by_address.values():
            units = sum(coin.units for coin in coins_there)
            why = budget.verdict([(self.asset, units)], (self.asset, cost * len(coins_there)))
            if why is None:
                worthy += coins_there
            else:
                left_behind.add(self.asset, why, units, count=len(coins_there))
        return worthy

    def _spend(self, group: Sequence[Coin], destination: str, budget: Budget, rate: int) -> Spend | None:
        inputs = tuple(
            PlannedInput(coin.place.holder(self.mode), coin.txid, coin.index, coin.units) for coin in group
        )
        total = sum(coin.units for coin in group)
        ceiling = budget.ceiling(self.asset, total)
        spend = Spend(chain=self.chain, inputs=inputs, to=destination, units=total, fee=0, fee_ceiling=ceiling)
        try:
            drafted = p2wpkh.draft(self.chain, coins(spend), rest_to=destination, rate=rate)
        except (InputsTooSmall, WalletError):
            return None
        units = drafted.outputs[0].value
        return replace(spend, units=units, fee=total - units) if total - units <= ceiling else None
