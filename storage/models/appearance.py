"""How the shop looks: custom texts and menu pictures."""

from typing import Self

from peewee import CompositeKey, ForeignKeyField, TextField

from storage.models.base import Base
from storage.models.pictures import Picture


class CustomText(Base):
    """A text in a language: the one shown, and a draft of the next one. HTML as Telegram reads it."""

    text_key = TextField()
    language = TextField()
    html = TextField(null=True)
    draft = TextField(null=True)

    class Meta:
        table_name = "own_text"
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


class MenuPicture(Base):
    """The picture of a screen of the menu."""

    scene = TextField(primary_key=True)
    picture = ForeignKeyField(Picture)
    picture_id: int

    @classmethod
    def put(cls, scene: str, picture_id: int | None) -> None:
        """Give a screen a picture, or none."""
        if picture_id is None:
            cls.delete().where(cls.scene == scene).execute()
        else:
            cls.replace(scene=scene, picture=picture_id).execute()

    @classmethod
    def every(cls) -> dict[str, int]:
        """Read which screen has which picture."""
        return {row.scene: row.picture_id for row in cls.select()}
