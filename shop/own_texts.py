"""Texts that the operator writes in place of the shop's own: welcome, help, questions and answers, rules."""

from dataclasses import dataclass
from enum import Enum

from shop.errors import StaleScreen, TextTooLong
from shop.ground import Ground
from shop.people import Person
from shop.rights import Right
from storage.models import OwnText

MOST_READ = 3_500
"""Characters of a text as it is read: a message holds 4096, and a name may come in."""
LONGEST_NAME = 128
"""UTF-16 code units of a first name: Telegram takes 64 characters, and some of them count twice."""
MOST_WRITTEN = 16_000
"""Characters of a text with its formatting: links are written longer than they are read."""


class TextKey(Enum):
    """The texts that can be the operator's own. There are rules only if he writes some."""

    WELCOME = "welcome"
    HELP = "help"
    FAQ = "faq"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class Standing:
    """A text in a language as an admin sees it: what is shown (None: the shop's own), and what waits to be saved."""

    key: TextKey
    language: str
    html: str | None
    draft: str | None


class OwnTexts:
    """The operator's texts, held in memory: every screen that has one asks here."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._customers = ground.customers
        self._audit = ground.audit
        self._default_language = ground.settings.default_language
        self._shown = OwnText.shown()

    def of(self, key: TextKey, language: str) -> str | None:
        """Say what the operator wrote, as Telegram's HTML; None where it is the shop's own text.

        Rules that are not there in a language are those of the default language.
        """
        own = self._shown.get((key.value, language))
        if own is None and key is TextKey.RULES:
            return self._shown.get((key.value, self._default_language))
        return own

    def written_in(self, admin: Person, key: TextKey) -> frozenset[str]:
        """Name the languages in which a text is the operator's own.

        Raises:
            NotAllowed: he may not look after the catalogue.
        """
        self._customers.require(admin, Right.CATALOGUE)
        return frozenset(language for text_key, language in self._shown if text_key == key.value)

    def standing(self, admin: Person, key: TextKey, language: str) -> Standing:
        """Read a text in a language.

        Raises:
            NotAllowed: he may not look after the catalogue.
        """
        self._customers.require(admin, Right.CATALOGUE)
        row = OwnText.of(key.value, language)
        return Standing(key, language, None if row is None else row.html, None if row is None else row.draft)

    def draft(self, admin: Person, key: TextKey, language: str, html: str, *, length: int) -> Standing:
        """Keep a text to look at before it is shown; `length` is what is read of it, in UTF-16 code units.

        Raises:
            NotAllowed: he may not look after the catalogue.
            TextTooLong: it would not fit in a message.
        """
        self._customers.require(admin, Right.CATALOGUE)
        if key is TextKey.WELCOME:
            length += LONGEST_NAME * html.count("{name}")
        if length > MOST_READ or len(html) > MOST_WRITTEN:
            raise TextTooLong(MOST_READ)
        with self._database.transaction():
            OwnText.keep(key.value, language, draft=html)
        return self.standing(admin, key, language)

    def save(self, admin: Person, key: TextKey, language: str) -> Standing:
        """Show the draft from now on.

        Raises:
            NotAllowed: he may not look after the catalogue.
            StaleScreen: there is no draft (any more).
        """
        self._customers.require(admin, Right.CATALOGUE)
        with self._database.transaction():
            row = OwnText.of(key.value, language)
            if row is None or row.draft is None:
                raise StaleScreen
            self._show(admin, "text.changed", key, language, row.draft)
        return self.standing(admin, key, language)

    def take_back(self, admin: Person, key: TextKey, language: str) -> Standing:
        """Show the shop's own text again; of rules, none.

        Raises:
            NotAllowed: he may not look after the catalogue.
        """
        self._customers.require(admin, Right.CATALOGUE)
        with self._database.transaction():
            row = OwnText.of(key.value, language)
            if row is not None and row.html is not None:
                self._show(admin, "text.taken_back", key, language, None)
        return self.standing(admin, key, language)

    def _show(self, admin: Person, action: str, key: TextKey, language: str, html: str | None) -> None:
        OwnText.keep(key.value, language, html=html, draft=None)
        self._audit.write(admin, action, f"{key.value} {language}")
        self._database.after_commit(self._read)

    def _read(self) -> None:
        self._shown = OwnText.shown()
