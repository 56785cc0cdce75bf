"""Buttons of sweeps. Where coins go is in none of them."""

from bot_handlers.callbacks import Callback, button


@button("sweeps")
class ShowSweeps(Callback):
    """Show which chains coins can leave."""


@button("sweepplan")
class PlanSweep(Callback):
    """Ask for a plan of a chain."""

    chain: str


@button("sweep")
class ShowSweep(Callback):
    """Show a sweep."""

    sweep_id: int


@button("sweepat")
class ShowSweepAt(Callback):
    """Show a planned sweep at a speed."""

    sweep_id: int
    speed: str


@button("sweepgo")
class ConfirmSweep(Callback):
    """Confirm a planned sweep at a speed."""

    sweep_id: int
    speed: str


@button("sweepdrop")
class DropSweep(Callback):
    """Drop a plan."""

    sweep_id: int


@button("sweepstop")
class StopSweep(Callback):
    """Stop a sweep."""

    sweep_id: int


@button("sweepfast")
class RaiseSweepFee(Callback):
    """Replace a stuck transaction at a higher fee."""

    transaction_id: int
