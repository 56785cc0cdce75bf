"""No statement of the shop's ordinary work scans a growing table, except the ones listed with a reason.

A visitor presses every kind of button, as a customer and as an owner, and types what they are asked for; every job
runs. SQLite explains every statement that the shop runs meanwhile.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from typing import get_type_hints

import pytest

from bot_handlers.callbacks import BUTTONS
from shop.catalog.storefront import Sorting
from shop.chains.errors import ProviderError
from shop.support.orders import OrderFilter
from storage.database import Database
from storage.models import Order, product_search
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.plans import SORT, Plans, Recorder, Statement
from tests.shop.activity import COINS, Activity
from tests.stand import ADMIN

PRESSES_OF_A_KIND = 3
GROWS = {
    *("customer", "product", "category", "stock_item", "orders", "order_line", "ledger_entry", "deposit"),
    *("deposit_address", "top_up", "invoice", "ticket", "ticket_message", "audit_entry", "outbox", "offer", "review"),
    *("handled_update", "conversation", "search", "coupon_use", "refund", "adjustment", "referral", "referral_bonus"),
    *("announcement_recipient", "restock_wish", "star_payment", "star_bill", "waiting_offer", "made_item"),
    *(
        "stored_file",
        "cart_item",
        "picture",
        "shared_item",
        "sweep_input",
        "star_transaction",
        "tolerance",
        *("period_sum", "product_sum", "recent_buyer", "recent_product"),
    ),
}
"""The tables that grow with the time that the shop is open, or with its sales."""
SCANS = {
    ("storage/models/customers.py:named", "customer"): "an admin looks for a piece of a name; it ends at twenty",
    ("storage/models/order_lists.py:_numbers", "orders"): "newest first, it ends at the page; a count of all",
    ("storage/models/order_lists.py:_numbers", "order_line"): "an admin looks for a piece of a product's name",
    ("storage/models/stars.py:page", "star_payment"): "newest first, it ends at the page",
    ("storage/models/stars.py:count", "star_payment"): "an admin's list counts its pages",
    ("storage/models/product_search.py:_numbers", "product"): "by name until the page is full; only what is frequent",
    ("storage/models/reports.py:paid", "invoice"): "a sum over everything that ever arrived, for an admin who asks",
}
"""Who may read a growing table from end to end, and why."""
WHOLE = {
    "storage/models/reconciliation.py:differences": "to compare the books is to read them: once a day, in a snapshot",
    "storage/models/reconciliation.py:_finds_nothing": "as above",
    "storage/models/reconciliation.py:count_rows": "as above: how many rows were compared",
    "storage/models/period_sums.py:_is_right": "as above: the sums of the figures",
    "storage/models/recent_sums.py:_differing": "as above: the sums of the last week and month",
}
SORTS = {
    "storage/models/administration.py:readers": "the few who read notifications",
    "storage/models/bots.py:every": "the bots of the shop, ten at most",
    "storage/models/catalog.py:ever_sold": "the products that were sold, for an admin who picks one",
    "storage/models/catalog.py:inside": "the products of one category, by price, age or stock",
    "storage/models/catalog.py:kept": "the products of one category, for admins",
    "storage/models/catalog.py:scarce": "what runs low",
    "storage/models/held_goods.py:page": "products of a restored shop that wait for an owner",
    "storage/models/order_lists.py:_numbers": "what a search found",
    "storage/models/orders.py:of": "the lines of one order",
    "storage/models/orders.py:of_all": "the lines of one page of orders",
    "storage/models/orders.py:paid_for": "the offers that wait and can be paid now",
    "storage/models/personal_data.py:_rows": "the moves of one account, for the copy of a person's data",
    "storage/models/payments.py:credited_on": "what was credited lately",
    "storage/models/payments.py:open_on": "the deposits under way",
    "storage/models/payments.py:parts_of_all": "the records of the transactions that a server has just shown",
    "storage/models/pictures.py:forget_before": "the pictures that are shown, for a job",
    "storage/models/period_sums.py:totals": "a handful of sums of each span",
    "storage/models/product_search.py:_numbers": "what a search found, if it is little",
    "storage/models/recent_sums.py:best": "a row for each product between two ends of a span",
    "storage/models/recent_sums.py:buyers": "a row for each buyer between two ends of a span",
    "storage/models/reports.py:_rows": "sums, one row for each kind or product of a span",
    "storage/models/stock.py:holders": "items with one of five hundred fingerprints",
    "storage/models/tickets.py:open_of": "the open tickets of one customer",
}
"""Who may sort without an index, and what: something that does not grow with the shop, or that somebody asked for."""
_DELETED = re.compile(r'DELETE FROM "?(\w+)')
LAST = ("del", "drop", "erase", "forget", "ban", "stop", "cancel", "off", "clear", "discard")
"""Words in the prefixes of buttons that end something; these are pressed after all others."""


class Visitor:
    """Presses every button in reach, a few times for each kind."""

    def __init__(self, stage: Stage, user_id: int) -> None:
        self.stage = stage
        self.user_id = user_id
        self.pressed: dict[str, int] = {}
        self.seen: set[str] = set()

    def walk(self) -> None:
        """Press buttons until each kind was pressed often enough."""
        self.stage.say("/start", self.user_id)
        while (button := next(self._open(), None)) is not None:
            message_id, data = button
            self.seen.add(data)
            prefix = data.partition(":")[0]
            self.pressed[prefix] = self.pressed.get(prefix, 0) + 1
            self.press(data, message_id)
            self._answer()

    def forge(self) -> None:
        """Press each kind of button that was not found anywhere, with the ids of existing rows."""
        for prefix, kind in BUTTONS.items():
            if prefix not in self.pressed:
                hints = get_type_hints(kind)
                values = ["1" if hints[field.name] in (int, int | None) else "en" for field in fields(kind)]
                self.press(":".join([prefix, *values]), self.stage.messages(self.user_id)[-1]["message_id"])

    def press(self, data: str, message_id: int) -> None:
        self.stage.rest()
        self.stage.stand.clock.pass_s(1)
        self.stage.press_data(data, self.user_id, message_id=message_id)

    def _answer(self) -> None:
        """Type something that a dialog could have asked for."""
        if "?" in self.stage.texts(self.user_id)[-1] or self.stage.texts(self.user_id)[-1].endswith("."):
            self.stage.rest()
            self.stage.say("12", self.user_id)

    def _open(self) -> Iterator[tuple[int, str]]:
        found = [
            (message["message_id"], button["callback_data"])
            for message in reversed(self.stage.messages(self.user_id))
            for row in message.get("reply_markup", {}).get("inline_keyboard", [])
            for button in row
            if "callback_data" in button
        ]
        left = [
            each
            for each in found
            if each[1] not in self.seen and self.pressed.get(each[1].partition(":")[0], 0) < PRESSES_OF_A_KIND
        ]
        yield from sorted(left, key=lambda each: any(word in each[1].partition(":")[0] for word in LAST))


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """A shop with some history: deposits, orders, a refund, a review, a ticket."""
    activity = Activity(stage.stand)
    for number in range(3):
        for coin in COINS:
            activity.deposit(activity.person(number), coin, 9_000)
        for product in range(3):
            activity.buy(activity.person(number), product, 2)
    activity.refund(1)
    return stage


def beyond_the_buttons(stage: Stage) -> None:
    """Do what takes more than a press: search, export, import, set limits, arrive with a username."""
    stand, shop = stage.stand, stage.stand.shop
    admin, customer = stand.visitor(ADMIN), stand.visitor(CUSTOMER)
    stand.visitor(4004, username="grace")
    for which in OrderFilter:
        shop.order_support.page(admin, which, page=0)
    for text in ("ada", "beacon", "Beacon-1", "@grace", "4004", "#1"):
        shop.order_support.search(admin, text)
        shop.support_search.find(admin, text)
        shop.catalog.search(customer, text)
    product_search.in_order(["beacon"], start=0, count=8, of=product_search.count_matching(["beacon"]))
    shop.audit_log.page(admin, page=0, admin_id=None)
    shop.announcements.sold(admin, page=0)
    for sorting in Sorting:
        shop.catalog.shelf(stand.product("Beacon") and 2, page=0, sorting=sorting)
    shop.holdings.all(admin)
    shop.figures.charted(admin, 30)
    shop.figures.follow()
    shop.figures.charted(admin, 30)
    limited = {"name": "Map", "path": ["Maps"], "price": "1.00", "items": ["a", "b"], "per_customer": 1, "per_day": 1}
    stand.bring(admin, json.dumps({"souk": 1, "products": [limited]}).encode())
    stand.bought(customer, "Map")
    shop.catalog.product_page(stand.product("Map"), customer.id)


def run_every_job(stage: Stage) -> None:
    for runner in stage.stand.shop.runners:
        for record in runner.records:
            if not record.job.endless:
                with suppress(ProviderError):
                    record.job.run()


@pytest.fixture
def recorded(busy: Stage) -> Recorder:
    """Record what the shop asks while all of it is used."""
    recorder = Recorder()
    with recorder.listening():
        for user_id in (CUSTOMER, ADMIN):
            visitor = Visitor(busy, user_id)
            visitor.walk()
            visitor.forge()
        beyond_the_buttons(busy)
        busy.send_letters()
        run_every_job(busy)
    return recorder


def test_no_statement_costs_more_because_a_table_grew(recorded: Recorder, database: Database) -> None:
    plans = Plans(database)
    asked = {each.place for each in recorded.statements}
    assert {"storage/models/order_lists.py:_numbers", "storage/models/stock.py:take"} <= asked, "it was really used"
    steps = [
        step
        for each in recorded.statements
        if each.place not in WHOLE
        for step in plans.of_statement(each)
        if step.what in GROWS or step.what == SORT
    ]
    scans = {(step.place, step.what): step.sql for step in steps if step.what != SORT}
    assert {place: sql for place, sql in scans.items() if place not in SCANS} == {}
    assert set(SCANS) - set(scans) == set(), "exceptions that nothing needs any more"
    sorts = {step.place: step.sql for step in steps if step.what == SORT}
    assert {place: sql for place, sql in sorts.items() if place not in SORTS} == {}
    deleted = {name for each in recorded.statements for name in _DELETED.findall(each.sql)}
    assert {"picture", "offer", "stock_item"} <= deleted, "what is deleted was deleted here"
    assert [step for step in plans.of_deletions(deleted) if step.what in GROWS] == []


def test_no_trigger_reads_a_growing_table_from_end_to_end(database: Database) -> None:
    steps = [step for step in Plans(database).of_triggers() if step.what in GROWS]
    # Only erasing somebody's data changes the audit log, and then a handful of rows.
    assert {step.place for step in steps} <= {"audit_entry_is_never_changed"}


@pytest.mark.parametrize(
    ("sql", "steps"),
    [
        ("SELECT * FROM order_line WHERE quantity = 5", ["order_line"]),
        ("SELECT * FROM order_line AS t1 ORDER BY product_name", ["order_line", SORT]),
        ("DELETE FROM offer WHERE note = 'x'", ["offer"]),
        ("SELECT 1 FROM orders o LEFT JOIN order_line l ON l.order_id = o.id", ["orders"]),
        ("SELECT id FROM deposit WHERE customer_id = 5 ORDER BY id DESC", []),
        ("SELECT 1 FROM json_each(?) j JOIN order_line l ON l.product_name = j.value", ["order_line"]),
    ],
    ids=["filter", "sort", "delete", "join", "index", "made anew"],
)
def test_a_scan_is_recognised_with_its_table(database: Database, sql: str, steps: list[str]) -> None:
    assert [
        step.what for step in Plans(database).of_statement(Statement("here", sql, ("[]",) * sql.count("?")))
    ] == steps


def test_only_the_shops_own_statements_are_recorded(stage: Stage) -> None:
    recorder = Recorder()
    with recorder.listening():
        Order.select().count()
        stage.stand.shop.orders.history(stage.stand.visitor(CUSTOMER), page=0)
    assert {each.place for each in recorder.statements} >= {"storage/models/orders.py:count_of"}
    assert not any("_wrapped" in each.sql and each.place.endswith(":count") for each in recorder.statements)
