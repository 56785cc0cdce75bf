"""What admins see."""

from bot_handlers.views.home import back_home
from bot_handlers.views.screen import Screen
from locales import Translator
from shop.deposits import DepositView
from shop.inventory import ImportReport
from shop.orders import Receipt

EXAMPLE = (
    '[{"category": "Games", "subcategory": "Keys", "price": 9.99, '
    '"description": "Example", "private_data": "AAAA-BBBB"}]'
)


def home(t: Translator) -> Screen:
    """Show the admins' menu."""
    return Screen(t.text("admin", example=EXAMPLE), (back_home(t),))


def imported(report: ImportReport, t: Translator) -> Screen:
    """Say what an import did."""
    text = t.text("import.done", products=report.products, items=report.items, duplicates=report.duplicates)
    return Screen(text, (back_home(t),))


def purchase(receipt: Receipt, customer: str, t: Translator) -> Screen:
    """Tell an admin of a purchase, without the goods."""
    lines = "\n".join(f"{line.quantity} × {line.product_name}" for line in receipt.lines)
    return Screen(
        t.text("admin.purchase", number=receipt.order_id, customer=customer, total=receipt.total, lines=lines)
    )


def deposit(view: DepositView, customer: str, t: Translator) -> Screen:
    """Tell an admin of a credited deposit."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.deposit", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def vanished(view: DepositView, customer: str, t: Translator) -> Screen:
    """Alarm an admin: a credited transfer is no longer on its chain."""
    amount = view.asset.format(view.units)
    return Screen(
        t.text("admin.vanished", amount=amount, ticker=view.asset.ticker, credited=view.credited, customer=customer)
    )


def chain(chain: str, t: Translator, *, back: bool) -> Screen:
    """Tell an admin that nobody answers for a chain, or that somebody does again."""
    return Screen(t.text("admin.chain_answers" if back else "admin.chain_delayed", chain=chain))


def pool(left: int, t: Translator) -> Screen:
    """Tell an admin that the pool of SOL addresses runs low."""
    return Screen(t.text("admin.pool", count=left))
