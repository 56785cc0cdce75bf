"""Custom texts and menu pictures."""

from bot_handlers.callbacks.appearance import (
    DropScene,
    SaveText,
    SendScene,
    ShowScene,
    ShowScenes,
    ShowText,
    ShowTextLanguages,
    ShowTexts,
    TakeTextBack,
    TypeText,
)
from bot_handlers.screens import appearance as screens
from bot_handlers.screens.screen import plain_text, utf16_length
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from locales import Languages
from shop.administration.appearance import CustomTexts, MenuPictures, MenuScreen, TextKey, TextStatus
from shop.errors import FileTooLarge, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


class AppearanceHandlers:
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
        self._messenger.show(visit, screens.texts(visit.translator))

    def show_languages(self, visit: Visit, choice: ShowTextLanguages) -> None:
        """Show the languages of a text, and in which of them it is the operator's own."""
        key = _key(choice.key)
        written = self._texts.written_in(visit.person, key)
        self._messenger.show(visit, screens.languages(key, written, self._languages, visit.translator))

    def show(self, visit: Visit, choice: ShowText) -> None:
        """Show a text as customers see it."""
        self._show(visit, self._texts.standing(visit.person, *self._chosen(choice.key, choice.language)))

    def ask(self, visit: Visit, choice: TypeText) -> None:
        """Ask for a text; the next message is it, with its formatting."""
        key, language = self._chosen(choice.key, choice.language)
        self._conversations.ask(visit, Step.OWN_TEXT, key=key.value, language=language)
        self._messenger.show(visit, screens.ask_text(key, language, visit.translator))

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Show what was typed as it would look; what is no text is asked for again."""
        key, language = TextKey(dialog.answers["key"]), dialog.answers["language"]
        if not text:
            self.ask(visit, TypeText(key.value, language))
            return
        length = utf16_length(plain_text(visit.html))
        standing = self._texts.draft(visit.person, key, language, visit.html, length=length)
        self._conversations.end(visit)
        self._messenger.show(visit, screens.preview(standing, visit.translator))

    def save(self, visit: Visit, choice: SaveText) -> None:
        """Show a draft to everybody from now on."""
        self._show(visit, self._texts.save(visit.person, *self._chosen(choice.key, choice.language)))

    def take_back(self, visit: Visit, choice: TakeTextBack) -> None:
        """Show the shop's own text again."""
        self._show(visit, self._texts.take_back(visit.person, *self._chosen(choice.key, choice.language)))

    def _show(self, visit: Visit, standing: TextStatus) -> None:
        self._messenger.show(visit, screens.text(standing, self._languages[standing.language], visit.translator))

    def _chosen(self, key: str, language: str) -> tuple[TextKey, str]:
        if language not in self._languages.codes:
            raise StaleScreen
        return _key(key), language


def _key(value: str) -> TextKey:
    try:
        return TextKey(value)
    except ValueError:
        raise StaleScreen from None


class DecoratingHandlers:
    """What the menu looks like."""

    def __init__(self, pictures: MenuPictures, *, conversations: Conversations, messenger: Messenger) -> None:
        self._pictures = pictures
        self._conversations = conversations
        self._messenger = messenger

    def show_all(self, visit: Visit, _page: ShowScenes) -> None:
        """Show which screens there are, and which have a picture."""
        self._messenger.show(visit, screens.menu_screens(self._pictures.with_picture(visit.person), visit.translator))

    def show(self, visit: Visit, choice: ShowScene) -> None:
        """Show the picture of a screen."""
        self._show(visit, _scene(choice.scene))

    def ask(self, visit: Visit, choice: SendScene) -> None:
        """Ask for a picture; the next photo or file is it."""
        scene = _scene(choice.scene)
        self._conversations.ask(visit, Step.SCENE, scene=scene.value)
        self._messenger.show(visit, screens.ask_picture(scene, visit.translator))

    def ask_again(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Ask once more: what came is no picture."""
        self._messenger.show(visit, screens.ask_picture(MenuScreen(dialog.answers["scene"]), visit.translator))

    def sent(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; what is none may be sent again."""
        if document.size > MAX_PICTURE_BYTES:
            raise FileTooLarge(largest_mb=MAX_PICTURE_BYTES // 1024**2)
        scene = MenuScreen(dialog.answers["scene"])
        self._pictures.put(visit.person, scene, self._messenger.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES))
        self._conversations.end(visit)
        self._show(visit, scene)

    def drop(self, visit: Visit, choice: DropScene) -> None:
        """Take a picture away."""
        scene = _scene(choice.scene)
        self._pictures.put(visit.person, scene, None)
        self._show(visit, scene)

    def _show(self, visit: Visit, scene: MenuScreen) -> None:
        has_picture = scene in self._pictures.with_picture(visit.person)
        self._messenger.show(visit, screens.menu_screen(scene, visit.translator, has_picture=has_picture))


def _scene(value: str) -> MenuScreen:
    try:
        return MenuScreen(value)
    except ValueError:
        raise StaleScreen from None
