"""One customer as support sees them."""

from dataclasses import replace

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import ShowStatement
from bot_handlers.callbacks.customers import (
    Adjust,
    AskRefundLine,
    AskRefundOrder,
    AskRefundPart,
    AskReplace,
    FindCustomer,
    RefundOrder,
    RefundPart,
    ReplaceForTicket,
    ReplaceItem,
    SendCustomerStatement,
    ShowCustomer,
    ShowCustomerComing,
    ShowCustomerLine,
    ShowCustomerOrder,
    ShowCustomerOrders,
    ShowCustomerStatement,
    ShowCustomerTicket,
    ShowCustomerTickets,
    ShowFaultyPieces,
    ShowPieces,
    TypeAdjustment,
    TypeBan,
    TypeRefund,
    TypeToCustomer,
)
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.callbacks.support import ShowNotes, TypeNewAccount
from bot_handlers.callbacks.tickets import ShowAnyTicket, TypeTicket
from bot_handlers.screens import account as account_screens
from bot_handlers.screens import orders as orders_screens
from bot_handlers.screens import tickets as tickets_screens
from bot_handlers.screens import top_ups as top_ups_screens
from bot_handlers.screens.orders import listed
from bot_handlers.screens.screen import Button, Rows, Screen, back_button, back_home, back_row, pager, shortened
from locales import Translator
from shop.catalog.deliverables import DeliverableKind
from shop.money import Money
from shop.payments.deposit_views import DepositView
from shop.payments.statements import Coming, Statement
from shop.people import Right
from shop.sales.orders import History, ReceiptLine
from shop.support.adjustments import Adjustment
from shop.support.customers import Card, CustomerLine, CustomerOrder
from shop.support.refunds import Refundable
from shop.support.replacements import Faulty, PiecePage
from shop.support.search import Found
from shop.support.tickets import TicketPage

MAX_LABEL = 40
MAX_PIECE_LABEL = 40


def ask_customer(t: Translator) -> Screen:
    """Ask which customer to find."""
    return Screen(t.text("ask_customer"), (back_row(AdminHome(), t),))


def choose(found: Found, t: Translator) -> Screen:
    """Ask an admin which of these customers or orders is meant."""
    rows = [(Button(shortened(each.name, MAX_LABEL), ShowCustomer(each.customer_id)),) for each in found.customers]
    rows += [(Button(f"🧾 #{number}", ShowCustomerOrder(number, 0)),) for number in found.order_ids]
    text = t.text("choose_customer" if found.order_ids else "choose_customer.named")
    return Screen(text, (*rows, back_row(FindCustomer(), t)))


def payment(view: DepositView, name: str, t: Translator) -> Screen:
    """Show admins a payment, its customer, and a link to an explorer."""
    look = Button(t.text("button.explorer"), link=top_ups_screens.transaction_link(view.asset.chain, view.txid))
    rows = ((look,), (Button(t.text("button.customer"), ShowCustomer(view.customer_id)), *back_home(t)))
    return _of(name, replace(top_ups_screens.deposit(view, t), rows=rows), t)


def card(shown: Card, rights: frozenset[Right], t: Translator) -> Screen:
    """Show a customer at a glance, with what can be done for them."""
    profile = shown.profile
    text = t.text(
        "customer",
        name=shown.name,
        id=shown.telegram_id,
        username=f"@{shown.username}" if shown.username else "–",
        since=t.moment(shown.since),
        language=shown.language,
        balance=profile.balance,
        deposited=shown.deposited,
        orders=profile.orders,
        deposits=profile.open_deposits,
        tickets=profile.open_tickets,
    )
    if shown.banned:
        text += "\n" + t.text("customer.banned", reason=shown.ban_reason or "–")
    if not shown.reachable:
        text += "\n" + t.text("customer.unreachable")
    number = shown.customer_id
    rows = (
        (
            Button(t.text("button.statement"), ShowCustomerStatement(number, 0)),
            Button(t.text("button.coming"), ShowCustomerComing(number)),
        ),
        (
            Button(t.text("button.orders"), ShowCustomerOrders(number, 0)),
            Button(t.text("button.tickets"), ShowCustomerTickets(number, 0)),
        ),
        *_actions(shown, rights, t),
        back_row(FindCustomer(), t),
    )
    return Screen(text, rows)


