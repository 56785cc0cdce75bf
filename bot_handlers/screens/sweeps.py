"""Sweeps: what can be moved, the plan at each speed, and the progress."""

from collections.abc import Sequence

from bot_handlers.callbacks.reports import ShowHoldings
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
from bot_handlers.screens.screen import Button, Rows, Screen, back_row
from bot_handlers.screens.top_ups import transaction_link
from locales import Translator
from shop.assets import native
from shop.chains.sending import Speed
from shop.sweeps.sweeps import GasAddress, Route
from shop.sweeps.views import PlanView, Step, Sum, SweepState, SweepView
from wallet.chains import Chain

_MARKS = {
    "planned": "·", "funding": "⛽", "signed": "✍", "sent": "⏳", "confirmed": "✅", "failed": "✖", "replaced": "↪",
}  # fmt: skip
_OVER = ("confirmed", "failed", "replaced")
_STUCK = ("signed", "sent")
_MOST_BUTTONS = 3


def routes(known: Sequence[Route], gas: Sequence[GasAddress], latest: Sequence[SweepView], t: Translator) -> Screen:
    """Show the chains that can be swept, their destinations, and recent sweeps."""
    blocks = [t.text("sweeps")]
    blocks += [t.text("sweeps.route", coin=_name(each.chain), address=each.destination) for each in known]
    if not known:
        blocks.append(t.text("sweeps.none"))
    for place in gas:
        ticker = native(place.chain).ticker
        blocks.append(
            t.text("sweeps.gas", ticker=ticker, address=place.address, path=place.path, number=place.number)
        )
    rows: list[tuple[Button, ...]] = []
    for each in known:
        if each.under_way is None:
            label = t.text("button.sweep_plan", coin=_name(each.chain))
            rows.append((Button(label, PlanSweep(each.chain.value)),))
        else:
            label = t.text("button.sweep_under_way", coin=_name(each.chain))
            rows.append((Button(label, ShowSweep(each.under_way)),))
    rows += [
        (Button(f"{_state_mark(view)} {_name(view.chain)} · {t.moment(view.starts_at)}", ShowSweep(view.id)),)
        for view in latest
    ]
    return Screen("\n\n".join(blocks), (*rows, back_row(ShowHoldings(), t)))


def sweep(view: SweepView, t: Translator, *, speed: Speed | None = None) -> Screen:
    """Show a sweep: before it is confirmed, its plan at a speed; afterwards, its progress."""
    chosen = view.speed if speed is None or view.state is not SweepState.PLANNED else speed
    blocks = [t.text("sweep", coin=_name(view.chain), address=view.destination)]
    if view.automatic:
        blocks.append(t.text("sweep.automatic"))
    blocks.append(_state(view, t))
    plan = view.plans.get(chosen)
    if plan is not None:
        blocks.append(_plan(plan, t))
    if view.steps:
        blocks.append("\n".join(_step(step, view.chain, t) for step in view.steps))
    return Screen("\n\n".join(blocks), (*_rows(view, chosen, t), back_row(ShowSweeps(), t)))


def _state(view: SweepView, t: Translator) -> str:
    if view.state is SweepState.DROPPED and view.reason:
        return t.text(f"refusal.sweep_refused.{view.reason}")
    done = sum(count for state, count in view.counts.items() if state in _OVER)
    total = sum(view.counts.values())
    moment = t.moment(view.starts_at)
    text = t.text(f"sweep.state.{view.state.value}", done=done, total=total, moment=moment)
    failed = view.counts.get("failed", 0) - view.given_up
    if failed:
        text += "\n" + t.text("sweep.failed", count=failed)
    if view.given_up:
        text += "\n" + t.text("sweep.given_up", count=view.given_up)
    return text


def _plan(plan: PlanView, t: Translator) -> str:
    if plan.is_empty:
        lines = [t.text("sweep.nothing")]
    else:
        lines = [_line("sweep.arrives", each, t) for each in plan.arrives]
        lines.append(_line("sweep.cost", plan.cost, t))
        lines.append(t.text("sweep.transactions", count=plan.transactions, minutes=plan.minutes))
    if plan.gas.units:
        lines.append(_line("sweep.gas", plan.gas, t))
    for left in plan.left:
        lines.append(_line(f"sweep.left.{left.why.value}", left.sum, t, count=left.count))
    if plan.gas_missing.units:
        lines.append(_line("sweep.gas_missing", plan.gas_missing, t, address=plan.gas_address or "–"))
    return "\n".join(lines)


def _line(key: str, told: Sum, t: Translator, **more: object) -> str:
    worth = "" if told.worth is None else f" ({t.money(told.worth)})"
    amount = told.asset.format(told.units)
    return t.text(key, amount=amount, ticker=told.asset.ticker, worth=worth, **more)


def _step(step: Step, chain: Chain, t: Translator) -> str:
    line = f"{_MARKS[step.state]} {step.sum.asset.format(step.sum.units)} {step.sum.asset.ticker}"
    if step.is_gas:
        line += " ⛽"
    if step.state in _STUCK and step.needed:
        line += f" · {step.confirmations}/{step.needed}"
    if step.txid:
        line += f' · <a href="{transaction_link(chain, step.txid)}">{step.txid[:8]}…</a>'
    return line


def _rows(view: SweepView, chosen: Speed, t: Translator) -> Rows:
    if view.state is SweepState.PLANNED:
        return _plan_rows(view, chosen, t)
    if view.state in {SweepState.WAITING, SweepState.RUNNING}:
        stuck = [step for step in view.steps if step.state in _STUCK and not step.confirmations]
        raise_fee = tuple(
            (Button(t.text("button.sweep_raise_fee", txid=f"{step.txid[:8]}…"), RaiseSweepFee(step.id)),)
            for step in stuck[:_MOST_BUTTONS]
            if view.can_replace
        )
        refresh = (Button(t.text("button.sweep_refresh"), ShowSweep(view.id)),)
        return (*raise_fee, (Button(t.text("button.sweep_stop"), StopSweep(view.id)),), refresh)
    if view.state is SweepState.ASKED:
        return ((Button(t.text("button.sweep_refresh"), ShowSweep(view.id)),),)
    return ()


def _plan_rows(view: SweepView, chosen: Speed, t: Translator) -> Rows:
    speeds = []
    for speed, plan in view.plans.items():
        cost = plan.cost.asset.format(plan.cost.units) + " " + plan.cost.asset.ticker
        shown = cost if plan.cost.worth is None else t.money(plan.cost.worth)
        mark = "● " if speed is chosen else ""
        label = mark + t.text(f"button.sweep_speed.{speed.value}", cost=shown)
        speeds.append((Button(label, ShowSweepAt(view.id, speed.value)),))
    wanted = view.plans.get(chosen)
    drop = (Button(t.text("button.sweep_drop"), DropSweep(view.id)),)
    if wanted is None or wanted.is_empty:
        return (drop,)
    if not view.can_sign:
        return (*speeds, drop)
    go = (Button(t.text("button.sweep_confirm"), ConfirmSweep(view.id, chosen.value)),)
    return (*speeds, go, drop)


def _state_mark(view: SweepView) -> str:
    marks = {SweepState.DONE: "✅", SweepState.STOPPED: "✖"}
    return marks.get(view.state, "⏳")


def _name(chain: Chain) -> str:
    return native(chain).name
