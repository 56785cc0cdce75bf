"""The shop's appearance: custom texts and menu pictures."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum

from shop.context import Context
from shop.errors.catalog import BadValue
from shop.errors.refusals import StaleScreen, TextTooLong
from shop.people import Person, Right
from shop.pictures import MAX_PICTURE_BYTES, keep_picture, media_type
from storage.models import CustomText, MenuPicture, Picture

MOST_READ = 3_500
"""The most visible characters of a text: a message holds 4096, and a name may be inserted."""
LONGEST_NAME = 128
"""The most UTF-16 code units of a first name: Telegram allows 64 characters, some of which count twice."""
MOST_WRITTEN = 16_000
"""The most characters of a text with its markup: a link is longer than its visible part."""


class TextKey(Enum):
    """The texts that can be customised. The shop has rules only if the operator writes some."""

    WELCOME = "welcome"
    HELP = "help"
    FAQ = "faq"
    RULES = "rules"
    PRIVACY = "privacy"
    TERMS = "terms"
    PAYSUPPORT = "paysupport"


MADE = frozenset({TextKey.PRIVACY, TextKey.TERMS, TextKey.PAYSUPPORT})
"""The texts that the shop generates from its settings."""
_ROOM = {TextKey.PRIVACY: 1_900, TextKey.TERMS: 700, TextKey.PAYSUPPORT: 700}
"""Characters reserved in the message for what the shop adds to a text: its operator and its retention periods."""


@dataclass(frozen=True, slots=True)
class TextStatus:
    """A text in a language as an admin sees it: what is shown (None: the default text), and the draft."""

    key: TextKey
    language: str
    html: str | None
    draft: str | None

    @property
    def mark(self) -> str:
        """Return what tells this draft from another one, for the button that publishes it."""
        return _mark(self.draft or "")


@dataclass(slots=True)
class CustomTexts:
    """Custom texts, held in memory because every screen that can have one asks."""

    context: Context
    _shown: dict[tuple[str, str], str] = field(init=False, default_factory=CustomText.shown)

    def of(self, key: TextKey, language: str) -> str | None:
        """Return the custom text as Telegram HTML; None for the default text.

        Rules and terms fall back to the default language: they hold for everyone.
        """
        own = self._shown.get((key.value, language))
        if own is None and key in (TextKey.RULES, TextKey.TERMS):
            return self._shown.get((key.value, self.context.settings.default_language))
        return own

    def written_in(self, admin: Person, key: TextKey) -> frozenset[str]:
        """List the languages in which a text is customised."""
        self.context.customers.require(admin, Right.CATALOGUE)
        return frozenset(language for text_key, language in self._shown if text_key == key.value)

    def standing(self, admin: Person, key: TextKey, language: str) -> TextStatus:
        """Read a text in a language."""
        self.context.customers.require(admin, Right.CATALOGUE)
        row = CustomText.of(key.value, language)
        return TextStatus(key, language, None if row is None else row.html, None if row is None else row.draft)

    def draft(self, admin: Person, key: TextKey, language: str, html: str, *, length: int) -> TextStatus:
        """Store a draft for preview; `length` is its visible length in UTF-16 code units.

        Raises:
            TextTooLong: it does not fit in a message.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        if key is TextKey.WELCOME:
            length += LONGEST_NAME * html.count("{name}")
        most = MOST_READ - _ROOM.get(key, 0)
        if length > most or len(html) > MOST_WRITTEN:
            raise TextTooLong(most)
        with self.context.database.transaction():
            CustomText.keep(key.value, language, draft=html)
        return self.standing(admin, key, language)

    def save(self, admin: Person, key: TextKey, language: str, *, mark: str) -> TextStatus:
        """Publish the draft of this mark.

        Raises:
            StaleScreen: there is no draft (any longer), or another one than the admin saw.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            row = CustomText.of(key.value, language)
            if row is None or row.draft is None or _mark(row.draft) != mark:
                raise StaleScreen
            self._show(admin, "text.changed", key, language, row.draft, text=row.draft)
        return self.standing(admin, key, language)

    def take_back(self, admin: Person, key: TextKey, language: str) -> TextStatus:
        """Go back to the default text; rules have none."""
        self.context.customers.require(admin, Right.CATALOGUE)
        with self.context.database.transaction():
            row = CustomText.of(key.value, language)
            if row is not None and row.html is not None:
                self._show(admin, "text.taken_back", key, language, None)
        return self.standing(admin, key, language)

    def _show(
        self, admin: Person, action: str, key: TextKey, language: str, html: str | None, **details: str
    ) -> None:
        CustomText.keep(key.value, language, html=html, draft=None)
        self.context.audit.write(admin, action, f"{key.value} {language}", **details)
        self.context.database.after_commit(self._read)

    def _read(self) -> None:
        self._shown = CustomText.shown()


def _mark(draft: str) -> str:
    return hashlib.blake2b(draft.encode(), digest_size=8).hexdigest()


class MenuScreen(Enum):
    """A screen of the menu that can have a picture."""

    HOME = "home"
    SHOP = "shop"
    CART = "cart"
    TOP_UP = "top_up"
    HISTORY = "history"
    PROFILE = "profile"
    HELP = "help"


@dataclass(slots=True)
class MenuPictures:
    """Which menu screen has which picture, held in memory because every screen asks; the pictures are not."""

    context: Context
    _chosen: dict[str, int] = field(init=False, default_factory=MenuPicture.every)

    def of(self, scene: MenuScreen) -> bytes | None:
        """Read the picture of a screen; None if it has none."""
        picture_id = self._chosen.get(scene.value)
        return None if picture_id is None else Picture.read(picture_id)

    def with_picture(self, admin: Person) -> frozenset[MenuScreen]:
        """List the screens with a picture."""
        self.context.customers.require(admin, Right.CATALOGUE)
        return frozenset(MenuScreen(scene) for scene in self._chosen)

    def put(self, admin: Person, scene: MenuScreen, content: bytes | None) -> None:
        """Set or remove the picture of a screen.

        Raises:
            BadValue: not a picture that the shop shows.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        if content is not None and (media_type(content) is None or len(content) > MAX_PICTURE_BYTES):
            raise BadValue("bad_photo")
        with self.context.database.transaction():
            picture_id = None if content is None else keep_picture(content, now=self.context.clock())
            MenuPicture.put(scene.value, picture_id)
            self.context.audit.write(admin, "scene.dressed" if content else "scene.bared", scene.value)
            self.context.database.after_commit(self._read)

    def _read(self) -> None:
        self._chosen = MenuPicture.every()
