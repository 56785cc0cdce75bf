"""Everyone's wallet of Stars, and Telegram's records of a bot's: bills, questions, charges, transactions."""

from dataclasses import asdict, dataclass, field
from typing import Any

from web.sandbox.errors import SandboxError
from web.sandbox.telegram.errors import bad_request
from web.sandbox.telegram.state import MESSAGE_LIFE_S, QUERY_LIFE_S, Bot, Chat
from web.sandbox.telegram.world import World, private_chat
from web.sandbox.wire import Json

CURRENCY = "XTR"
ANSWER_S = 10
"""Seconds in which a pre-checkout query must be answered (Bot API, answerPreCheckoutQuery)."""
FIRST_WALLET = 20_000
MOST_STARS = 100_000
TOO_LATE = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class Question:
    """A payment that waits for the bot's answer until `due`."""

    user_id: int
    reference: str
    stars: int
    due: float


@dataclass(slots=True)
class Charge:
    """A completed payment."""

    user_id: int
    reference: str
    stars: int
    refunded: bool = False


@dataclass(slots=True)
class StarBook:
    """The Stars of one bot: bills by chat and message, and everything that followed from them."""

    bills: dict[str, tuple[str, int]] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    transactions: list[Json] = field(default_factory=list)
    balance: int = 0

    def snapshot(self) -> Json:
        """Return the book as JSON; open questions are left out, they live ten seconds."""
        charges = {name: asdict(charge) for name, charge in self.charges.items()}
        bills = {name: list(bill) for name, bill in self.bills.items()}
        return {"bills": bills, "charges": charges, "transactions": self.transactions, "balance": self.balance}

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        self.bills = {name: (str(bill[0]), int(bill[1])) for name, bill in saved["bills"].items()}
        self.charges = {name: Charge(**charge) for name, charge in saved["charges"].items()}
        self.transactions, self.balance = saved["transactions"], saved["balance"]


