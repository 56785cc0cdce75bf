"""Sweeps as owners request them: plan, confirm, stop, raise a fee; and automatic ones above an amount."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from shop.assets import ASSETS, Asset
from shop.chains.errors import ChainUnavailable
from shop.chains.sending import Speed
from shop.context import Context
from shop.errors.payments import RateUnavailable, SweepReason, SweepRefused
from shop.errors.refusals import NotAllowed, StaleScreen
from shop.outbox import Event
from shop.people import Person, Right
from shop.sweeps import records
from shop.sweeps.engine import STOPPED, Engine
from shop.sweeps.movers import Mover, Unfit
from shop.sweeps.offers import SourceAddress, SweepOffer
from shop.sweeps.views import Sum, SweepState, SweepView, Viewer
from storage.models import Customer, DepositAddress, Sweep, SweepMessage, SweepTransaction
from storage.models.sweeps import OPEN, held
from wallet.chains import Chain

_log = logging.getLogger("souk.sweeps")
LATEST = 5
GIVE_UP_S = 300
"""Seconds of retrying to make a plan before its owner is told that it failed."""
PLAN_HOLDS_S = 3_600
"""Seconds for which a plan can be confirmed, since fees and balances change."""


@dataclass(frozen=True, slots=True)
class Route:
    """A chain that can be swept: where to, and the sweep that is under way, if any."""

    chain: Chain
    destination: str
    under_way: int | None


@dataclass(frozen=True, slots=True)
class GasAddress:
    """The address that supplies the others with gas, topped up by the operator; `number` is its BIP-85 child's."""

    chain: Chain
    address: str
    path: str
    number: int