def _actions(shown: Card, rights: frozenset[Right], t: Translator) -> Rows:
    """The buttons for what can be done for them."""
    number = shown.customer_id
    adjust = Button(t.text("button.adjust_balance"), TypeAdjustment(number))
    write = Button(t.text("button.write_to"), TypeToCustomer(number))
    ban = Button(t.text("button.let_in" if shown.banned else "button.ban"), TypeBan(number, int(not shown.banned)))
    notes = Button(t.text("button.notes") + (f" ({shown.notes})" if shown.notes else ""), ShowNotes(number, 0))
    first = (notes, adjust) if Right.MONEY in rights else (notes,)
    move = [(Button(t.text("button.new_account"), TypeNewAccount(number)),)] if Right.OWNERS_ONLY in rights else []
    return (first, (write, ban), *move)


def tickets(customer_id: int, name: str, page: TicketPage, t: Translator) -> Screen:
    """Show a page of their open tickets."""
    rows = [(Button(tickets_screens.label(each), ShowCustomerTicket(each.id)),) for each in page.tickets]
    turns = pager(page, lambda number: ShowCustomerTickets(customer_id, number))
    text = t.text("admin.tickets" if page.tickets else "admin.tickets_none")
    return _of(name, Screen(text, (*rows, *turns, *_to_card(customer_id, t))), t)


def statement(customer_id: int, name: str, page: Statement, t: Translator) -> Screen:
    """Show a page of the movements of their balance."""
    if not page.entries:
        return _of(name, Screen(t.text("customer.no_entries"), _to_card(customer_id, t)), t)
    screen = account_screens.statement_page(
        page,
        t,
        turn=lambda number: ShowCustomerStatement(customer_id, number),
        file=SendCustomerStatement(customer_id),
        back=_to_card(customer_id, t),
    )
    return _of(name, screen, t)


def coming(customer_id: int, name: str, shown: Coming, t: Translator) -> Screen:
    """Show their pending deposits, without the buttons to pay, which only customers have."""
    if not shown.deposits and not shown.invoices:
        return _of(name, Screen(t.text("customer.nothing_coming"), _to_card(customer_id, t)), t)
    screen = account_screens.coming_page(shown, t)
    return _of(name, replace(screen, rows=(*screen.rows, *_to_card(customer_id, t))), t)


def orders(customer_id: int, name: str, page: History, t: Translator) -> Screen:
    """Show a page of their orders, newest first."""
    rows = [(Button(orders_screens.label(each, t), ShowCustomerOrder(each.id, 0)),) for each in page.orders]
    turns = pager(page, lambda number: ShowCustomerOrders(customer_id, number))
    text = t.text("customer.orders" if page.orders else "customer.no_orders")
    return _of(name, Screen(text, (*rows, *turns, *_to_card(customer_id, t))), t)


def order(shown: CustomerOrder, t: Translator) -> Screen:
    """Show an order with a page of its lines, without the goods."""
    receipt = shown.receipt
    rows: list[tuple[Button, ...]] = [(Button(_label(line), ShowCustomerLine(line.id)),) for line in shown.lines]
    rows += pager(shown, lambda number: ShowCustomerOrder(receipt.order_id, number))
    rows += orders_screens.hand_overs(receipt.lines, t)
    left = receipt.total - receipt.refunded
    if left.minor:
        rows.append((Button(t.text("button.refund", amount=left), AskRefundOrder(receipt.order_id)),))
    back = ShowCustomerOrders(receipt.customer_id, shown.history_page)
    to_card = Button(t.text("button.customer"), ShowCustomer(receipt.customer_id))
    rows.append((back_button(back, t), to_card, *back_home(t)))
    lines = "\n".join(_line(line, t) for line in shown.lines)
    return _of(shown.name, Screen(f"{orders_screens.head(receipt, t)}\n\n{lines}", tuple(rows)), t)


