"""Top-ups, deposits and invoices, for customers and for admins."""

import io
from collections.abc import Sequence
from typing import Any

from bot_handlers.callbacks.catalog import ShowShelf
from bot_handlers.callbacks.checkout import StopWaiting
from bot_handlers.callbacks.home import Home
from bot_handlers.callbacks.reports import ReleaseDeposit
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp, TypeSum, TypeTransaction
from bot_handlers.screens.screen import Button, Rows, Screen, back_button, back_home, back_row, shortened
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.assets import NOT_CREDITED, Asset, native
from shop.chains.parameters import PARAMETERS
from shop.money import Money, exponent
from shop.payments.deposit_views import DepositState, DepositView
from shop.payments.invoice_views import InvoiceState, InvoiceView
from shop.payments.top_ups import TopUp, payment_uri
from shop.payments.witnesses import BY_HAND, Hold
from shop.sales.waiting import ReservedGoods
from wallet.chains import Chain

PRESET_UNITS = (25, 50, 100, 250)
"""The amounts offered on the top-up screen, in whole units of the currency, or these times a power of ten."""
QR_PX = 600
"""The smallest width of a QR code, in pixels."""
MAX_GOODS = 120
"""The most characters of the list of reserved goods; more would not fit below a picture."""


def coins(
    assets: tuple[Asset, ...],
    delayed: frozenset[Chain],
    *,
    asked: Money | None,
    balance: Money,
    waiting: Money | None,
    kept: str,
    more: Rows = (),
    t: Translator,
) -> Screen:
    """Show the coins to pay with, which of them are delayed, other ways (`more`), and the order that waits for the
    money.
    """
    minor = asked.minor if asked else None
    rows = tuple((Button(asset.label, ShowTopUp(asset.code, minor)),) for asset in assets)
    text = t.text("coins", balance=balance) if asked is None else t.text("coins.asked", balance=balance, asked=asked)
    if not rows:
        text = t.text("coins.none_but_stars" if more else "coins.none", balance=balance)
    late = [asset.name for asset in assets if asset.chain in delayed]
    if late:
        text += "\n\n" + t.text("refusal.chain_delayed", coin=", ".join(late))
    stop = ((Button(t.text("button.stop_waiting"), StopWaiting()),),) if waiting else ()
    if waiting:
        text += "\n\n" + t.text("coins.waiting", total=waiting) + "\n" + kept
    return Screen(text, (*rows, *more, *stop, back_home(t)), scene=MenuScreen.TOP_UP)


def reserved(kept: ReservedGoods | None, t: Translator, *, once_paid: bool) -> str:
    """Say what is reserved and until when; `once_paid`: the rest will be as soon as a payment is seen."""
    if kept is None:
        return t.text("coins.kept_once_paid" if once_paid else "coins.not_kept")
    goods = ", ".join(f"{quantity} × {name}" for name, quantity in kept.goods)
    key = "coins.kept" if kept.paid else "coins.kept_for_now"
    return t.text(key, goods=shortened(goods, MAX_GOODS), until=t.time_of_day(kept.until))


def top_up(shown: TopUp, currency: str, t: Translator, *, kept: ReservedGoods | None) -> Screen:
    """Show where to pay: the address as text, as a link and as a picture, and how long its rate holds."""
    asset = shown.asset
    parts = [t.text("top_up", ticker=asset.ticker, network=asset.network, address=shown.address)]
    if shown.wanted is not None:
        parts.append(t.text("top_up.least", wanted=shown.wanted, least=shown.least, coin=asset.name))
    if shown.asked is not None and shown.units is not None:
        parts.append(t.text("top_up.sum", asked=shown.asked, amount=asset.format(shown.units), ticker=asset.ticker))
    if ":" in shown.uri:
        parts.append(t.text("top_up.link", uri=shown.uri))
    parts.append(_clock(shown, currency, t))
    if kept is not None:
        parts.append(reserved(kept, t, once_paid=False))
    if shown.least_depth == shown.depth:
        parts.append(t.text("top_up.note", count=shown.depth, least=shown.least))
    else:
        parts.append(t.text("top_up.note_range", first=shown.least_depth, count=shown.depth, least=shown.least))
    if shown.delayed:
        parts.append(t.text("refusal.chain_delayed", coin=asset.name))
    return Screen("\n\n".join(parts), _top_up_rows(shown, currency, t), picture=qr_picture(shown.uri))


