"""What the dialogs of admins take: every step with the right that it takes, and what answers it."""

from bot_handlers.admin.routes import ANY, AdminHandlers
from bot_handlers.conversations import Step
from bot_handlers.routes import Answer, FileAnswer
from shop.people import Right

PERSON_ANSWERS = frozenset({Step.MANAGER})
"""The steps that a contact or a forwarded message answers as well: with the id of whom it names."""


def answers(admin: AdminHandlers) -> dict[Step, tuple[Right | None, Answer]]:
    """What a text does in the middle of an admin's dialog."""
    return {
        Step.MADE: (Right.CUSTOMERS, admin.making.typed),
        Step.GOODS_FIELD: (Right.CATALOGUE, admin.editing.typed_field),
        Step.GOODS_DRAFT: (Right.CATALOGUE, admin.adding.typed),
        Step.GOODS_PIECES: (Right.CATALOGUE, admin.adding.typed_pieces),
        Step.GOODS_CATEGORY: (Right.CATALOGUE, admin.editing.typed_category),
        Step.GOODS_PICTURE: (Right.CATALOGUE, admin.editing.ask_again),
        Step.COUPON_TERM: (Right.CATALOGUE, admin.coupons.typed_term),
        Step.TICKET_ANSWER: (Right.CUSTOMERS, admin.answering.typed_answer),
        Step.MANAGER: (Right.ROLES, admin.appointing.typed_manager),
        Step.CUSTOMER: (Right.CUSTOMERS, admin.customers.typed),
        Step.CODE: (ANY, admin.proving.typed),
        Step.ADJUSTMENT: (Right.MONEY, admin.adjusting.typed_sum),
        Step.ADJUSTMENT_REASON: (Right.MONEY, admin.adjusting.typed_reason),
        Step.LETTER: (Right.CUSTOMERS, admin.conduct.typed_letter),
        Step.HIDE_REVIEW: (Right.CUSTOMERS, admin.moderating.typed_reason),
        Step.OWN_TEXT: (Right.CATALOGUE, admin.writing.typed),
        Step.SCENE: (Right.CATALOGUE, admin.decorating.ask_again),
        Step.BAN_REASON: (Right.CUSTOMERS, admin.conduct.typed_ban),
        Step.ANNOUNCEMENT: (Right.ANNOUNCEMENTS, admin.composing.typed_text),
        Step.ANNOUNCEMENT_LINKS: (Right.ANNOUNCEMENTS, admin.composing.typed_links),
    }


def file_answers(admin: AdminHandlers) -> dict[Step, tuple[Right, FileAnswer]]:
    """What a file or a photo does in the middle of an admin's dialog."""
    return {
        Step.MADE: (Right.CUSTOMERS, admin.making.sent_file),
        Step.ANNOUNCEMENT: (Right.ANNOUNCEMENTS, admin.composing.sent_photo),
        Step.GOODS_PICTURE: (Right.CATALOGUE, admin.editing.sent_picture),
        Step.SCENE: (Right.CATALOGUE, admin.decorating.sent),
        Step.GOODS_PIECES: (Right.CATALOGUE, admin.adding.sent_pieces),
    }
