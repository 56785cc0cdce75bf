"""Profile, statement, pending deposits and referral page."""

from collections.abc import Callable

from markupsafe import Markup

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import (
    HearAnnouncements,
    SendStatement,
    ShowComing,
    ShowProfile,
    ShowReferral,
    ShowStatement,
)
from bot_handlers.callbacks.home import ShowFaq, ShowLanguages
from bot_handlers.callbacks.orders import ShowHistory
from bot_handlers.callbacks.terms import ShowMyData
from bot_handlers.callbacks.tickets import ShowTickets
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp
from bot_handlers.screens.screen import Button, Parcel, Rows, Screen, back_home, back_row, pager
from bot_handlers.screens.top_ups import progress_bar, standing, transaction_link
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.ledger import EntryKind
from shop.money import Money
from shop.payments.deposit_views import DepositState
from shop.payments.referrals import ReferralFigures
from shop.payments.statements import Coming, Profile, Statement


def profile(shown: Profile, t: Translator, *, referral: bool) -> Screen:
    """Show the customer's own page."""
    text = t.text(
        "profile",
        balance=shown.balance,
        orders=shown.orders,
        deposits=shown.open_deposits,
        tickets=shown.open_tickets,
    )
    hearing = t.text("button.stop_announcements" if shown.announcements else "button.hear_announcements")
    friends = [(Button(t.text("button.referral"), ShowReferral()),)] if referral else []
    rows = (
        (Button(t.text("button.statement"), ShowStatement(0)), Button(t.text("button.coming"), ShowComing())),
        (Button(t.text("menu.history"), ShowHistory(0)), Button(t.text("button.tickets"), ShowTickets(0))),
        *friends,
        (Button(hearing, HearAnnouncements(int(not shown.announcements))),),
        (Button(t.text("button.my_data"), ShowMyData()),),
        (Button(t.text("menu.language"), ShowLanguages()), Button(t.text("button.faq"), ShowFaq())),
        (Button(t.text("menu.top_up"), ChooseCoin(None)), *back_home(t)),
    )
    return Screen(text, rows, scene=MenuScreen.PROFILE)


def statement(page: Statement, t: Translator) -> Screen:
    """Show a customer a page of the movements of their balance, newest first."""
    if not page.entries:
        return Screen(t.text("statement.empty"), _back(t))
    return statement_page(page, t, turn=ShowStatement, file=SendStatement(), back=_back(t))


def statement_page(
    page: Statement, t: Translator, *, turn: Callable[[int], Callback], file: Callback, back: Rows
) -> Screen:
    """Show a page of the movements of a balance, newest first, with the buttons of the person who looks."""
    lines = [t.text("statement", balance=page.balance)]
    for entry in page.entries:
        name = t.text(f"entry.{entry.kind.value}")
        amount = ("+" if entry.amount.minor > 0 else "−") + t.money(_absolute(entry.amount))
        moment = t.moment(entry.posted_at)
        told = t.text(
            "statement.entry",
            kind=f"{name} {entry.subject}".strip(),
            amount=amount,
            balance=entry.balance,
            moment=moment,
        )
        if entry.discount.minor:
            told += "\n" + t.text("statement.discount", discount=entry.discount)
        lines.append(told)
    rows = (*pager(page, turn), (Button(t.text("button.csv"), file),), *back)
    return Screen("\n\n".join(lines), rows)


def csv_head(t: Translator) -> tuple[str, ...]:
    """Name the columns of the file."""
    return tuple(
        t.text(f"csv.{column}") for column in ("when", "kind", "order", "amount", "balance", "currency", "discount")
    )


def statement_file(text: str, t: Translator) -> Parcel:
    """Pack the file."""
    return Parcel(t.text("statement.file"), t.text("statement.file"), text, "statement.csv")


def coming(shown: Coming, t: Translator) -> Screen:
    """Show customers their pending deposits, and the invoices to pay."""
    if not shown.deposits and not shown.invoices:
        return Screen(t.text("coming.empty"), _back(t))
    page = coming_page(shown, t)
    invoices = [
        (Button(f"{each.asset.name} · {t.money(each.asked)}", ShowTopUp(each.asset.code, each.asked.minor)),)
        for each in shown.invoices
    ]
    return Screen(page.text, (*invoices, *page.rows, *_back(t)))


def coming_page(shown: Coming, t: Translator) -> Screen:
    """Show a customer's pending deposits, each with a link to an explorer."""
    blocks = [t.text("coming")]
    links: list[tuple[Button, ...]] = []
    for invoice in shown.invoices:
        blocks.append(
            t.text(
                "coming.invoice", coin=invoice.asset.name, asked=invoice.asked, moment=t.moment(invoice.expires_at)
            )
        )
    for view in shown.deposits:
        amount = view.asset.format(view.units)
        lines = [t.text("deposit", amount=amount, ticker=view.asset.ticker)]
        lines.append(standing(view, t))
        if view.state is not DepositState.DUST:
            lines.append(progress_bar(view.confirmations, view.depth))
        blocks.append("\n".join(lines))
        label = t.text("button.explorer_of", amount=amount, ticker=view.asset.ticker)
        links.append((Button(label, link=transaction_link(view.asset.chain, view.txid)),))
    return Screen("\n\n".join(blocks), tuple(links))


def referral(figures: ReferralFigures, link: str, t: Translator) -> Screen:
    """Show the personal link and its bonuses."""
    terms, parts = figures.terms, [t.text("referral")]
    if terms.referrer_percent:
        percent, count = t.decimal(terms.referrer_percent), terms.referrer_limit
        parts.append(t.text("referral.referrer", percent=percent, count=count))
    if terms.referral_percent:
        percent, count = t.decimal(terms.referral_percent), terms.referral_limit
        parts.append(t.text("referral.referral", percent=percent, count=count))
    rows: list[tuple[Button, ...]] = []
    if link:
        parts.append(t.text("referral.link", link=Markup(link)))  # noqa: S704 - of our own making
        rows.append((Button(t.text("button.copy_link"), copy=link),))
    elif terms.on:
        parts.append(t.text("referral.missing", missing=figures.missing))
    parts.append(t.text("referral.people", count=figures.people))
    parts.append(t.text("referral.earned", earned=figures.earned, received=figures.received))
    return Screen("\n\n".join(parts), (*rows, *_back(t)))


def hears(t: Translator, *, announcements: bool) -> Screen:
    """Return whether announcements come, and how to change it."""
    label = t.text("button.stop_announcements" if announcements else "button.hear_announcements")
    text = t.text("announcements.on" if announcements else "announcements.off")
    rows = ((Button(label, HearAnnouncements(int(not announcements))),), back_row(ShowProfile(), t))
    return Screen(text, rows)


def bonus(kind: EntryKind, amount: Money, t: Translator) -> Screen:
    """Notify a customer of a bonus."""
    rows = ((Button(t.text("button.statement"), ShowStatement(0)), *back_home(t)),)
    return Screen(t.text(f"bonus.{kind.value}", amount=amount), rows)


def _absolute(money: Money) -> Money:
    return Money(abs(money.minor), money.currency)


def _back(t: Translator) -> Rows:
    return (back_row(ShowProfile(), t),)