def _clock(shown: TopUp, currency: str, t: Translator) -> str:
    """Return how long the rate holds, or that it holds no longer."""
    if not shown.minutes_left:
        return t.text("top_up.expired")
    rate, until = t.rate(shown.rate.value, currency), t.time_of_day(shown.expires_at)
    return t.text("top_up.rate", ticker=shown.asset.ticker, rate=rate, until=until, count=shown.minutes_left)


def _top_up_rows(shown: TopUp, currency: str, t: Translator) -> Rows:
    asset, asked = shown.asset, shown.wanted or shown.asked
    minor = asked.minor if asked else None
    copies = [Button(t.text("button.copy_address"), copy=shown.address)]
    if shown.units is not None:
        copies.append(Button(t.text("button.copy_amount"), copy=asset.format(shown.units)))
    refresh = () if shown.minutes_left else ((Button(t.text("button.refresh_rate"), ShowTopUp(asset.code, minor)),),)
    return (
        *refresh,
        tuple(copies),
        *_sums(asset, shown.least, t),
        (
            Button(t.text("button.other_sum"), TypeSum(asset.code)),
            Button(t.text("button.i_have_paid"), TypeTransaction(asset.code)),
        ),
        back_row(ChooseCoin(minor), t),
    )


def _sums(asset: Asset, least: Money, t: Translator) -> Rows:
    """Offer four sums, two beside each other."""
    buttons = [Button(t.money(money), ShowTopUp(asset.code, money.minor)) for money in presets(least)]
    return tuple(buttons[:2]), tuple(buttons[2:])


def presets(least: Money) -> list[Money]:
    """Return four sums from `least` on; in currencies of small units they are as many times larger."""
    unit = 10 ** exponent(least.currency)
    while PRESET_UNITS[0] * unit < least.minor:
        unit *= 10
    return [Money(units * unit, least.currency) for units in PRESET_UNITS]


def ask_sum(asset: Asset, currency: str, t: Translator) -> Screen:
    """Ask for the sum to top up."""
    rows = ((back_button(ShowTopUp(asset.code, None), t),),)
    return Screen(t.text("ask_sum", currency=currency), rows)


def ask_transaction(asset: Asset, address: str, shown: TopUp | None, t: Translator) -> Screen:
    """Ask for the id of a transaction, repeating the amount and the address."""
    asked = shown.asked if shown is not None else None
    rows = ((back_button(ShowTopUp(asset.code, asked.minor if asked else None), t),),)
    parts = [t.text("ask_transaction", coin=asset.name)]
    parts.append(t.text("top_up", ticker=asset.ticker, network=asset.network, address=address))
    if shown is not None and asked is not None and shown.units is not None:
        parts.append(t.text("top_up.sum", asked=asked, amount=asset.format(shown.units), ticker=asset.ticker))
    return Screen("\n\n".join(parts), rows)


def look_up(asset: Asset | None, t: Translator, *, place: int) -> Screen:
    """Show that a transaction is being looked up, or its place in the queue."""
    text = t.text("look_up.everywhere") if asset is None else t.text("look_up", coin=asset.name)
    return Screen(text if place == 0 else text + "\n" + t.text("look_up.place", place=place))


def deposit(view: DepositView, t: Translator) -> Screen:
    """Show a deposit's progress, in the same message from first sighting to credit."""
    amount = view.asset.format(view.units)
    head = t.text("deposit", amount=amount, ticker=view.asset.ticker)
    lines = [head, "", standing(view, t)]
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