@dataclass(frozen=True, slots=True)
class Sweeps:
    """Sweeps, for owners. The destinations are settings, which no one can change from a chat."""

    context: Context
    movers: Mapping[Chain, Mover]
    engine: Engine
    gas_places: Mapping[Chain, SourceAddress]

    def routes(self, person: Person) -> tuple[Route, ...]:
        """List the chains that can be swept, in the order of their coins."""
        self._require(person)
        found = []
        for chain, mover in self.movers.items():
            sweep = Sweep.under_way(mover.chain.value)
            found.append(Route(chain, self._destination(chain), None if sweep is None else sweep.id))
        return tuple(found)

    def gas(self, person: Person) -> tuple[GasAddress, ...]:
        """List the shop's gas addresses."""
        self._require(person)
        places = self.gas_places.items()
        return tuple(GasAddress(chain, each.address, each.path, each.number) for chain, each in places)

    def latest(self, person: Person) -> tuple[SweepView, ...]:
        """List the most recently confirmed sweeps, newest first."""
        self._require(person)
        return tuple(self._viewer.view(sweep) for sweep in Sweep.latest(limit=LATEST))

    def ask(self, person: Person, chain: Chain, *, message_id: int | None) -> SweepView:
        """Request a plan; a job makes it, and the message shows it.

        Raises:
            SweepRefused: this chain cannot be swept now.
        """
        self._require(person)
        self.check(chain)
        with self.context.database.transaction():
            sweep = self._new(chain, asked_by=person.id)
            if message_id is not None:
                SweepMessage.keep(sweep.id, person.telegram_id, person.bot_id, message_id)
        return self.view(sweep.id)

    def view(self, sweep_id: int) -> SweepView:
        """Read a sweep, for its owners and for letters.

        Raises:
            StaleScreen: there is none.
        """
        sweep = Sweep.find(sweep_id)
        if sweep is None:
            raise StaleScreen
        return self._viewer.view(sweep)

    def show(self, person: Person, sweep_id: int, *, message_id: int | None = None) -> SweepView:
        """Read a sweep for an owner, and keep the message that shows it."""
        self._require(person)
        view = self.view(sweep_id)
        if message_id is not None:
            self.shown(sweep_id, person.telegram_id, person.bot_id, message_id)
        return view

    def confirm(self, person: Person, sweep_id: int, speed: Speed) -> SweepView:
        """Start a planned sweep after the delay, and tell every owner. A second call changes nothing.

        Raises:
            StaleScreen: the plan is too old.
            SweepRefused: nothing is worth moving, another one is under way, or there is no key here.
        """
        self._require(person)
        with self.context.database.transaction():
            self._require(person)
            sweep = Sweep.find(sweep_id)
            now = self.context.clock()
            if sweep is None or sweep.state not in {"planned", "waiting", "running", "done"}:
                raise StaleScreen
            if sweep.state == "planned":
                if not 0 <= now - sweep.created_at <= PLAN_HOLDS_S:
                    raise StaleScreen
                self.check(Chain(sweep.chain), destination=sweep.destination)
                self._schedule(sweep, speed, now)
                view = self.view(sweep.id)
                arrives = ", ".join(f"{each.asset.format(each.units)} {each.asset.code}" for each in _arrives(view))
                self.context.audit.write(
                    person, "sweep.confirmed", f"sweep {sweep.id}", to=sweep.destination, arrives=arrives
                )
        return self.view(sweep_id)

    def stop(self, person: Person, sweep_id: int) -> SweepView:
        """Stop a sweep: all of it before it starts; later, all that no block has taken. Nothing is signed again.

        What was signed and is given up may still land, and counts then; a new plan takes the same nonces and outputs,
        so that only one of the two can. On chains without either it is followed until it expires.

        Raises:
            StaleScreen: it is over.
        """
        self._require(person)
        with self.context.database.transaction():
            sweep = Sweep.find(sweep_id)
            if sweep is None or sweep.state not in {"waiting", "running"}:
                raise StaleScreen
            now = self.context.clock()
            ended = {"state": "stopped", "ended_at": now} if sweep.state == "waiting" else {}
            Sweep.change(sweep.id, reason=STOPPED, **ended)
            self.engine.stop(sweep.id)
            self.context.audit.write(person, "sweep.stopped", f"sweep {sweep.id}", to=sweep.destination)
        return self.view(sweep_id)

    def drop(self, person: Person, sweep_id: int) -> None:
        """Drop a plan that was not confirmed."""
        self._require(person)
        with self.context.database.transaction():
            sweep = Sweep.find(sweep_id)
            if sweep is not None and sweep.state in {"asked", "planned"}:
                Sweep.change(sweep.id, state="dropped")

    def raise_fee(self, person: Person, transaction_id: int) -> SweepView:
        """Replace a stuck transaction with one that pays a higher fee.

        Raises:
            StaleScreen: it is not stuck.
            SweepRefused: it cannot be replaced, or no server answers.
        """
        self._require(person)
        row = SweepTransaction.find(transaction_id)
        if row is None or row.state not in {"signed", "sent"} or row.confirmations:
            raise StaleScreen
        mover = self.movers.get(Chain(row.chain))
        if mover is None or not mover.can_replace:
            raise SweepRefused(SweepReason.NOT_REPLACEABLE)
        sweep = Sweep.get_by_id(row.sweep_id)
        try:
            made = self.engine.replace(sweep, records.plan_of_sweep(sweep), row)
        except Unfit:
            raise SweepRefused(SweepReason.NOT_REPLACEABLE) from None
        except ChainUnavailable:
            raise SweepRefused(SweepReason.NO_SERVER) from None
        with self.context.database.transaction():
            details = {"old": row.txid or "", "new": made.txid or ""}
            self.context.audit.write(person, "sweep.replaced", f"sweep {sweep.id}", **details)
        return self.view(sweep.id)

    def offers(self, chain: Chain) -> Mapping[Speed, SweepOffer]:
        """Plan a chain at each speed, regardless of who signs and sends it.

        Raises:
            RateUnavailable: a coin of the chain has no reliable rate.
            ChainUnavailable: no server answers.
        """
        budget = self.engine.values.budget(chain)
        return self.movers[chain].offers(self._destination(chain), budget, now=self.context.clock())

    def run(self) -> None:
        """Move every sweep forward: a job. An error in one of them is raised after the others have had their turn."""
        with ExitStack() as each_of_them:
            each_of_them.callback(self.engine.look_back)
            for sweep in reversed(Sweep.open()):
                each_of_them.callback(self._run_one, sweep)

    def watch_sums(self) -> None:
        """Request a sweep of each chain that holds more than `SWEEP_ABOVE`: a job."""
        above = self.context.settings.sweep_above
        if not above or self.engine.keys is None:
            return
        every_s = self.context.settings.sweep_every_hours * 3_600
        sums = held()
        for chain in self.movers:
            codes = [code for code in above if ASSETS[code].chain is chain]
            last = Sweep.last_asked(chain.value)
            is_due = not 0 <= self.context.clock() - last < every_s
            if is_due and any(self._exceeds(ASSETS[code], sums.get(code, 0), above[code]) for code in codes):
                try:
                    self.check(chain)
                except SweepRefused:
                    continue
                with self.context.database.transaction():
                    self._new(chain, asked_by=None)

    def message_of(self, sweep_id: int, telegram_id: int, bot_id: int) -> int | None:
        """Find the message in which a bot shows a sweep to a person."""
        return SweepMessage.of(sweep_id, telegram_id, bot_id)

    def shown(self, sweep_id: int, telegram_id: int, bot_id: int, message_id: int) -> None:
        """Remember the message in which a bot shows a sweep to a person."""
        with self.context.database.transaction():
            SweepMessage.keep(sweep_id, telegram_id, bot_id, message_id)

    @property
    def _viewer(self) -> Viewer:
        return Viewer(self.engine.values, self.engine.keys is not None)

    def _require(self, person: Person) -> None:
        self.context.customers.require(person, Right.MONEY)
        if not self.context.customers.is_owner(person.telegram_id):
            raise NotAllowed

    def check(self, chain: Chain, *, destination: str | None = None) -> None:
        """Refuse a chain that cannot be swept now.

        Raises:
            SweepRefused: it has no destination, another sweep is under way, or the destination is the shop's own.
            StaleScreen: the destination has changed.
        """
        to = self.context.settings.sweep_destinations.get(chain.value)
        if chain not in self.movers or to is None:
            raise SweepRefused(SweepReason.NOT_SET)
        if destination not in {None, to}:
            raise StaleScreen
        if Sweep.under_way(chain.value) is not None:
            raise SweepRefused(SweepReason.UNDER_WAY)
        if DepositAddress.find(chain.value, to) is not None or to in {
            each.address for each in self.gas_places.values()
        }:
            raise SweepRefused(SweepReason.OWN_ADDRESS)

    def _destination(self, chain: Chain) -> str:
        return self.context.settings.sweep_destinations[chain.value]

    def _new(self, chain: Chain, *, asked_by: int | None) -> Sweep:
        return Sweep.create(
            chain=chain.value,
            destination=self._destination(chain),
            speed=Speed.NORMAL.value,
            state=SweepState.ASKED.value,
            asked_by=asked_by,
            created_at=self.context.clock(),
        )

    def _schedule(self, sweep: Sweep, speed: Speed, now: int) -> None:
        """Schedule the start of a sweep, until which owners can stop it. Needs an open transaction."""
        if self.engine.keys is None:
            raise SweepRefused(SweepReason.NO_KEYS)
        offer = records.offers_of(sweep.id).get(speed)
        if offer is None or offer.plan is None:
            raise SweepRefused(SweepReason.NOTHING)
        Sweep.change(sweep.id, speed=speed.value, state="waiting", starts_at=now + self._delay_s)
        self.engine.changed(sweep.id)

    @property
    def _delay_s(self) -> int:
        return self.context.settings.sweep_delay_minutes * 60

    def _waits(self, sweep: Sweep) -> bool:
        """Return whether owners can still stop a sweep before it starts.

        One that was confirmed while the clock was ahead waits as if it had just been confirmed.
        """
        now, starts_at = self.context.clock(), sweep.starts_at or 0
        if starts_at - now > self._delay_s:
            with self.context.database.transaction():
                if Sweep.get_by_id(sweep.id).state == "waiting":
                    Sweep.change(sweep.id, starts_at=now + self._delay_s)
                    self.engine.changed(sweep.id)
        return starts_at > now

    def _run_one(self, sweep: Sweep) -> None:
        try:
            self._advance(sweep)
        except ChainUnavailable as error:
            _log.warning("sweep %d waits: %s", sweep.id, error)
        except Exception as error:
            _log.warning("sweep %d failed: %s", sweep.id, error)
            raise

    def _advance(self, sweep: Sweep) -> None:
        if self.context.settings.sweep_destinations.get(sweep.chain) != sweep.destination:
            self._abandon(sweep)
        if Chain(sweep.chain) not in self.movers or sweep.state not in OPEN:
            return
        if sweep.state == "asked":
            self._plan(sweep)
            return
        plan = records.plan_of_sweep(sweep)
        if sweep.state == "waiting":
            if self._waits(sweep):
                return
            self.engine.begin(sweep, plan)
            sweep = Sweep.get_by_id(sweep.id)
        if sweep.state == "running":
            self.engine.advance(sweep, plan)

    def _abandon(self, sweep: Sweep) -> None:
        """End a sweep that has not begun and whose destination differs from the current settings."""
        ends = {"asked": "dropped", "waiting": "stopped"}
        if sweep.state in ends:
            sweep.state = ends[sweep.state]
            with self.context.database.transaction():
                Sweep.change(sweep.id, state=sweep.state, reason=SweepReason.NOT_SET.value)
                self.engine.changed(sweep.id)

    def _plan(self, sweep: Sweep) -> None:
        """Make the plans; an automatic sweep continues at once, or is dropped if it is refused."""
        chain, now = Chain(sweep.chain), self.context.clock()
        reason = ""
        try:
            offers = dict(self.offers(chain))
        except RateUnavailable:
            offers, reason = {}, SweepReason.NO_RATE.value
        except ChainUnavailable:
            if 0 <= now - sweep.created_at < GIVE_UP_S:
                raise
            offers, reason = {}, SweepReason.NO_SERVER.value
        with self.context.database.transaction():
            if Sweep.get_by_id(sweep.id).state != "asked":
                return
            records.keep_offers(sweep.id, offers)
            if sweep.asked_by is None:
                try:
                    self.check(chain)
                    self._schedule(sweep, Speed.NORMAL, now)
                except SweepRefused as refusal:
                    Sweep.change(sweep.id, state="dropped", reason=reason or refusal.reason.value)
            else:
                Sweep.change(sweep.id, state="planned" if offers else "dropped", reason=reason)
                asker = Customer.get_by_id(sweep.asked_by)
                key, payload = f"sweep:{sweep.id}:{asker.telegram_id}", {"sweep_id": sweep.id}
                self.context.outbox.tell_again(asker, Event.ADMIN_SWEEP, key=key, payload=payload)

    def _exceeds(self, asset: Asset, units: int, above: int) -> bool:
        worth = self.engine.values.worth(asset, units)
        return worth is not None and worth.decimal > above


def _arrives(view: SweepView) -> tuple[Sum, ...]:
    return () if view.plan is None else view.plan.arrives
