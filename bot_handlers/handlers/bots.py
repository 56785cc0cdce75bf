"""The bots of the shop, for owners."""

from dataclasses import dataclass

from bot_handlers.callbacks.bots import (
    AskRemoveBot,
    DropBotPicture,
    DropBotWelcome,
    RemoveBot,
    SendBotPicture,
    ShowBot,
    ShowBotRoots,
    ShowBots,
    SwitchBot,
    SwitchBotRoot,
    TypeBot,
    TypeBotName,
    TypeBotWelcome,
)
from bot_handlers.screens import bots as screens
from bot_handlers.screens.screen import plain_text, utf16_length
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from bot_handlers.updates.fleet import Fleet
from shop.administration.bots import BotCard, ShopBots
from shop.errors.refusals import BadBot
from shop.pictures import MAX_PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class BotHandlers:
    """Adding, renaming and removing bots, and what is different in each."""

    chat: Chat
    bots: ShopBots
    fleet: Fleet

    def show_all(self, visit: Visit, _page: ShowBots) -> None:
        """Show the bots."""
        self.chat.show(visit, screens.bots(self.bots.every(visit.person), visit.translator))

    def show(self, visit: Visit, choice: ShowBot) -> None:
        """Show a bot."""
        self._show(visit, self.bots.one(visit.person, choice.bot_id))

    def ask_token(self, visit: Visit, _page: TypeBot) -> None:
        """Ask for a token, where further bots are wanted."""
        self.bots.invite(visit.person)
        self.chat.ask(visit, Step.BOT_TOKEN, screens.ask_token(visit.translator))

    def take_no_token(self, _visit: Visit, _dialog: Dialog, _text: str) -> None:
        """Refuse a text that is not a token; another one can be sent."""
        raise BadBot("no_token")

    def take_token(self, visit: Visit, token: str) -> None:
        """Add the bot of a token. The message that it came in is being deleted already."""
        self.bots.check(visit.person, token)
        new, is_used_elsewhere = self.fleet.meet(token)
        card = self.bots.add(visit.person, new, is_used_elsewhere=is_used_elsewhere)
        self.fleet.ring()
        self.chat.end(visit)
        self._show(visit, card)

    def ask_name(self, visit: Visit, choice: TypeBotName) -> None:
        """Ask for another name."""
        card = self.bots.one(visit.person, choice.bot_id)
        self.chat.ask(visit, Step.BOT_NAME, screens.ask_name(card, visit.translator), bot=str(card.id))

    def take_name(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a name; if it cannot be one, another one can be sent."""
        card = self.bots.rename(visit.person, int(dialog.answers["bot"]), text)
        self.chat.end(visit)
        self._show(visit, card)

    def switch(self, visit: Visit, choice: SwitchBot) -> None:
        """Switch a bot on or off."""
        card = self.bots.switch(visit.person, choice.bot_id, on=bool(choice.on))
        self.fleet.ring()
        self._show(visit, card)

    def ask_remove(self, visit: Visit, choice: AskRemoveBot) -> None:
        """Ask before a bot is removed."""
        card = self.bots.one(visit.person, choice.bot_id)
        self.chat.show(visit, screens.ask_remove(card, visit.translator))

    def remove(self, visit: Visit, choice: RemoveBot) -> None:
        """Remove a bot. It may be the one that is written through: it shows the rest of them first."""
        self.bots.remove(visit.person, choice.bot_id)
        self.show_all(visit, ShowBots())
        self.chat.settle(visit)
        self.fleet.ring()

    def ask_welcome(self, visit: Visit, choice: TypeBotWelcome) -> None:
        """Ask for a greeting."""
        card = self.bots.one(visit.person, choice.bot_id)
        self.chat.ask(visit, Step.BOT_WELCOME, screens.ask_welcome(card, visit.translator), bot=str(card.id))

    def take_welcome(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Take a greeting with its formatting."""
        length = utf16_length(plain_text(visit.html))
        card = self.bots.put_welcome(visit.person, int(dialog.answers["bot"]), visit.html, length=length)
        self.chat.end(visit)
        self._show(visit, card)

    def drop_welcome(self, visit: Visit, choice: DropBotWelcome) -> None:
        """Let a bot greet as the others do."""
        self._show(visit, self.bots.put_welcome(visit.person, choice.bot_id, None))

    def ask_picture(self, visit: Visit, choice: SendBotPicture) -> None:
        """Ask for a picture."""
        card = self.bots.one(visit.person, choice.bot_id)
        self.chat.ask(visit, Step.BOT_PICTURE, screens.ask_picture(card, visit.translator), bot=str(card.id))

    def take_picture(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; if it is not a picture, another file can be sent."""
        content = self.chat.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        card = self.bots.put_picture(visit.person, int(dialog.answers["bot"]), content)
        self.chat.end(visit)
        self._show(visit, card)

    def drop_picture(self, visit: Visit, choice: DropBotPicture) -> None:
        """Let a bot show the picture of all bots."""
        self._show(visit, self.bots.put_picture(visit.person, choice.bot_id, None))

    def show_roots(self, visit: Visit, choice: ShowBotRoots) -> None:
        """Show which root categories a bot shows."""
        self._show_roots(visit, self.bots.one(visit.person, choice.bot_id))

    def switch_root(self, visit: Visit, choice: SwitchBotRoot) -> None:
        """Add a root category to those that a bot shows, or take it away."""
        self._show_roots(visit, self.bots.switch_category(visit.person, choice.bot_id, choice.category_id))

    def _show(self, visit: Visit, card: BotCard) -> None:
        self.chat.show(visit, screens.bot(card, visit.translator))

    def _show_roots(self, visit: Visit, card: BotCard) -> None:
        self.chat.show(visit, screens.roots(card, self.bots.roots(visit.person), visit.translator))
