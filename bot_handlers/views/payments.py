"""Coins, the top-up screen, and a deposit's progress."""

import io

import segno

from bot_handlers.callbacks import ChooseCoin, Home, ShowShelf, ShowTopUp, TypeSum, TypeTransaction
from bot_handlers.callbacks_checkout import StopWaiting
from bot_handlers.views.explorers import transaction_link
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.assets import Asset
from shop.deposit_views import DepositState, DepositView
from shop.menu_pictures import Scene
from shop.money import Money, exponent
from shop.top_ups import TopUp
from wallet.chains import Chain

PRESET_UNITS = (25, 50, 100, 250)
"""Sums offered on the top-up screen, in whole units of the shop's currency."""


def coins(
    assets: tuple[Asset, ...],
    delayed: frozenset[Chain],
    *,
    asked: Money | None,
    balance: Money,
    waiting: Money | None,
    kept_until: int | None,
    t: Translator,
) -> Screen:
    """Show the coins to pay with, which of them arrive late at the moment, and what waits for the money."""
    minor = asked.minor if asked else None
    rows = tuple((Button(asset.name, ShowTopUp(asset.code, minor)),) for asset in assets)
    text = t.text("coins", balance=balance) if asked is None else t.text("coins.asked", balance=balance, asked=asked)
    late = [asset.name for asset in assets if asset.chain in delayed]
    if late:
        text += "\n\n" + t.text("coins.delayed", coins=", ".join(late))
    stop = ((Button(t.text("button.stop_waiting"), StopWaiting()),),) if waiting else ()
    if waiting:
        kept = (
            t.text("coins.not_kept") if kept_until is None else t.text("coins.kept", until=t.time_of_day(kept_until))
        )
        text += "\n\n" + t.text("coins.waiting", total=waiting) + "\n" + kept
    return Screen(text, (*rows, *stop, back_home(t)), scene=Scene.TOP_UP)


def top_up(shown: TopUp, currency: str, t: Translator, *, minutes_left: int) -> Screen:
    """Show where to pay: the address as text, as a link and as a picture."""
    asset = shown.asset
    parts = [t.text("top_up", coin=asset.name, address=shown.address)]
    if shown.asked is not None and shown.units is not None:
        parts.append(t.text("top_up.sum", asked=shown.asked, amount=asset.format(shown.units), ticker=asset.ticker))
    if ":" in shown.uri:
        parts.append(t.text("top_up.link", uri=shown.uri))
    rate = t.rate(shown.rate.value, currency)
    until = t.time_of_day(shown.expires_at)
    parts.append(t.text("top_up.rate", ticker=asset.ticker, rate=rate, until=until, count=minutes_left))
    parts.append(t.text("top_up.note", count=shown.depth))
    if shown.delayed:
        parts.append(t.text("coins.delayed", coins=asset.name))
    return Screen("\n\n".join(parts), _top_up_rows(shown, currency, t), picture=qr_picture(shown.uri))


def _top_up_rows(shown: TopUp, currency: str, t: Translator) -> tuple[tuple[Button, ...], ...]:
    asset = shown.asset
    copies = [Button(t.text("button.copy_address"), copy=shown.address)]
    if shown.units is not None:
        copies.append(Button(t.text("button.copy_amount"), copy=asset.format(shown.units)))
    sums = [Money(units * 10 ** exponent(currency), currency) for units in PRESET_UNITS]
    presets = [Button(t.money(money), ShowTopUp(asset.code, money.minor)) for money in sums]
    return (
        tuple(copies),
        tuple(presets[:2]),
        tuple(presets[2:]),
        (
            Button(t.text("button.other_sum"), TypeSum(asset.code)),
            Button(t.text("button.i_have_paid"), TypeTransaction(asset.code)),
        ),
        (Button(t.text("button.back"), ChooseCoin(shown.asked.minor if shown.asked else None)), *back_home(t)),
    )


def ask_sum(asset: Asset, currency: str, t: Translator) -> Screen:
    """Ask for the sum to top up."""
    rows = ((Button(t.text("button.back"), ShowTopUp(asset.code, None)),),)
    return Screen(t.text("ask_sum", currency=currency), rows)


def ask_transaction(asset: Asset, t: Translator) -> Screen:
    """Ask for the id of a transaction."""
    rows = ((Button(t.text("button.back"), ShowTopUp(asset.code, None)),),)
    return Screen(t.text("ask_transaction", coin=asset.name), rows)


def deposit(view: DepositView, t: Translator) -> Screen:
    """Show how far a deposit has come: the same message from first sight to balance."""
    amount = view.asset.format(view.units)
    head = t.text("deposit", amount=amount, ticker=view.asset.ticker)
    lines = [head, "", _standing(view, t)]
    if view.state in (DepositState.SEEN, DepositState.CONFIRMING):
        lines.append(progress_bar(view.confirmations, view.depth))
    look = (Button(t.text("button.explorer"), link=transaction_link(view.asset.chain, view.txid)),)
    if view.state is not DepositState.CREDITED:
        return Screen("\n".join(lines), (look,))
    lines.append(_explanation(view, t))
    rows = (
        look,
        (
            Button(t.text("button.shop"), ShowShelf(None, 0)),
            Button(t.text("button.home"), Home()),
        ),
    )
    return Screen("\n".join(lines), rows)


def _standing(view: DepositView, t: Translator) -> str:
    if view.state is DepositState.CREDITED:
        return t.text("deposit.credited", amount=view.credited)
    if view.state is DepositState.CONFIRMING and view.confirmations >= view.depth:
        return t.text("deposit.waiting_for_rate")
    return t.text(f"deposit.{view.state.value}", confirmations=view.confirmations, depth=view.depth)


def _explanation(view: DepositView, t: Translator) -> str:
    if view.rate is None or view.credited is None:
        return ""
    key = "deposit.rate_locked" if view.locked else "deposit.rate_now"
    lines = [t.text(key, ticker=view.asset.ticker, rate=t.rate(view.rate.value, view.credited.currency))]
    if view.asked is not None and view.credited < view.asked:
        lines.append(t.text("deposit.short", missing=view.asked - view.credited))
    elif view.asked is not None and view.credited > view.asked:
        lines.append(t.text("deposit.over", surplus=view.credited - view.asked))
    return "\n".join(lines)


def progress_bar(done: int, total: int, width: int = 10) -> str:
    """Draw a bar of blocks."""
    filled = min(width, done * width // max(total, 1))
    return "▰" * filled + "▱" * (width - filled)


def qr_picture(text: str) -> bytes:
    """Draw a QR code as PNG, with the quiet zone of four modules (ISO/IEC 18004)."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=8, border=4)
    return picture.getvalue()
