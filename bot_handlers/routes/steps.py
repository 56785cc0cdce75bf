"""Every step of a dialog: what a person types or sends next."""

from bot_handlers.routes.handlers import Handlers
from bot_handlers.updates.conversations import Step
from bot_handlers.updates.router import Group, Steps, Takes
from shop.people import Right

EVERYBODY, ADMINS = Group.EVERYBODY, Group.ADMINS


def customers_steps(to: Handlers) -> Steps:
    """List what customers type."""
    return (
        (Step.SEARCH, EVERYBODY, Takes(text=to.catalog.take_search)),
        (Step.QUANTITY, EVERYBODY, Takes(text=to.catalog.take_quantity)),
        (Step.COUPON, EVERYBODY, Takes(text=to.checkout.take_coupon)),
        (Step.ORDER_NOTE, EVERYBODY, Takes(text=to.checkout.take_note)),
        (Step.TOP_UP_SUM, EVERYBODY, Takes(text=to.top_ups.take_sum)),
        (Step.TRANSACTION, EVERYBODY, Takes(text=to.top_ups.take_transaction)),
        (Step.REVIEW, EVERYBODY, Takes(text=to.reviews.take_words)),
        (Step.TICKET, EVERYBODY, Takes(note=to.tickets.take_question)),
        (Step.TICKET_REPLY, EVERYBODY, Takes(note=to.tickets.take_reply)),
        (Step.LOOSE, EVERYBODY, Takes()),
    )


def admins_steps(to: Handlers) -> Steps:
    """List what admins type or send."""
    managers, announced = to.administration, to.announcements
    return (
        (Step.MADE, Right.CUSTOMERS, Takes(text=to.orders.take_made, file=to.orders.take_made_file)),
        (Step.ORDER_SEARCH, Right.CUSTOMERS, Takes(text=to.orders.take_search)),
        (Step.HIDE_REVIEW, Right.CUSTOMERS, Takes(text=to.reviews.take_reason)),
        (Step.TICKET_ANSWER, Right.CUSTOMERS, Takes(note=to.tickets.take_answer)),
        (Step.GOODS_FIELD, Right.CATALOGUE, Takes(text=to.goods.take_field)),
        (Step.GOODS_PICTURE, Right.CATALOGUE, Takes(photo=to.goods.take_picture)),
        (Step.GOODS_CATEGORY, Right.CATALOGUE, Takes(text=to.goods.take_category)),
        (Step.GOODS_DRAFT, Right.CATALOGUE, Takes(text=to.goods.take_value)),
        (Step.GOODS_PIECES, Right.CATALOGUE, Takes(text=to.goods.take_pieces, file=to.goods.take_pieces_file)),
        (Step.COUPON_TERM, Right.CATALOGUE, Takes(text=to.coupons.take_term)),
        (Step.CUSTOMER, Right.CUSTOMERS, Takes(text=to.customers.take)),
        (Step.LETTER, Right.CUSTOMERS, Takes(text=to.customers.take_letter)),
        (Step.BAN_REASON, Right.CUSTOMERS, Takes(text=to.customers.take_ban)),
        (Step.ADJUSTMENT, Right.MONEY, Takes(text=to.customers.take_adjustment)),
        (Step.ADJUSTMENT_REASON, Right.MONEY, Takes(text=to.customers.take_adjustment_reason)),
        (Step.CUSTOMER_NOTE, Right.CUSTOMERS, Takes(text=to.support.take_note)),
        (Step.NEW_ACCOUNT, Right.OWNERS_ONLY, Takes(text=to.support.take_account, person=to.support.take_account)),
        (Step.REFUND_SUM, Right.CUSTOMERS, Takes(text=to.customers.take_refund_sum)),
        (Step.ANNOUNCEMENT, Right.ANNOUNCEMENTS, Takes(text=announced.take_text, photo=announced.take_photo)),
        (Step.ANNOUNCEMENT_LINKS, Right.ANNOUNCEMENTS, Takes(text=announced.take_links)),
        (Step.ANNOUNCEMENT_TIME, Right.ANNOUNCEMENTS, Takes(text=announced.take_time)),
        (Step.OWN_TEXT, Right.CATALOGUE, Takes(text=to.appearance.take_text)),
        (Step.OPERATOR, Right.CATALOGUE, Takes(text=to.terms.take_operator)),
        (Step.SCENE, Right.CATALOGUE, Takes(photo=to.appearance.take_picture)),
        (Step.MANAGER, Right.OWNERS_ONLY, Takes(text=managers.take_manager, person=managers.take_manager)),
        (Step.BOT_TOKEN, Right.OWNERS_ONLY, Takes(text=to.bots.take_no_token)),
        (Step.BOT_NAME, Right.OWNERS_ONLY, Takes(text=to.bots.take_name)),
        (Step.BOT_WELCOME, Right.OWNERS_ONLY, Takes(text=to.bots.take_welcome)),
        (Step.BOT_PICTURE, Right.OWNERS_ONLY, Takes(photo=to.bots.take_picture)),
        (Step.CODE, ADMINS, Takes(text=to.second_factor.take)),
    )
