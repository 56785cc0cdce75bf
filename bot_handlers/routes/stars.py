"""The buttons and the dialog of Telegram Stars."""

from bot_handlers.callbacks import stars
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.stars import StarHandlers
from bot_handlers.updates.conversations import Step
from bot_handlers.updates.router import Buttons, Group, Steps, Takes
from shop.people import Right


def stars_buttons(to: StarHandlers, goods: GoodsHandlers) -> Buttons:
    """List the buttons of customers and of admins."""
    return (
        (stars.ShowStars, Group.EVERYBODY, to.show),
        (stars.SendBill, Group.EVERYBODY, to.send_bill),
        (stars.TypeStarSum, Group.EVERYBODY, to.ask_sum),
        (stars.TakeStarsFor, Right.CATALOGUE, goods.take_stars),
        (stars.ShowStarPayments, Right.MONEY, to.show_payments),
        (stars.ShowStarPayment, Right.MONEY, to.show_payment),
        (stars.RefundStars, Right.MONEY, to.refund),
        (stars.SwitchStoreMode, Right.OWNERS_ONLY, to.switch_store_mode),
    )


def stars_steps(to: StarHandlers) -> Steps:
    """List what customers type."""
    return ((Step.STAR_SUM, Group.EVERYBODY, Takes(text=to.take_sum)),)
