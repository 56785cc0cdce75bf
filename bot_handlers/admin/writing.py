"""The operator's own texts: chosen by kind and language, typed, looked at, saved."""

from bot_handlers.admin.callbacks_texts import (
    SaveText,
    ShowText,
    ShowTextLanguages,
    ShowTexts,
    TakeTextBack,
    TypeText,
)
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import texts as views
from bot_handlers.views.screen import plain_text, utf16_length
from bot_handlers.visits import Visit
from locales import Languages
from shop.administration.appearance import CustomTexts, TextKey, TextStatus
from shop.errors import StaleScreen


class WritingHandlers:
    """What the shop says in the operator's words."""

    def __init__(
        self, texts: CustomTexts, languages: Languages, *, conversations: Conversations, messenger: Messenger
    ) -> None:
        self._texts = texts
        self._languages = languages
        self._conversations = conversations
        self._messenger = messenger

    def show_all(self, visit: Visit, _page: ShowTexts) -> None:
        """Show which texts there are."""
        self._messenger.show(visit, views.texts(visit.translator))

    def show_languages(self, visit: Visit, choice: ShowTextLanguages) -> None:
        """Show the languages of a text, and in which of them it is the operator's own."""
        key = _key(choice.key)
        written = self._texts.written_in(visit.person, key)
        self._messenger.show(visit, views.languages(key, written, self._languages, visit.translator))

    def show(self, visit: Visit, choice: ShowText) -> None:
        """Show a text as customers see it."""
        self._show(visit, self._texts.standing(visit.person, *self._chosen(choice.key, choice.language)))

    def ask(self, visit: Visit, choice: TypeText) -> None:
        """Ask for a text; the next message is it, with its formatting."""
        key, language = self._chosen(choice.key, choice.language)
        self._conversations.ask(visit, Step.OWN_TEXT, key=key.value, language=language)
        self._messenger.show(visit, views.ask(key, language, visit.translator))

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Show what was typed as it would look; what is no text is asked for again."""
        key, language = TextKey(dialog.answers["key"]), dialog.answers["language"]
        if not text:
            self.ask(visit, TypeText(key.value, language))
            return
        length = utf16_length(plain_text(visit.html))
        standing = self._texts.draft(visit.person, key, language, visit.html, length=length)
        self._conversations.end(visit)
        self._messenger.show(visit, views.preview(standing, visit.translator))

    def save(self, visit: Visit, choice: SaveText) -> None:
        """Show a draft to everybody from now on."""
        self._show(visit, self._texts.save(visit.person, *self._chosen(choice.key, choice.language)))

    def take_back(self, visit: Visit, choice: TakeTextBack) -> None:
        """Show the shop's own text again."""
        self._show(visit, self._texts.take_back(visit.person, *self._chosen(choice.key, choice.language)))

    def _show(self, visit: Visit, standing: TextStatus) -> None:
        self._messenger.show(visit, views.one(standing, self._languages[standing.language], visit.translator))

    def _chosen(self, key: str, language: str) -> tuple[TextKey, str]:
        if language not in self._languages.codes:
            raise StaleScreen
        return _key(key), language


def _key(value: str) -> TextKey:
    try:
        return TextKey(value)
    except ValueError:
        raise StaleScreen from None
