"""A shop that takes Stars, and an emulated Telegram called directly, without HTTP."""

from collections.abc import Sequence
from typing import Any

from telebot import TeleBot

from bot_handlers.telegram.stars import read_row
from bot_handlers.updates.bots import Bots
from bot_handlers.updates.star_payments import StarPayments
from shop.payments.star_books import PAGE, Row, StarsUnreachable
from shop.payments.star_refunds import RefundAnswer
from shop.payments.stars import CURRENCY, Bill, BillRefusal
from shop.people import Person
from storage.database import Database
from storage.models.stars import NANO
from tests.conftest import StandingClock
from tests.stand import ADMIN, BOT_ID, TOKEN, open_shop
from web.sandbox.telegram.call import Call
from web.sandbox.telegram.errors import BotApiError
from web.sandbox.telegram.files import FileStore
from web.sandbox.telegram.methods import METHODS
from web.sandbox.telegram.people import People
from web.sandbox.telegram.stars import StarBook, Stars
from web.sandbox.telegram.world import World

PER_UNIT = "100"


class StarShop:
    """Both sides of payments in Stars, in one thread, at a time that the test sets."""

    def __init__(self, database: Database, clock: StandingClock, **settings: str) -> None:
        chosen = {"PAY_BY": "wallet,stars", "STARS_PER_UNIT": PER_UNIT} | settings
        self.stand = open_shop(database, clock, **chosen)
        self.clock = clock
        self.world = World([TOKEN], clock=clock, files=FileStore(None), on_change=lambda: None)
        self.world.stars = Stars(self.world)
        self.world.changed.acquire()  # there is only this thread
        self.people = People(self.world)
        self.telegram_bot = self.world.bots[TOKEN]
        self.payments = self.stand.shop.payments
        self.stars, self.refunds = self.payments.stars, self.payments.star_refunds
        self.owner = self.stand.visitor(ADMIN, first_name="Olga")
        self.silent = False
        bot = TeleBot(TOKEN, threaded=False)
        StarPayments(self.stars, self.refunds).register(bot)
        self.bots = Bots({BOT_ID: bot}, database, clock=clock)

    @property
    def book(self) -> StarBook:
        return self.world.stars.book(self.telegram_bot)

    def customer(self, telegram_id: int = 1001, *, wallet: int = 10**9) -> Person:
        """Create a customer whom both sides know."""
        self.people.say(telegram_id, "/start", profile={})
        self.telegram_bot.updates.clear()
        self.world.stars.wallets[telegram_id] = wallet
        return self.stand.visitor(telegram_id)

    def call(self, method: str, **values: Any) -> Any:
        """Call a method of the emulated Bot API."""
        return METHODS[method.lower()](Call(self.world, self.telegram_bot, values, {}))

    def send(self, person: Person, bill: Bill) -> int:
        """Send an invoice as the shop does; return the message's id."""
        message = self.call(
            "sendInvoice",
            chat_id=person.telegram_id,
            title="Top up",
            description="Adds to your balance",
            payload=bill.reference,
            currency=CURRENCY,
            prices=[{"label": "Top up", "amount": bill.stars}],
        )
        return int(message["message_id"])

    def bill(self, person: Person, amount: str) -> tuple[Bill, int]:
        bill = self.stars.bill(person, self.stand.usd(amount))
        return bill, self.send(person, bill)

    def tap(self, person: Person, message_id: int, *, bill_of: int | None = None) -> str:
        """Tap *Pay*; return the pre-checkout query's id."""
        number = self.world.stars.ask(self.telegram_bot, person.telegram_id, message_id, bill_of=bill_of)
        self.telegram_bot.updates = [u for u in self.telegram_bot.updates if "pre_checkout_query" not in u.body]
        return number

    def judge(self, number: str) -> BillRefusal | None:
        """Ask the shop about a pre-checkout query and answer Telegram; a late answer raises Telegram's error."""
        question = self.book.questions[number]
        asked = (number, question.reference, question.stars, CURRENCY, question.user_id)
        no, _ = self.stars.may_pay(*asked, bot_id=BOT_ID)
        words = "" if no is None else no.value
        self.call("answerPreCheckoutQuery", pre_checkout_query_id=number, ok=no is None, error_message=words)
        return no

    def pay(self, person: Person, amount: str) -> str:
        """Pay a new invoice and deliver its update; return the id of the charge."""
        _, message_id = self.bill(person, amount)
        assert self.judge(self.tap(person, message_id)) is None
        self.deliver()
        return next(reversed(self.book.charges))

    def deliver(self) -> None:
        """Deliver every pending update."""
        waiting, self.telegram_bot.updates = self.telegram_bot.updates, []
        for update in waiting:
            self.bots.accept(BOT_ID, update.body)

    def look(self) -> None:
        self.payments.star_books.look(self)

    # The interface that `StarDesk` uses.

    def refund(self, telegram_id: int, charge_id: str) -> RefundAnswer:
        try:
            self.call("refundStarPayment", user_id=telegram_id, telegram_payment_charge_id=charge_id)
        except BotApiError as error:
            return RefundAnswer.DONE if "ALREADY_REFUNDED" in error.description else RefundAnswer.REFUSED
        return RefundAnswer.SILENT if self.silent else RefundAnswer.DONE

    def rows(self, offset: int) -> Sequence[Row]:
        if self.silent:
            raise StarsUnreachable("no answer")
        found = self.call("getStarTransactions", offset=offset, limit=PAGE)["transactions"]
        return [read_row(row, BOT_ID) for row in found]

    def balance(self) -> int:
        return int(self.call("getMyStarBalance")["amount"]) * NANO
