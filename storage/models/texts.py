"""Texts that the operator wrote."""

from typing import Self

from peewee import CompositeKey, TextField

from storage.models.base import Base


class OwnText(Base):
    """A text in a language: what is shown, and a draft of what is to be. HTML as Telegram reads it."""

    text_key = TextField()
    language = TextField()
    html = TextField(null=True)
    draft = TextField(null=True)

    class Meta:
        primary_key = CompositeKey("text_key", "language")

    @classmethod
    def of(cls, text_key: str, language: str) -> Self | None:
        """Find a text in a language."""
        return cls.get_or_none(cls.text_key == text_key, cls.language == language)

    @classmethod
    def shown(cls) -> dict[tuple[str, str], str]:
        """Read every text that is shown, by key and language."""
        return {(row.text_key, row.language): row.html for row in cls.select().where(cls.html.is_null(False))}

    @classmethod
    def keep(cls, text_key: str, language: str, **columns: str | None) -> None:
        """Write the named columns of a text, and no others."""
        if cls.of(text_key, language) is None:
            cls.insert(text_key=text_key, language=language).execute()
        cls.update(**columns).where(cls.text_key == text_key, cls.language == language).execute()
