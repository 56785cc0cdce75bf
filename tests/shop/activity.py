"""A busy shop: real deposits, real purchases, and time that passes."""

import itertools
from typing import Any

from hypothesis import strategies as st

from shop.assets import ASSETS
from shop.chains.transfers import Head, Transfer
from shop.errors.refusals import Refusal
from shop.people import Person
from storage.models import OrderLine
from tests.stand import ADMIN, Stand

COINS = ("BTC", "ETH", "USDT_ERC20")
CUSTOMERS = (1001, 2002, 3003)

_who = st.integers(0, len(CUSTOMERS) - 1)
EVENTS = st.one_of(
    st.tuples(st.just("deposit"), _who, st.sampled_from(COINS), st.integers(1, 400_000)),
    st.tuples(st.just("deposit"), _who, st.sampled_from(COINS), st.integers(1, 400_000)),
    st.tuples(st.just("buy"), _who, st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("buy"), _who, st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("refund"), st.integers(0, 5)),
    st.tuples(st.just("pass"), st.integers(1, 20 * 86_400)),
)
"""What may happen next; the amounts of deposits are in cents, roughly."""


class Activity:
    """Makes events happen in a shop; a refused one is skipped."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self._numbers = itertools.count(1)
        self.products = [
            stand.stock(*(f"{name}-{number}" for number in range(40)), price=price, name=name)
            for name, price in (("Beacon", "3.99"), ("Lantern", "25.00"), ("Torch", "0.01"))
        ]

    def person(self, number: int) -> Person:
        return self.stand.visitor(CUSTOMERS[number])

    def happen(self, event: tuple[Any, ...]) -> None:
        name, *details = event
        getattr(self, f"_{name}")(*details)

    def deposit(self, person: Person, coin: str, cents: int) -> None:
        """Make a transfer worth about this many cents arrive and become final."""
        stand, asset = self.stand, ASSETS[coin]
        stand.shop.payments.rates.refresh()
        rate = stand.shop.payments.rates.rate(asset.price_id).value
        units = int(cents * 10**asset.decimals // (rate * 100)) + 1
        address = stand.address(person, asset.chain)
        txid = f"{next(self._numbers):064x}"
        transfer = Transfer(asset.chain, txid, "0", address, asset, units, block_height=900)
        stand.shop.payments.deposits.observe(transfer, Head(1000, 1000, 1000))

    def buy(self, person: Person, product: int, quantity: int = 1) -> None:
        checkout = self.stand.shop.checkout
        checkout.place(person, checkout.offer_product(person, self.products[product], quantity).id)

    def _deposit(self, who: int, coin: str, cents: int) -> None:
        self.deposit(self.person(who), coin, cents)

    def _buy(self, who: int, product: int, quantity: int) -> None:
        try:
            self.buy(self.person(who), product, quantity)
        except Refusal:
            return

    def refund(self, line_id: int) -> None:
        self.stand.shop.refunds.refund_line(self.stand.visitor(ADMIN), line_id)

    def _refund(self, number: int) -> None:
        lines = list(OrderLine.select().order_by(OrderLine.id))
        if not lines:
            return
        try:
            self.refund(lines[number % len(lines)].id)
        except Refusal:
            return

    def _pass(self, seconds: int) -> None:
        self.stand.clock.pass_s(seconds)
