"""Custom texts and menu pictures."""

from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.appearance import (
    DropScene,
    PublishText,
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
from bot_handlers.screens.screen import arrives_empty, plain_text, utf16_length
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from locales import Languages
from shop.administration.appearance import CustomTexts, MenuPictures, MenuScreen, TextKey, TextStatus
from shop.errors.catalog import BadValue
from shop.errors.refusals import StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


@dataclass(frozen=True, slots=True)
class AppearanceHandlers:
    """The shop's texts in the operator's own words, and the pictures of its menu."""

    chat: Chat
    texts: CustomTexts
    pictures: MenuPictures
    languages: Languages

    def show_texts(self, visit: Visit, _page: ShowTexts) -> None:
        """Show the texts that can be replaced."""
        self.chat.show(visit, screens.texts(visit.translator))

    def show_languages(self, visit: Visit, choice: ShowTextLanguages) -> None:
        """Show the languages of a text, and which of them have a custom one."""
        key = member(TextKey, choice.key)
        written = self.texts.written_in(visit.person, key)
        self.chat.show(visit, screens.languages(key, written, self.languages, visit.translator))

    def show_text(self, visit: Visit, choice: ShowText) -> None:
        """Show a text as customers see it."""
        self._show_text(visit, self.texts.standing(visit.person, *self._chosen(choice.key, choice.language)))

    def ask_text(self, visit: Visit, choice: TypeText) -> None:
        """Ask for a text."""
        key, language = self._chosen(choice.key, choice.language)
        screen = screens.ask_text(key, language, visit.translator)
        self.chat.ask(visit, Step.OWN_TEXT, screen, key=key.value, language=language)

    def take_text(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Take a text with its formatting, and show a preview."""
        key, language = TextKey(dialog.answers["key"]), dialog.answers["language"]
        plain = plain_text(visit.html)
        if arrives_empty(plain):
            raise BadValue("missing_text")
        standing = self.texts.draft(visit.person, key, language, visit.html, length=utf16_length(plain))
        self.chat.end(visit)
        self.chat.show(visit, screens.preview(standing, visit.translator))

    def show_draft(self, visit: Visit, choice: SaveText) -> None:
        """Show the draft of a text again."""
        standing = self.texts.standing(visit.person, *self._chosen(choice.key, choice.language))
        if standing.draft is None:
            raise StaleScreen
        self.chat.show(visit, screens.preview(standing, visit.translator))

    def publish_text(self, visit: Visit, choice: PublishText) -> None:
        """Publish the draft of a text."""
        key, language = self._chosen(choice.key, choice.language)
        self._show_text(visit, self.texts.save(visit.person, key, language, mark=choice.mark))

    def take_text_back(self, visit: Visit, choice: TakeTextBack) -> None:
        """Go back to the built-in text."""
        self._show_text(visit, self.texts.take_back(visit.person, *self._chosen(choice.key, choice.language)))

    def show_pictures(self, visit: Visit, _page: ShowScenes) -> None:
        """Show the screens that can have a picture, and which of them have one."""
        self.chat.show(visit, screens.menu_screens(self.pictures.with_picture(visit.person), visit.translator))

    def show_picture(self, visit: Visit, choice: ShowScene) -> None:
        """Show the picture of a screen."""
        self._show_picture(visit, member(MenuScreen, choice.scene))

    def ask_picture(self, visit: Visit, choice: SendScene) -> None:
        """Ask for the picture of a screen."""
        scene = member(MenuScreen, choice.scene)
        self.chat.ask(visit, Step.SCENE, screens.ask_picture(scene, visit.translator), scene=scene.value)

    def take_picture(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; if it is not a picture, another file can be sent."""
        scene = MenuScreen(dialog.answers["scene"])
        self.pictures.put(visit.person, scene, self.chat.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES))
        self.chat.end(visit)
        self._show_picture(visit, scene)

    def remove_picture(self, visit: Visit, choice: DropScene) -> None:
        """Remove the picture of a screen."""
        scene = member(MenuScreen, choice.scene)
        self.pictures.put(visit.person, scene, None)
        self._show_picture(visit, scene)

    def _show_text(self, visit: Visit, standing: TextStatus) -> None:
        self.chat.show(visit, screens.text(standing, self.languages[standing.language], visit.translator))

    def _chosen(self, key: str, language: str) -> tuple[TextKey, str]:
        if language not in self.languages.codes:
            raise StaleScreen
        return member(TextKey, key), language

    def _show_picture(self, visit: Visit, scene: MenuScreen) -> None:
        has_picture = scene in self.pictures.with_picture(visit.person)
        self.chat.show(visit, screens.menu_screen(scene, visit.translator, has_picture=has_picture))
