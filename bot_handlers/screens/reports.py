"""Figures, holdings and reconciliation."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from markupsafe import Markup

from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.reports import (
    CheckBooks,
    SendFigures,
    ShowBooks,
    ShowChart,
    ShowFigures,
    ShowHoldingPage,
    ShowHoldings,
)
from bot_handlers.callbacks.sweeps import ShowSweeps
from bot_handlers.screens import charts
from bot_handlers.screens.screen import Button, Parcel, Rows, Screen, back_row, pager, shortened
from bot_handlers.screens.top_ups import address_link
from locales import Translator
from shop.money import Money
from shop.reports.figures import Report, Slice, Span, Totals
from shop.reports.holdings import CoinHolding, HoldingPage, InvoiceSum
from shop.reports.reconciliation import Difference, Result
from wallet.accounts import DerivedAddress

MAX_NAME = 64
MAX_BOTS = 10
_COLUMNS = (
    "from",
    "until",
    "new_customers",
    "orders",
    "units",
    "purchases",
    "refunds",
    "revenue",
    "deposits",
    "currency",
)
"""The header row, the same in every language so that the files of several months can be joined."""


def figures(report: Report, t: Translator) -> Screen:
    """Show the figures of a span."""
    blocks = [_head(report, t), _totals(report, t)]
    if report.sellers:
        lines = [
            t.text(
                "figures.seller", place=place, name=shortened(each.name, MAX_NAME), units=each.units, paid=each.paid
            )
            for place, each in enumerate(report.sellers, start=1)
        ]
        blocks.append("\n".join((t.text("figures.sellers"), *lines)))
    if report.coins:
        other = t.text("figures.other_coin")
        lines = [
            t.text(
                "figures.coin", coin=each.asset.name if each.asset else other, count=each.deposits, sum=each.credited
            )
            for each in report.coins
        ]
        blocks.append("\n".join((t.text("figures.coins"), *lines)))
    if report.bots:
        lines = [
            t.text("figures.bot", name=shortened(each.name, MAX_NAME), orders=each.orders, revenue=each.revenue)
            for each in report.bots[:MAX_BOTS]
        ]
        blocks.append("\n".join((t.text("figures.bots"), *lines)))
    return Screen("\n\n".join(blocks), _rows(report.span, t))


def chart(report: Report, course: tuple[Slice, ...], t: Translator, english: Translator, *, dark: bool) -> Screen:
    """Show the course of a span as a picture; where none can be sent, its sums.

    The picture is in English where charts have no letters for the language.
    """
    text = f"{_head(report, t)}\n\n{_totals(report, t)}"
    speaker = t if charts.can_write(t.text("chart.revenue")) else english
    return Screen(text, _rows(report.span, t), picture=_picture(report, course, speaker, dark=dark))


def file(course: tuple[Slice, ...], t: Translator) -> Parcel:
    """Pack the course of a span as CSV (RFC 4180), oldest first; amounts are plain decimals.

    Times have the shop's time zone and say so (ISO 8601).
    """
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    for each in course:
        money = (each.purchased, each.refunded, each.revenue, each.deposited)
        table.writerow(
            (
                t.iso(each.since),
                t.iso(each.until),
                each.customers,
                each.orders,
                each.units,
                *(f"{amount.decimal:f}" for amount in money),
                each.revenue.currency,
            )
        )
    title = t.text("figures.file")
    return Parcel(title, title, out.getvalue(), "figures.csv")


def _head(report: Report, t: Translator) -> str:
    return t.text("figures", span=t.text(f"figures.span.{report.span.value}"), moment=t.moment(report.until))


def _totals(report: Report, t: Translator) -> str:
    now, before = report.now, report.before

    def line(key: str, read: Callable[[Totals], int | Money]) -> str:
        value = read(now)
        shown = t.money(value) if isinstance(value, Money) else str(value)
        change = "" if before is None else f" ({_change(value, read(before), t)})"
        return t.text(f"figures.{key}", value=shown) + change

    lines = [line("revenue", lambda totals: totals.revenue)]
    if now.refunded.minor or (before and before.refunded.minor):
        lines.append(line("purchased", lambda totals: totals.purchased))
        lines.append(line("refunded", lambda totals: totals.refunded))
    if now.discounts.minor or (before and before.discounts.minor):
        lines.append(line("discounts", lambda totals: totals.discounts))
    lines.append(line("orders", lambda totals: totals.orders))
    lines.append(line("units", lambda totals: totals.units))
    lines.append(line("deposits", lambda totals: totals.deposits))
    lines.append(line("deposited", lambda totals: totals.deposited))
    lines.append(line("customers", lambda totals: totals.customers))
    lines.append(line("buyers", lambda totals: totals.buyers))
    if before is not None:
        lines.append(t.text("figures.before"))
    return "\n".join(lines)


def _change(now: int | Money, before: int | Money, t: Translator) -> str:
    """Say what changed, in percent too where there was something before."""
    new, old = (value.minor if isinstance(value, Money) else value for value in (now, before))
    amount = abs(new - old)
    sign = "+" if new > old else "−" if new < old else "±"
    shown = t.money(Money(amount, now.currency)) if isinstance(now, Money) else str(amount)
    if old <= 0:
        return f"{sign}{shown}"
    return f"{sign}{shown}, {sign}{t.text('figures.percent', value=amount * 100 // old)}"


def _rows(span: Span, t: Translator) -> Rows:
    spans = tuple(
        Button(("● " if each is span else "") + t.text(f"figures.button.{each.value}"), ShowFigures(each.value))
        for each in Span
    )
    pictures = (
        Button(t.text("button.chart_light"), ShowChart(span.value, 0)),
        Button(t.text("button.chart_dark"), ShowChart(span.value, 1)),
    )
    send = Button(t.text("button.csv"), SendFigures(span.value))
    return (spans, pictures, (send,), back_row(AdminHome(), t))


def _picture(report: Report, course: tuple[Slice, ...], t: Translator, *, dark: bool) -> bytes:
    currency = report.now.revenue.currency

    def money(value: Decimal) -> str:
        return t.amount(value, currency)

    panels = (
        charts.Panel(
            t.text("chart.revenue"),
            t.money(report.now.revenue),
            tuple(each.revenue.decimal for each in course),
            money,
        ),
        charts.Panel(
            t.text("chart.deposits"),
            t.money(report.now.deposited),
            tuple(each.deposited.decimal for each in course),
            money,
        ),
        charts.Panel(
            t.text("chart.orders"), str(report.now.orders), tuple(Decimal(each.orders) for each in course), t.decimal
        ),
    )
    hours = report.span is Span.DAY
    labels = tuple(t.clock(each.since) if hours else t.day(each.since) for each in course)
    note = t.text("chart.until", moment=t.moment(report.until))
    title = t.text("chart.title", span=t.text(f"figures.span.{report.span.value}"))
    return charts.draw(title, note, panels, labels, dark=dark)


def holdings(
    coins: tuple[CoinHolding, ...],
    invoices: tuple[InvoiceSum, ...],
    t: Translator,
    *,
    first: tuple[DerivedAddress, ...] = (),
) -> Screen:
    """Show the holdings in each coin, at how many addresses, and what a provider received.

    `first`: the first addresses of watched accounts, which the operator's own wallet must show as well.
    """
    blocks = [t.text("holdings")]
    if first:
        lines = [f"{each.chain.value}: <code>{each.address}</code>\n{each.path}" for each in first]
        blocks.append("\n".join((t.text("holdings.first"), *lines)))
    blocks += [_coin(coin, t) for coin in coins]
    if not coins and not invoices:
        blocks.append(t.text("holdings.none"))
    for provider, sums in groupby(invoices, attrgetter("provider")):
        lines = [
            t.text(
                "holdings.invoice",
                coin=each.asset.name,
                count=each.payments,
                amount=each.asset.format(each.units),
                ticker=each.asset.ticker,
                credited=each.credited,
            )
            for each in sums
        ]
        blocks.append("\n".join((t.text("holdings.invoices", provider=provider), *lines)))
    rows = [
        (Button(t.text("button.addresses", coin=coin.asset.name), ShowHoldingPage(coin.asset.code, 0)),)
        for coin in coins
    ]
    rows += [(Button(t.text("button.sweeps"), ShowSweeps()),), (Button(t.text("button.books"), ShowBooks()),)]
    return Screen("\n\n".join(blocks), (*rows, back_row(AdminHome(), t)))


def addresses(page: HoldingPage, t: Translator) -> Screen:
    """Show addresses with their amounts and the derivation paths of their keys."""
    asset, blocks = page.asset, [t.text("addresses", coin=page.asset.name)]
    links: list[tuple[Button, ...]] = []
    for each in page.holdings:
        amount = asset.format(each.units)
        blocks.append(
            t.text(
                "addresses.one",
                amount=amount,
                ticker=asset.ticker,
                address=each.address,
                path=each.path,
                number=each.number,
            )
        )
        label = f"🔎 {each.address[:8]}…{each.address[-6:]} · {amount} {asset.ticker}"
        links.append((Button(label, link=address_link(asset.chain, each.address)),))
    if not page.holdings:
        blocks.append(t.text("holdings.none"))
    turn = pager(page, lambda number: ShowHoldingPage(asset.code, number))
    back = back_row(ShowHoldings(), t)
    return Screen("\n\n".join(blocks), (*links, *turn, back))


def books(result: Result | None, t: Translator) -> Screen:
    """Show the result of a reconciliation."""
    parts = [t.text("books")]
    if result is None:
        parts.append(t.text("books.never"))
    else:
        checked = t.text("books.checked", moment=t.moment(result.at), count=result.checked)
        parts += [checked, *_findings(result, t)]
        if not result.differing:
            parts.append(t.text("books.fine"))
    back = back_row(ShowHoldings(), t)
    return Screen("\n\n".join(parts), ((Button(t.text("button.check_books"), CheckBooks()),), back))


def books_differ(result: Result, t: Translator) -> Screen:
    """Alert an admin that the books don't add up."""
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
    if coin.moved:
        lines.append(t.text("holdings.moved", amount=asset.format(coin.moved), ticker=asset.ticker))
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
    """Return how much is too much or missing."""
    if isinstance(each.found, Money) and isinstance(each.expected, Money):
        by = each.found - each.expected
        return ("+" if by.minor > 0 else "−") + t.money(Money(abs(by.minor), by.currency))
    units = int(str(each.found)) - int(str(each.expected))
    return ("+" if units > 0 else "−") + str(abs(units))
