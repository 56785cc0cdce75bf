"""Every route of the shop on one screen."""

import json
from dataclasses import dataclass

from telebot import TeleBot
from telebot.types import CallbackQuery, Message, PhotoSize
from telebot.types import Document as SentDocument

from bot_handlers import callbacks as cb
from bot_handlers import callbacks_around as around
from bot_handlers import callbacks_checkout as checkout
from bot_handlers import callbacks_coupons as coupons
from bot_handlers.admin import dialogs as admin_dialogs
from bot_handlers.admin import routes as admin_routes
from bot_handlers.admin.routes import AdminHandlers
from bot_handlers.boundary import Boundary
from bot_handlers.commands import command_in
from bot_handlers.conversations import Conversations, Step
from bot_handlers.customer.asking import AskingHandlers
from bot_handlers.customer.browsing import BrowsingHandlers
from bot_handlers.customer.buying import BuyingHandlers
from bot_handlers.customer.coupons import CouponHandlers
from bot_handlers.customer.home import HomeHandlers
from bot_handlers.customer.invoicing import InvoicingHandlers
from bot_handlers.customer.paying import PayingHandlers
from bot_handlers.customer.profile import ProfileHandlers
from bot_handlers.customer.reviewing import ReviewingHandlers
from bot_handlers.customer.waiting import WaitingHandlers
from bot_handlers.routes import Answer, Route
from bot_handlers.visits import Document, Visit, person_meant
from locales import Languages
from shop.customers import Customers
from shop.errors import NotAllowed, SecondFactorNeeded, StaleScreen
from shop.people import Right


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers, by what they are about."""

    home: HomeHandlers
    browsing: BrowsingHandlers
    buying: BuyingHandlers
    paying: PayingHandlers | InvoicingHandlers
    waiting: WaitingHandlers
    coupons: CouponHandlers
    profile: ProfileHandlers
    reviewing: ReviewingHandlers
    asking: AskingHandlers
    admin: AdminHandlers


class Router:
    """Leads an update to its handler. Buttons and menu words work in the middle of any dialog and end it."""

    def __init__(
        self,
        handlers: Handlers,
        customers: Customers,
        boundary: Boundary,
        conversations: Conversations,
        languages: Languages,
    ) -> None:
        self._customers = customers
        self._boundary = boundary
        self._conversations = conversations
        self._start = handlers.home.start
        self._proving = handlers.admin.proving
        self._receive_file = handlers.admin.stocking.receive_file
        self._admin_presses = admin_routes.presses(handlers.admin)
        self._admin_answers = admin_dialogs.answers(handlers.admin)
        self._file_answers = admin_dialogs.file_answers(handlers.admin)
        self._person_answers = admin_dialogs.PERSON_ANSWERS
        self._presses = _presses(handlers)
        self._by_prefix = {callback.prefix: callback for callback in (*self._presses, *self._admin_presses)}
        self._answers = _answers(handlers)
        self._menu_words = _menu_words(languages)

    def register(self, bot: TeleBot) -> None:
        """Give a bot its handlers."""
        bot_id = bot.bot_id
        bot.register_message_handler(
            lambda message: self._boundary.message(bot_id, message, lambda visit: self._message(visit, message)),
            content_types=["text", "document", "photo", "audio", "video", "voice", "sticker", "location", "contact"],
        )
        bot.register_callback_query_handler(
            lambda query: self._boundary.press(bot_id, query, lambda visit: self._press(visit, query)),
            func=lambda _query: True,
        )
        bot.register_my_chat_member_handler(self._boundary.membership, func=lambda _change: True)

    def _press(self, visit: Visit, query: CallbackQuery) -> None:
        self._pressed(visit, query.data or "")

    def _pressed(self, visit: Visit, data: str) -> None:
        """Do what a button says; where that takes a code, it goes on after the code."""
        try:
            self._lead(visit, data)
        except SecondFactorNeeded as needed:
            self._proving.ask(visit, needed, {"press": data})

    def _lead(self, visit: Visit, data: str) -> None:
        callback = self._by_prefix.get(data.partition(":")[0])
        if callback is None:
            raise StaleScreen
        press = callback.unpack(data)
        route = self._route(visit, callback)
        self._conversations.end(visit)
        route(visit, press)

    def _route(self, visit: Visit, callback: type[cb.Callback]) -> Route:
        if callback in self._presses:
            return self._presses[callback]
        right, route = self._admin_presses[callback]
        self._require(visit, right)
        return route

    def _require(self, visit: Visit, right: Right | None) -> None:
        """Check a right at the route; the shop checks it again."""
        if right is not None:
            self._customers.require(visit.person, right)
        elif not visit.person.is_admin:
            raise NotAllowed

    def _go_on(self, visit: Visit, errand: dict[str, str]) -> None:
        """Do what a code was asked for."""
        if "press" in errand:
            self._pressed(visit, errand["press"])
        elif "in_step" in errand:
            self._conversations.ask(visit, Step(errand["in_step"]), **json.loads(errand["answers"]))
            self._typed(visit, errand["text"])

    def _message(self, visit: Visit, message: Message) -> None:
        """Take a message; where what it does takes a code, that goes on after the code."""
        try:
            self._take(visit, message)
        except SecondFactorNeeded as needed:
            self._proving.ask(visit, needed, self._errand(visit, message))

    def _errand(self, visit: Visit, message: Message) -> dict[str, str]:
        """Keep what a message was the answer to, and what it said; a file is asked for again."""
        dialog = self._conversations.of(visit)
        if dialog is None:
            return {}
        meant = person_meant(message) if dialog.step in self._person_answers else None
        said = (message.text or "").strip() if meant is None else meant
        return {"in_step": dialog.step.value, "answers": json.dumps(dialog.answers), "text": said}

    def _take(self, visit: Visit, message: Message) -> None:
        text = (message.text or "").strip()
        if (meant := person_meant(message)) is not None and self._named(visit, meant):
            return
        if message.document is not None:
            self._document(visit, message.document)
        elif message.photo:
            self._photo(visit, message.photo[-1])
        elif (press := self._menu_words.get(text) or command_in(text)) is not None:
            self._conversations.end(visit)
            self._presses[type(press)](visit, press)
        else:
            self._typed(visit, text)

    def _named(self, visit: Visit, meant: str) -> bool:
        """Hand whom a message names to the dialog that asked for a person; return whether one did."""
        dialog = self._conversations.of(visit)
        if dialog is None or dialog.step not in self._person_answers:
            return False
        self._typed(visit, meant)
        return True

    def _typed(self, visit: Visit, text: str) -> None:
        dialog = None if text.startswith("/") else self._conversations.of(visit)
        if dialog is None:
            self._conversations.end(visit)
            self._start(visit)
        elif dialog.step in self._admin_answers:
            right, answer = self._admin_answers[dialog.step]
            self._require(visit, right)
            answer(visit, dialog, text)
            if dialog.step is Step.CODE:
                self._go_on(visit, dialog.answers)
        else:
            self._answers[dialog.step](visit, dialog, text)

    def _document(self, visit: Visit, sent: SentDocument) -> None:
        document = Document(sent.file_id, sent.file_name or "", sent.file_size or 0)
        if not self._answered(visit, document):
            self._require(visit, Right.CATALOGUE)
            self._receive_file(visit, document)

    def _photo(self, visit: Visit, sent: PhotoSize) -> None:
        """Take the largest size of a photo as a file."""
        if not self._answered(visit, Document(sent.file_id, "photo.jpg", sent.file_size or 0)):
            self._typed(visit, "")

    def _answered(self, visit: Visit, document: Document) -> bool:
        """Hand a file to the dialog that asked for one; return whether one did."""
        dialog = self._conversations.of(visit)
        if dialog is None or dialog.step not in self._file_answers:
            return False
        right, answer = self._file_answers[dialog.step]
        self._require(visit, right)
        answer(visit, dialog, document)
        return True


def _presses(handlers: Handlers) -> dict[type[cb.Callback], Route]:
    """What each button does."""
    home, buying, paying = handlers.home, handlers.buying, handlers.paying
    browsing = handlers.browsing
    return {
        cb.Home: home.show_home,
        cb.ShowShelf: browsing.show_shelf,
        cb.ShowSortings: browsing.show_sortings,
        cb.TypeSearch: browsing.type_search,
        cb.ShowFound: browsing.show_found,
        cb.ShowProduct: browsing.show_product,
        cb.TypeQuantity: browsing.type_quantity,
        cb.BuyNow: buying.buy_now,
        cb.AddToCart: buying.add_to_cart,
        cb.ShowCart: buying.show_cart,
        cb.ChangeCart: buying.change_cart,
        cb.ShowLine: buying.show_line,
        cb.RemoveLine: buying.remove_line,
        cb.ClearCart: buying.clear_cart,
        cb.CheckOut: buying.check_out,
        cb.Confirm: buying.confirm,
        coupons.TypeCoupon: handlers.coupons.type_code,
        coupons.DropCoupon: handlers.coupons.drop,
        checkout.TopUpOffer: handlers.waiting.top_up,
        checkout.StopWaiting: handlers.waiting.stop,
        cb.ChooseCoin: paying.choose_coin,
        cb.ShowTopUp: paying.show_top_up,
        cb.TypeSum: paying.type_sum,
        cb.TypeTransaction: paying.type_transaction,
        cb.ShowHistory: buying.show_history,
        cb.ShowOrder: buying.show_order,
        cb.SendGoods: buying.send_goods,
        cb.ShowLanguages: home.show_languages,
        cb.ChooseLanguage: home.choose_language,
        cb.ShowHelp: home.show_help,
        cb.Nothing: lambda _visit, _nothing: None,
        **_presses_around(handlers),
    }


def _presses_around(handlers: Handlers) -> dict[type[cb.Callback], Route]:
    """What the buttons around the selling do."""
    profile, reviewing, asking = handlers.profile, handlers.reviewing, handlers.asking
    return {
        around.ShowProfile: profile.show,
        around.ShowStatement: profile.show_statement,
        around.SendStatement: profile.send_statement,
        around.ShowComing: profile.show_coming,
        around.ShowReferral: profile.show_referral,
        around.ShowFaq: profile.show_faq,
        around.ShowRules: handlers.home.show_rules,
        around.ShowReviews: reviewing.show_reviews,
        around.ShowOwnLine: reviewing.show_line,
        around.GiveStars: reviewing.give_stars,
        around.TypeReview: reviewing.type_review,
        around.TellWhenBack: reviewing.tell_when_back,
        around.ShowTickets: asking.show_tickets,
        around.ShowTicket: asking.show_ticket,
        around.TypeTicket: asking.type_ticket,
        around.TypeReply: asking.type_reply,
        around.CloseTicket: asking.close,
    }


def _answers(handlers: Handlers) -> dict[Step, Answer]:
    """What a typed text does in the middle of a dialog."""
    paying, browsing = handlers.paying, handlers.browsing
    return {
        Step.TOP_UP_SUM: paying.typed_sum,
        Step.TRANSACTION: paying.typed_transaction,
        Step.SEARCH: browsing.typed_search,
        Step.QUANTITY: browsing.typed_quantity,
        Step.COUPON: handlers.coupons.typed_code,
        Step.REVIEW: handlers.reviewing.typed_review,
        Step.TICKET: handlers.asking.typed_ticket,
        Step.TICKET_REPLY: handlers.asking.typed_reply,
    }


def _menu_words(languages: Languages) -> dict[str, cb.Callback]:
    """What the menu below the text field does, in every language: a person may press one that he chose before."""
    menu = {
        "menu.shop": cb.ShowShelf(None, 0),
        "menu.cart": cb.ShowCart(),
        "menu.top_up": cb.ChooseCoin(None),
        "menu.history": cb.ShowHistory(0),
        "menu.profile": around.ShowProfile(),
        "menu.language": cb.ShowLanguages(),
        "menu.help": cb.ShowHelp(),
    }
    every = languages.translators.values()
    return {translator.text(key): press for translator in every for key, press in menu.items()}