class Stars:
    """Every bot's book and every person's wallet. Called with the world's lock held."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.books: dict[int, StarBook] = {}
        self.wallets: dict[int, int] = {}

    def book(self, bot: Bot) -> StarBook:
        """Find a bot's book."""
        return self.books.setdefault(bot.bot_id, StarBook())

    def wallet(self, user_id: int) -> int:
        """Count a person's Stars."""
        return self.wallets.setdefault(user_id, FIRST_WALLET)

    def keep_bill(self, bot: Bot, message: Json, reference: str, stars: int) -> None:
        """Remember which message can be paid."""
        self.book(bot).bills[f"{message['chat']['id']}:{message['message_id']}"] = (reference, stars)

    def ask(self, bot: Bot, user_id: int, message_id: int, *, bill_of: int | None = None) -> str:
        """Tap *Pay* for a person, so that the bot is asked. Return the number of the question.

        `bill_of` pays the bill in another person's chat, as a forged app would.
        """
        bill = self.book(bot).bills.get(f"{bill_of or user_id}:{message_id}")
        if bill is None:
            raise SandboxError("There is no bill in this message.", 404)
        if self.wallet(user_id) < bill[1]:
            raise SandboxError("There are too few Stars in the wallet.", 409)
        reference, stars = bill
        number = f"{(user_id << 32) + bot.next_update_id}"
        self.book(bot).questions[number] = Question(user_id, reference, stars, self._world.clock() + ANSWER_S)
        query = {
            "id": number,
            "from": self._world.people[user_id],
            "currency": CURRENCY,
            "total_amount": stars,
            "invoice_payload": reference,
        }
        self._tell(bot, user_id, "pre_checkout_query", query, lane=f"checkout {user_id}", life_s=QUERY_LIFE_S)
        return number

    def answer(self, bot: Bot, number: str, *, ok: bool, words: str) -> str | None:
        """Accept the bot's answer; return the id of the charge, if one was made.

        Raises: BotApiError 400 for one that comes after ten seconds, twice, or without its reason.
        """
        question = self.book(bot).questions.pop(number, None)
        if question is None or self._world.clock() >= question.due:
            raise bad_request(TOO_LATE)
        chat = bot.chats.setdefault(question.user_id, Chat())
        if not ok:
            if not words:
                raise bad_request("error message must be non-empty")
            self._world.answer(chat, {"callback_query_id": number, "text": words, "show_alert": True})
            return None
        if self.wallet(question.user_id) < question.stars:
            self._world.answer(chat, {"callback_query_id": number, "text": "BALANCE_TOO_LOW", "show_alert": True})
            return None
        return self._charge(bot, question)

    def _charge(self, bot: Bot, question: Question) -> str:
        book, user_id = self.book(bot), question.user_id
        charge_id = f"stx{bot.bot_id}_{len(book.charges) + 1}"
        book.charges[charge_id] = Charge(user_id, question.reference, question.stars)
        self.wallets[user_id] = self.wallet(user_id) - question.stars
        book.balance += question.stars
        partner = self._partner(user_id) | {"invoice_payload": question.reference}
        self._note(book, charge_id, question.stars, {"source": partner})
        paid = self._receipt(charge_id, book.charges[charge_id])
        self._post(bot, user_id, {"successful_payment": paid | {"provider_payment_charge_id": ""}})
        return charge_id

    def refund(self, bot: Bot, user_id: int, charge_id: str) -> None:
        """Refund a payment at the bot's request.

        Raises: BotApiError 400 as Telegram does.
        """
        book = self.book(bot)
        charge = book.charges.get(charge_id)
        if charge is None or charge.user_id != user_id:
            raise bad_request("CHARGE_ID_INVALID" if charge is None else "USER_ID_INVALID")
        if charge.refunded:
            raise bad_request("CHARGE_ALREADY_REFUNDED")
        if book.balance < charge.stars:
            raise bad_request("BALANCE_TOO_LOW")
        self._give_back(bot, charge_id, charge)

    def charge_back(self, bot: Bot, charge_id: str) -> None:
        """Reverse a payment without asking the bot, whose balance may fall below zero."""
        charge = self.book(bot).charges.get(charge_id)
        if charge is None or charge.refunded:
            raise SandboxError("There is no such payment, or it went back already.", 409)
        self._give_back(bot, charge_id, charge)

    def _give_back(self, bot: Bot, charge_id: str, charge: Charge) -> None:
        book = self.book(bot)
        charge.refunded = True
        self.wallets[charge.user_id] = self.wallet(charge.user_id) + charge.stars
        book.balance -= charge.stars
        self._note(book, charge_id, charge.stars, {"receiver": self._partner(charge.user_id)})
        self._post(bot, charge.user_id, {"refunded_payment": self._receipt(charge_id, charge)})

    def withdraw(self, bot: Bot, stars: int) -> None:
        """Pay out what the bot has earned."""
        book = self.book(bot)
        if not 0 < stars <= book.balance:
            raise SandboxError("The bot has fewer Stars.", 409)
        book.balance -= stars
        name = f"withdrawal_{len(book.transactions) + 1}"
        self._note(book, name, stars, {"receiver": {"type": "fragment"}})

    def _note(self, book: StarBook, name: str, stars: int, partner: Json) -> None:
        book.transactions.append({"id": name, "amount": stars, "date": int(self._world.clock()), **partner})

    def _partner(self, user_id: int) -> Json:
        return {"type": "user", "transaction_type": "invoice_payment", "user": self._world.people[user_id]}

    @staticmethod
    def _receipt(charge_id: str, charge: Charge) -> Json:
        return {
            "currency": CURRENCY,
            "total_amount": charge.stars,
            "invoice_payload": charge.reference,
            "telegram_payment_charge_id": charge_id,
        }

    def _post(self, bot: Bot, user_id: int, content: Json) -> None:
        """Post a service message, and tell the bot of it."""
        person = self._world.people[user_id]
        chat = bot.chats.setdefault(user_id, Chat())
        sender = bot.user if "refunded_payment" in content else person
        head = {"from": sender, "chat": private_chat(person), "date": int(self._world.clock())}
        message = self._world.post(bot, chat, {**head, **content})
        self._tell(bot, user_id, "message", message, lane=f"chat {user_id}", life_s=MESSAGE_LIFE_S)

    def _tell(self, bot: Bot, user_id: int, kind: str, content: Any, *, lane: str, life_s: float) -> None:
        """Put an update on its way: once, not at all, or again under another number, as faults say."""
        fault = self._world.faults.take_update()
        times = {"lost_update": 0, "repeated_update": 2}.get(fault, 1)
        for _ in range(times):
            self._world.enqueue(bot, user_id, kind, content, lane=lane, life_s=life_s)

    def snapshot(self) -> Json:
        """Return all books and wallets as JSON."""
        books = {str(bot_id): book.snapshot() for bot_id, book in self.books.items()}
        return {"books": books, "wallets": {str(user_id): stars for user_id, stars in self.wallets.items()}}

    def restore(self, saved: Json) -> None:
        """Take back a snapshot."""
        for bot_id, book in saved.get("books", {}).items():
            self.books.setdefault(int(bot_id), StarBook()).restore(book)
        self.wallets = {int(user_id): stars for user_id, stars in saved.get("wallets", {}).items()}