def line(shown: CustomerLine, t: Translator) -> Screen:
    """Show a line of an order, with what can be done about it."""
    rows: list[tuple[Button, ...]] = list(orders_screens.hand_overs((shown.line,), t))
    if shown.line.refundable.minor:
        rows.append((Button(t.text("button.refund", amount=shown.line.refundable), AskRefundLine(shown.line.id)),))
    if not shown.line.refunded and shown.line.kind in (DeliverableKind.UNIQUE_TEXT, DeliverableKind.UNIQUE_FILE):
        rows.append((Button(t.text("button.find_faulty"), ShowPieces(shown.line.id, 0)),))
    back = ShowCustomerOrder(shown.order_id, shown.page)
    rows.append(back_row(back, t))
    head = t.text("own_line", name=shown.line.product_name, number=shown.order_id)
    return _of(shown.name, Screen(f"{head}\n{_line(shown.line, t)}", tuple(rows)), t)


def _line(line: ReceiptLine, t: Translator) -> str:
    text = t.text("cart.line", quantity=line.quantity, name=line.product_name, total=line.paid)
    return text if line.returned is None else f"{text}\n{t.text('order.line_refunded', amount=line.returned)}"


def _label(line: ReceiptLine) -> str:
    mark = "↩️ " if line.returned is not None else ""
    return shortened(f"{mark}{line.quantity} × {line.product_name}", MAX_LABEL)


def _of(name: str, screen: Screen, t: Translator) -> Screen:
    """Put the customer's name above a screen."""
    return replace(screen, text=f"{t.text('customer.of', name=name)}\n\n{screen.text}")


def _to_card(customer_id: int, t: Translator) -> Rows:
    return (back_row(ShowCustomer(customer_id), t),)


def ask_letter(customer_id: int, name: str, t: Translator) -> Screen:
    """Ask for the words."""
    return Screen(t.text("letter.ask", name=name), _to_card(customer_id, t))


def written(customer_id: int, t: Translator) -> Screen:
    """Say that it has been sent."""
    return Screen(
        t.text("letter.sent"), ((Button(t.text("button.customer"), ShowCustomer(customer_id)), *back_home(t)),)
    )


def letter(text: str, t: Translator) -> Screen:
    """Deliver a message from the shop to a customer."""
    rows = ((Button(t.text("button.write_ticket"), TypeTicket(None)), *back_home(t)),)
    return Screen(t.text("letter", text=text), rows)


def ask_ban(customer_id: int, name: str, t: Translator, *, banned: bool) -> Screen:
    """Ask for the reason."""
    return Screen(t.text("ban.ask" if banned else "ban.ask_end", name=name), _to_card(customer_id, t))


def ask_adjustment(customer_id: int, name: str, balance: Money, t: Translator) -> Screen:
    """Ask for the sum."""
    text = t.text("adjustment.ask", name=name, balance=balance, currency=balance.currency)
    return Screen(text, _to_card(customer_id, t))


def ask_adjustment_reason(customer_id: int, t: Translator) -> Screen:
    """Ask why."""
    return Screen(t.text("adjustment.ask_reason"), _to_card(customer_id, t))


def confirm_adjustment(wanted: Adjustment, name: str, balance: Money, t: Translator) -> Screen:
    """Show the change, and the balance after it."""
    text = t.text(
        "adjustment.confirm",
        name=name,
        amount=_signed(wanted.amount, t),
        balance=balance + wanted.amount,
        reason=wanted.reason,
    )
    label = t.text("button.adjust", amount=_signed(wanted.amount, t))
    rows = (
        (Button(label, Adjust(wanted.id)),),
        back_row(TypeAdjustment(wanted.customer_id), t),
    )
    return Screen(text, rows)


def adjusted(made: Adjustment, t: Translator) -> Screen:
    """Say what was done."""
    rows = ((Button(t.text("button.customer"), ShowCustomer(made.customer_id)), *back_home(t)),)
    return Screen(t.text("adjustment.done", amount=_signed(made.amount, t)), rows)


def adjustment_letter(made: Adjustment, t: Translator) -> Screen:
    """Tell the customer."""
    rows = ((Button(t.text("button.statement"), ShowStatement(0)), *back_home(t)),)
    return Screen(t.text("adjusted", amount=_signed(made.amount, t), reason=made.reason), rows)


def _signed(amount: Money, t: Translator) -> str:
    return ("+" if amount.minor > 0 else "−") + t.money(Money(abs(amount.minor), amount.currency))


