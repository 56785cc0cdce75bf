"""Sweeps: a plan, its confirmation, and what becomes of it."""

from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.sweeps import (
    ConfirmSweep,
    DropSweep,
    PlanSweep,
    RaiseSweepFee,
    ShowSweep,
    ShowSweepAt,
    ShowSweeps,
    StopSweep,
)
from bot_handlers.screens import sweeps as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from shop.assembly import Shop
from shop.chains.sending import Speed
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class SweepHandlers:
    """How owners move the shop's coins to themselves."""

    chat: Chat
    shop: Shop

    def show_all(self, visit: Visit, _page: ShowSweeps) -> None:
        """Show which chains coins can leave, and where to."""
        sweeps = self.shop.sweeps
        routes, gas = sweeps.routes(visit.person), sweeps.gas(visit.person)
        self.chat.show(visit, screens.routes(routes, gas, sweeps.latest(visit.person), visit.translator))

    def plan(self, visit: Visit, choice: PlanSweep) -> None:
        """Ask for a plan."""
        chain = member(Chain, choice.chain)
        view = self.shop.sweeps.ask(visit.person, chain, message_id=visit.message_id)
        self.chat.show(visit, screens.sweep(view, visit.translator))

    def show(self, visit: Visit, place: ShowSweep) -> None:
        """Show a sweep as it stands."""
        view = self.shop.sweeps.show(visit.person, place.sweep_id, message_id=visit.message_id)
        self.chat.show(visit, screens.sweep(view, visit.translator))

    def show_at(self, visit: Visit, place: ShowSweepAt) -> None:
        """Show a plan at another speed."""
        view = self.shop.sweeps.show(visit.person, place.sweep_id, message_id=visit.message_id)
        self.chat.show(visit, screens.sweep(view, visit.translator, speed=member(Speed, place.speed)))

    def confirm(self, visit: Visit, choice: ConfirmSweep) -> None:
        """Confirm a plan."""
        view = self.shop.sweeps.confirm(visit.person, choice.sweep_id, member(Speed, choice.speed))
        self.chat.show(visit, screens.sweep(view, visit.translator))

    def drop(self, visit: Visit, choice: DropSweep) -> None:
        """Drop a plan."""
        self.shop.sweeps.drop(visit.person, choice.sweep_id)
        self.show_all(visit, ShowSweeps())

    def stop(self, visit: Visit, choice: StopSweep) -> None:
        """Stop a sweep."""
        view = self.shop.sweeps.stop(visit.person, choice.sweep_id)
        self.chat.show(visit, screens.sweep(view, visit.translator))

    def raise_fee(self, visit: Visit, choice: RaiseSweepFee) -> None:
        """Replace a stuck transaction at a higher fee."""
        view = self.shop.sweeps.raise_fee(visit.person, choice.transaction_id)
        self.chat.show(visit, screens.sweep(view, visit.translator))
