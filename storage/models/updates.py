"""Handled updates, and the state of each dialog."""

from typing import ClassVar, Self

from peewee import IntegerField, TextField

from storage.models.base import Base


class Conversation(Base):
    """The state of a multi-step dialog: the step that waits for an answer, and the answers so far as JSON."""

    bot_id = IntegerField()
    chat_id = IntegerField()
    step = TextField()
    answers = TextField()
    updated_at = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def of(cls, bot_id: int, chat_id: int) -> Self | None:
        """Find the dialog of a chat."""
        return cls.one_by("bot_id = ? AND chat_id = ?", bot_id, chat_id)

    @classmethod
    def keep(cls, bot_id: int, chat_id: int, *, step: str, answers: str, now: int) -> None:
        """Store the state of a dialog."""
        cls.replace(bot_id=bot_id, chat_id=chat_id, step=step, answers=answers, updated_at=now).execute()

    @classmethod
    def end(cls, bot_id: int, chat_id: int) -> None:
        """Forget the dialog of a chat."""
        cls.delete().where(cls.bot_id == bot_id, cls.chat_id == chat_id).execute()

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop the dialogs not continued since `moment`; return how many."""
        return cls.delete().where(cls.updated_at < moment).execute()


class HandledUpdate(Base):
    """A claimed update; the row is the claim."""

    CLAIM: ClassVar = "INSERT OR IGNORE INTO handled_update (bot_id, update_id, handled_at) VALUES (?, ?, ?)"
    """The statement that writes a claim unless it exists."""
    bot_id = IntegerField()
    update_id = IntegerField()
    handled_at = IntegerField()

    class Meta:
        primary_key = False

    @classmethod
    def claim(cls, bot_id: int, update_id: int, *, now: int) -> bool:
        """Claim an update; return False if it was claimed before."""
        return bool(cls.run(cls.CLAIM, bot_id, update_id, now))

    @classmethod
    def is_claimed(cls, bot_id: int, update_id: int) -> bool:
        """Return whether an update has been claimed."""
        return cls.is_there("bot_id = ? AND update_id = ?", bot_id, update_id)

    @classmethod
    def forget_before(cls, moment: int) -> int:
        """Drop claims made before `moment`; return how many."""
        return cls.delete().where(cls.handled_at < moment).execute()