def ask_refund_of_order(due: Refundable, customer: str, t: Translator) -> Screen:
    """Preview the refund of an order: how much, to whom and for what."""
    return _ask_refund(due, customer, RefundOrder(due.order_id), ShowCustomerOrder(due.order_id, 0), t)


def ask_refund_of_line(due: Refundable, customer: str, t: Translator) -> Screen:
    """Preview the refund of a line; the price of one item and any other amount are one button away."""
    [part] = due.parts
    number = part.line_id
    screen = _ask_refund(
        due, customer, RefundPart(number, part.amount.minor, part.before.minor), ShowCustomerLine(number), t
    )
    less = [Button(t.text("button.other_sum"), TypeRefund(number))]
    if 0 < due.unit.minor < part.amount.minor:
        less.insert(0, Button(t.text("button.refund_one", amount=due.unit), AskRefundPart(number, due.unit.minor)))
    first, *others = screen.rows
    return replace(screen, rows=(first, tuple(less), *others))


def ask_refund_sum(due: Refundable, t: Translator) -> Screen:
    """Ask how much of a line to refund."""
    [part] = due.parts
    text = t.text("refund.ask_sum", name=part.name, left=part.amount, currency=part.amount.currency)
    return Screen(text, (back_row(AskRefundLine(part.line_id), t),))


def _ask_refund(due: Refundable, customer: str, confirm: Callback, back: Callback, t: Translator) -> Screen:
    text = t.text("refund.ask", number=due.order_id, customer=customer, amount=due.amount, goods=listed(due.names))
    rows = (
        (Button(t.text("button.refund", amount=due.amount), confirm),),
        back_row(back, t),
    )
    return Screen(text, rows)


def refunded(due: Refundable, t: Translator) -> Screen:
    """Say what was refunded."""
    rows = (
        (
            Button(t.text("button.order"), ShowCustomerOrder(due.order_id, 0)),
            Button(t.text("button.customer"), ShowCustomer(due.customer_id)),
        ),
        back_home(t),
    )
    return Screen(t.text("refund.done", number=due.order_id, amount=due.amount), rows)


def pieces(page: PiecePage, t: Translator) -> Screen:
    """Ask which item of a line is faulty."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(f"{each.number} · {each.mark}", MAX_PIECE_LABEL), AskReplace(each.item_id)),)
        for each in page.pieces
    ]
    rows += pager(page, lambda number: ShowPieces(page.line_id, number))
    rows.append(back_row(ShowCustomerLine(page.line_id), t))
    return Screen(t.text("replacement.which", name=page.product_name, number=page.order_id), tuple(rows))


def pieces_of_ticket(page: PiecePage, ticket_id: int, t: Translator) -> Screen:
    """Ask which item a ticket is about; the tap on it replaces it."""
    rows: list[tuple[Button, ...]] = [
        (
            Button(
                shortened(f"🔁 {each.number} · {each.mark}", MAX_PIECE_LABEL),
                ReplaceForTicket(ticket_id, each.item_id),
            ),
        )
        for each in page.pieces
    ]
    rows += pager(page, lambda number: ShowFaultyPieces(ticket_id, number))
    rows.append(back_row(ShowAnyTicket(ticket_id), t))
    text = t.text("replacement.which", name=page.product_name, number=page.order_id)
    return Screen(f"{text}\n\n{t.text('replacement.at_once')}", tuple(rows))


def ask_replacement(faulty: Faulty, customer: str, t: Translator) -> Screen:
    """Show what would be replaced."""
    piece = faulty.piece
    text = t.text(
        "replacement.ask",
        name=faulty.product_name,
        number=faulty.order_id,
        customer=customer,
        piece=f"{piece.number} · {piece.mark}",
    )
    rows = (
        (Button(t.text("button.replace"), ReplaceItem(piece.item_id)),),
        back_row(ShowPieces(faulty.line_id, 0), t),
    )
    return Screen(text, rows)


def replaced(faulty: Faulty, t: Translator, *, back: Callback | None = None) -> Screen:
    """Say that a replacement has been sent."""
    rows = (
        (
            back_button(back or ShowCustomerLine(faulty.line_id), t),
            Button(t.text("button.customer"), ShowCustomer(faulty.customer_id)),
        ),
        back_home(t),
    )
    return Screen(t.text("replacement.done", name=faulty.product_name), rows)