def standing(view: DepositView, t: Translator) -> str:
    """Say how far a deposit is."""
    if view.state is DepositState.CREDITED:
        return t.text("deposit.credited", amount=view.credited)
    if view.state is DepositState.CONFIRMING and view.confirmations >= view.depth:
        return t.text("deposit.waiting_for_rate")
    if view.state is DepositState.VERIFYING and view.held in BY_HAND:
        return t.text(f"deposit.held.{view.held.value}")
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
    """Draw a QR code as PNG, with the quiet zone of four modules (ISO/IEC 18004), so large that a phone reads it.

    segno is imported with the first one: a shop that takes only Stars, or is paid through a provider, draws none.
    """
    import segno

    picture, code = io.BytesIO(), segno.make(text, error="m", micro=False)
    modules, _ = code.symbol_size(scale=1, border=4)
    code.save(picture, kind="png", scale=-(-QR_PX // modules), border=4)
    return picture.getvalue()


def choose_sum(asset: Asset, least: Money, t: Translator) -> Screen:
    """Show the sums to top up: a provider wants to know it first."""
    rows = (
        *_sums(asset, least, t),
        (Button(t.text("button.other_sum"), TypeSum(asset.code)),),
        back_row(ChooseCoin(None), t),
    )
    return Screen(t.text("invoice.sum", coin=asset.name), rows)


def invoice(view: InvoiceView, t: Translator) -> Screen:
    """Show where to pay, and how much: as text, as a link and as a picture."""
    asset, amount = view.asset, view.asset.format(view.units)
    uri = payment_uri(asset, view.address, view.units)
    parts = [
        t.text("top_up.sum", asked=view.asked, amount=amount, ticker=asset.ticker),
        t.text("invoice.address", coin=asset.name, address=view.address),
    ]
    if asset.contract is not None:
        parts.append(t.text("invoice.exact"))
    if ":" in uri:
        parts.append(t.text("top_up.link", uri=uri))
    parts.append(t.text("invoice.until", moment=t.moment(view.expires_at), count=view.minutes_left))
    rows = (
        (
            Button(t.text("button.copy_address"), copy=view.address),
            Button(t.text("button.copy_amount"), copy=amount),
        ),
        (Button(t.text("button.other_sum"), TypeSum(asset.code)),),
        back_row(ChooseCoin(view.asked.minor), t),
    )
    return Screen("\n\n".join(parts), rows, picture=qr_picture(uri))


def outcome(view: InvoiceView, t: Translator) -> Screen:
    """Say the outcome of an invoice; the same message if it is paid after it expired."""
    if view.state is not InvoiceState.PAID:
        anew = Button(t.text("button.new_invoice"), ShowTopUp(view.asset.code, view.asked.minor))
        others = Button(t.text("menu.top_up"), ChooseCoin(view.asked.minor))
        text = t.text("invoice.expired", asked=view.asked, coin=view.asset.name)
        return Screen(text, ((anew,), (others, *back_home(t))))
    rows = (
        (
            Button(t.text("button.shop"), ShowShelf(None, 0)),
            Button(t.text("button.home"), Home()),
        ),
    )
    return Screen(t.text("invoice.paid", amount=view.asked, balance=view.balance), rows)


def transaction_link(chain: Chain, txid: str) -> str:
    """Write the address of an explorer's page about a transaction."""
    return PARAMETERS[chain].transaction_url.format(txid)


def address_link(chain: Chain, address: str) -> str:
    """Write the address of an explorer's page about an address of a chain."""
    return PARAMETERS[chain].address_url.format(address)


def admin_deposit(view: DepositView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a credited deposit."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.deposit", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def admin_invoice(view: InvoiceView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a payment that the provider took, and when it got another amount than was asked for."""
    asset, got = view.asset, view.units if view.paid_units is None else view.paid_units
    amount = asset.format(got)
    text = t.text("admin.deposit", amount=amount, ticker=asset.ticker, credited=view.asked, customer=customer)
    if got != view.units:
        text += "\n" + t.text("admin.invoice_amount", amount=asset.format(view.units), ticker=asset.ticker)
    return Screen(text)


def invoice_differs(view: InvoiceView, differing: Sequence[str], customer: str, t: Translator) -> Screen:
    """Alert an admin that the provider shows a payment differently from how it was opened."""
    what = _what_differs(differing, t)
    return Screen(
        t.text(
            "admin.invoice_differs",
            provider=view.provider,
            number=view.number,
            asked=view.asked,
            customer=customer,
            what=what,
        )
    )


def invoice_unread(view: InvoiceView, customer: str, t: Translator) -> Screen:
    """Alert an admin that the provider never said how a payment ended."""
    said = {"provider": view.provider, "number": view.number, "asked": view.asked, "customer": customer}
    return Screen(t.text("admin.invoice_unread", **said))


def invoice_unknown(provider: str, number: str, asked: Money, t: Translator) -> Screen:
    """Alert an owner of a paid payment that the shop does not know."""
    return Screen(t.text("admin.invoice_unknown", provider=provider, number=number, asked=asked))


def vanished(view: DepositView, customer: str, t: Translator) -> Screen:
    """Alert an admin that a credited transfer is no longer on its chain."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.vanished", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def held(view: DepositView, customer: str, t: Translator) -> Screen:
    """Tell an admin that a deposit waits for a second server, or an owner that it waits for them."""
    reason = view.held if view.held in {Hold.CEILING, Hold.EARLIER} else Hold.UNWITNESSED
    text = t.text(
        f"admin.held.{reason.value}",
        amount=view.asset.format(view.units),
        ticker=view.asset.ticker,
        worth=view.worth,
        customer=customer,
        server=view.shown_by,
    )
    return Screen(text, _release_rows(view, t))


def contradicted(view: DepositView, said: dict[str, Any], customer: str, t: Translator) -> Screen:
    """Alert an admin that two servers contradict each other about a transaction."""
    asset = view.asset
    text = t.text(
        "admin.contradicted",
        customer=customer,
        ticker=asset.ticker,
        server=view.shown_by,
        amount=asset.format(int(said["units"])),
        other=said["server"],
        other_amount=asset.format(int(said["other"])),
    )
    if what := _what_differs(said.get("differing", ()), t):  # none if one shows no such payment
        text += "\n" + t.text("admin.contradicted.differs", what=what)
    return Screen(text, _release_rows(view, t))


def _what_differs(names: Sequence[str], t: Translator) -> str:
    return ", ".join(t.text(f"differs.{name}") for name in names)


def _release_rows(view: DepositView, t: Translator) -> Rows:
    look = (Button(t.text("button.explorer"), link=transaction_link(view.asset.chain, view.txid)),)
    if view.state is not DepositState.VERIFYING:
        return (look,)
    return (look, (Button(t.text("button.release"), ReleaseDeposit(view.id)),))


def pool(left: int, t: Translator) -> Screen:
    """Tell an admin that the pool of SOL addresses runs low."""
    return Screen(t.text("admin.pool", count=left))


def unseen(asset: Asset, units: int, address: str, customer: str, t: Translator) -> Screen:
    """Notify an admin of coins that no transaction shows, or of a token that the shop does not accept."""
    key = "admin.unseen_token" if asset.code in NOT_CREDITED else "admin.unseen"
    amount, ticker = asset.format(units), asset.ticker
    text = t.text(key, amount=amount, ticker=ticker, coin=asset.name, customer=customer, address=address)
    look = (Button(t.text("button.explorer"), link=address_link(asset.chain, address)),)
    return Screen(text, (look,))


def unseen_by_contract(said: dict[str, str], customer: str, t: Translator) -> Screen:
    """Notify an admin of a token that the shop does not know: it has no amount, since its decimals mean nothing."""
    chain = Chain(said["chain"])
    places = {"network": native(chain).network, "address": said["address"], "contract": said["contract"]}
    look = (Button(t.text("button.explorer"), link=transaction_link(chain, said["txid"])),)
    return Screen(t.text("admin.unseen_by_contract", customer=customer, **places), (look,))
