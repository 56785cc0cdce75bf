"""What admins see."""

from bot_handlers.admin.callbacks_announcements import ShowAnnouncements
from bot_handlers.admin.callbacks_backup import ShowBackups
from bot_handlers.admin.callbacks_customers import FindCustomer
from bot_handlers.admin.callbacks_figures import ShowFigures, ShowHoldings
from bot_handlers.admin.callbacks_inventory import ShowBranch
from bot_handlers.admin.callbacks_notices import ShowNotices
from bot_handlers.admin.callbacks_reviews import ShowEveryReview
from bot_handlers.admin.callbacks_roles import ShowAudit, ShowManagers
from bot_handlers.admin.callbacks_scenes import ShowScenes
from bot_handlers.admin.callbacks_texts import ShowTexts
from bot_handlers.callbacks import Callback, MakeLine
from bot_handlers.callbacks_around import ShowOpenTickets
from bot_handlers.callbacks_coupons import ShowCoupons
from bot_handlers.views.home import back_home
from bot_handlers.views.orders import discount_note
from bot_handlers.views.screen import Button, Screen
from locales import Translator
from shop.assets import Asset
from shop.payments.deposits import DepositView
from shop.payments.invoices import InvoiceView
from shop.people import Right
from shop.sales.delivery import LineToMake
from shop.sales.orders import Receipt

EXAMPLE = (
    '[{"category": "Games", "subcategory": "Keys", "price": 9.99, '
    '"description": "Example", "private_data": "AAAA-BBBB"}]'
)


_MENU: tuple[tuple[Right | None, str, Callback], ...] = (
    (Right.CATALOGUE, "button.goods", ShowBranch(None, 0)),
    (Right.CATALOGUE, "button.coupons", ShowCoupons(0)),
    (Right.CUSTOMERS, "button.find_customer", FindCustomer()),
    (Right.CUSTOMERS, "button.open_tickets", ShowOpenTickets(0)),
    (Right.CUSTOMERS, "button.moderation", ShowEveryReview(None, 0)),
    (Right.ANNOUNCEMENTS, "button.announcements", ShowAnnouncements(0)),
    (Right.FIGURES, "button.figures", ShowFigures(7)),
    (Right.MONEY, "button.money", ShowHoldings()),
    (Right.CATALOGUE, "button.texts", ShowTexts()),
    (Right.CATALOGUE, "button.scenes", ShowScenes()),
    (None, "button.notices", ShowNotices()),
    (Right.BACKUP, "button.backups", ShowBackups()),
    (Right.ROLES, "button.managers", ShowManagers(0)),
    (Right.ROLES, "button.audit", ShowAudit(0, None)),
)
"""The admins' menu: the right that an entry takes (None: any), its text, and where it leads."""


def home(rights: frozenset[Right], t: Translator) -> Screen:
    """Show the admins' menu, as much of it as somebody may look after."""
    buttons = [Button(t.text(key), to) for right, key, to in _MENU if right is None or right in rights]
    rows = [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]
    return Screen(t.text("admin", example=EXAMPLE), (*rows, back_home(t)))


def purchase(receipt: Receipt, customer: str, t: Translator) -> Screen:
    """Tell an admin of a purchase, without the goods."""
    lines = "\n".join(f"{line.quantity} × {line.product_name}" for line in receipt.lines)
    text = t.text("admin.purchase", number=receipt.order_id, customer=customer, total=receipt.total, lines=lines)
    return Screen("\n".join([text, *discount_note(receipt, t)]))


def deposit(view: DepositView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a credited deposit."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.deposit", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def invoice(view: InvoiceView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a payment that the provider took, and when it got another amount than was asked for."""
    asset, got = view.asset, view.units if view.paid_units is None else view.paid_units
    amount = asset.format(got)
    text = t.text("admin.deposit", amount=amount, ticker=asset.ticker, credited=view.asked, customer=customer)
    if got != view.units:
        text += "\n" + t.text("admin.invoice_amount", amount=asset.format(view.units), ticker=asset.ticker)
    return Screen(text)


def invoice_differs(view: InvoiceView, differing: list[str], customer: str, t: Translator) -> Screen:
    """Alarm an admin: the provider shows a payment otherwise than it was opened."""
    what = ", ".join(t.text(f"invoice.differs.{name}") for name in differing)
    return Screen(
        t.text("admin.invoice_differs", number=view.payment_id, asked=view.asked, customer=customer, what=what)
    )


def vanished(view: DepositView, customer: str, t: Translator) -> Screen:
    """Alarm an admin: a credited transfer is no longer on its chain."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.vanished", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def pool(left: int, t: Translator) -> Screen:
    """Tell an admin that the pool of SOL addresses runs low."""
    return Screen(t.text("admin.pool", count=left))


def unseen(asset: Asset, units: int, address: str, customer: str, t: Translator) -> Screen:
    """Tell an admin of coins that no transaction shows."""
    amount = asset.format(units)
    return Screen(t.text("admin.unseen", amount=amount, ticker=asset.ticker, customer=customer, address=address))


def to_make(line: LineToMake, customer: str, t: Translator) -> Screen:
    """Tell an admin what somebody waits for."""
    text = t.text(
        "admin.to_make", number=line.order_id, customer=customer, quantity=line.quantity, name=line.product_name
    )
    return Screen(text, ((Button(t.text("button.hand_over"), MakeLine(line.line_id)),),))


def ask_made(line: LineToMake, t: Translator) -> Screen:
    """Ask for what was made."""
    text = t.text("ask_made", number=line.order_id, quantity=line.quantity, name=line.product_name)
    return Screen(text, (back_home(t),))


def made(line: LineToMake, t: Translator) -> Screen:
    """Say that it is on its way to the buyer."""
    return Screen(t.text("made", number=line.order_id, name=line.product_name), (back_home(t),))
