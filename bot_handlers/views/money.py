"""Where the coins lie, and whether the books add up."""

from markupsafe import Markup

from bot_handlers.admin.callbacks_figures import CheckBooks, ShowBooks, ShowHoldingPage, ShowHoldings
from bot_handlers.callbacks import AdminHome
from bot_handlers.views.catalog import pager
from bot_handlers.views.explorers import address_link
from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Button, Rows, Screen
from locales import Translator
from shop.money import Money
from shop.reports.holdings import CoinHolding, HoldingPage, InvoiceSum
from shop.reports.reconciliation import Difference, Result


def holdings(coins: tuple[CoinHolding, ...], invoices: tuple[InvoiceSum, ...], t: Translator) -> Screen:
    """Show what lies in which coin on how many addresses, and what a provider took."""
    blocks = [t.text("holdings")]
    blocks += [_coin(coin, t) for coin in coins]
    if not coins and not invoices:
        blocks.append(t.text("holdings.none"))
    if invoices:
        lines = [
            t.text(
                "holdings.invoice",
                coin=each.asset.name,
                count=each.payments,
                amount=each.asset.format(each.units),
                ticker=each.asset.ticker,
                credited=each.credited,
            )
            for each in invoices
        ]
        blocks.append("\n".join((t.text("holdings.invoices"), *lines)))
    rows = [
        (Button(t.text("button.addresses", coin=coin.asset.name), ShowHoldingPage(coin.asset.code, 0)),)
        for coin in coins
    ]
    return Screen("\n\n".join(blocks), (*rows, (Button(t.text("button.books"), ShowBooks()),), *_to_admin(t)))


def addresses(page: HoldingPage, t: Translator) -> Screen:
    """Show addresses with what arrived on them and the paths that their keys derive by."""
    asset, blocks = page.asset, [t.text("addresses", coin=page.asset.name)]
    links: list[tuple[Button, ...]] = []
    for each in page.holdings:
        amount = asset.format(each.units)
        blocks.append(
            t.text("addresses.one", amount=amount, ticker=asset.ticker, address=each.address, path=each.path)
        )
        label = f"🔎 {each.address[:8]}…{each.address[-6:]} · {amount} {asset.ticker}"
        links.append((Button(label, link=address_link(asset.chain, each.address)),))
    if not page.holdings:
        blocks.append(t.text("holdings.none"))
    turn = pager(page.page, page.pages, lambda number: ShowHoldingPage(asset.code, number))
    back = (Button(t.text("button.back"), ShowHoldings()), *back_home(t))
    return Screen("\n\n".join(blocks), (*links, *turn, back))


def books(result: Result | None, t: Translator) -> Screen:
    """Say what a look at the books found."""
    parts = [t.text("books")]
    if result is None:
        parts.append(t.text("books.never"))
    else:
        checked = t.text("books.checked", moment=t.moment(result.at), count=result.checked)
        parts += [checked, *_findings(result, t)]
        if not result.differing:
            parts.append(t.text("books.fine"))
    back = (Button(t.text("button.back"), ShowHoldings()), *back_home(t))
    return Screen("\n\n".join(parts), ((Button(t.text("button.check_books"), CheckBooks()),), back))


def books_differ(result: Result, t: Translator) -> Screen:
    """Alarm an admin: books say two things."""
    text = "\n\n".join((t.text("admin.books"), *_findings(result, t)))
    return Screen(text, ((Button(t.text("button.books"), ShowBooks()),),))


def _coin(coin: CoinHolding, t: Translator) -> str:
    asset = coin.asset
    amount = asset.format(coin.units)
    lines = [
        t.text("holdings.coin", coin=asset.name, amount=amount, ticker=asset.ticker),
        t.text("holdings.addresses", count=coin.addresses),
    ]
    if coin.rate is not None and coin.worth is not None:
        rate = t.rate(coin.rate.value, coin.worth.currency)
        at = t.time_of_day(coin.rate.at)
        worth = {"worth": coin.worth, "ticker": asset.ticker, "rate": rate, "source": coin.rate.source, "at": at}
        lines.append(t.text("holdings.worth", **worth))
    else:
        lines.append(t.text("holdings.no_rate"))
    lines.append(t.text("holdings.credited", credited=coin.credited))
    if coin.coming:
        lines.append(t.text("holdings.coming", amount=asset.format(coin.coming), ticker=asset.ticker))
    return "\n".join(lines)


def _findings(result: Result, t: Translator) -> list[str]:
    lines = [_finding(each, t) for each in result.differences]
    more = result.differing - len(lines)
    return [*lines, *([t.text("books.more", count=more)] if more > 0 else [])]


def _finding(each: Difference, t: Translator) -> str:
    what = Markup(t.text(f"difference.{each.kind}", number=each.subject, whose=each.whose or "–"))  # noqa: S704
    found, expected = (
        t.money(value) if isinstance(value, Money) else str(value) for value in (each.found, each.expected)
    )
    return t.text("difference", what=what, found=found, expected=expected, by=_by(each, t))


def _by(each: Difference, t: Translator) -> str:
    """Say how much is too much or missing."""
    if isinstance(each.found, Money) and isinstance(each.expected, Money):
        by = each.found - each.expected
        return ("+" if by.minor > 0 else "−") + t.money(Money(abs(by.minor), by.currency))
    units = int(str(each.found)) - int(str(each.expected))
    return ("+" if units > 0 else "−") + str(abs(units))


def _to_admin(t: Translator) -> Rows:
    return ((Button(t.text("button.back"), AdminHome()), *back_home(t)),)
