"""Goods: editing, adding in a dialog, importing and exporting files."""

from dataclasses import replace

from bot_handlers.callbacks.goods import (
    AddPieces,
    AskDelete,
    AskDiscard,
    AskExport,
    CancelImport,
    ChooseKind,
    ChoosePlace,
    ConfirmImport,
    Delete,
    Discard,
    DropGoods,
    DropPicture,
    Hide,
    MoreGoods,
    Move,
    NewGoods,
    PutUpForSale,
    SendExport,
    SendPicture,
    SendRefused,
    ShowBranch,
    ShowGoodsDraft,
    ShowScarce,
    ShowSheet,
    ShowUnits,
    SkipDescription,
    TypeCategory,
    TypeField,
)
from bot_handlers.screens import goods as goods_screens
from bot_handlers.screens import goods as screens
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.assembly import Shop
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import ProductDraft
from shop.catalog.editor import Field
from shop.catalog.exports import Form
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.tree import Sheet, Target
from shop.errors import BadImport, FileTooLarge, NotFound, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES

NEXT = {"name": "text", "text": "price"}
LONG_BYTES = 256 * 1024
LONG_ENTRIES = 2_000
"""From here on an admin is told that it takes a moment."""


class GoodsHandlers:
    """What those who look after the catalogue do with categories and products."""

    def __init__(self, shop: Shop, *, conversations: Conversations, messenger: Messenger) -> None:
        self._branches = shop.catalog_tree
        self._editor = shop.editor
        self._conversations = conversations
        self._messenger = messenger

    def show_branch(self, visit: Visit, place: ShowBranch) -> None:
        """Show a page of a category."""
        branch = self._branches.branch(visit.person, place.category_id, page=place.page)
        self._messenger.show(visit, screens.branch(branch, visit.translator))

    def show_scarce(self, visit: Visit, place: ShowScarce) -> None:
        """Show a page of what has run low."""
        branch = self._branches.scarce(visit.person, page=place.page)
        self._messenger.show(visit, screens.scarce(branch, visit.translator))

    def show_sheet(self, visit: Visit, choice: ShowSheet) -> None:
        """Show what can be changed."""
        self._show(visit, self._branches.sheet(visit.person, _target(choice.kind, choice.id)), choice.back)

    def type_field(self, visit: Visit, choice: TypeField) -> None:
        """Ask for a new value; the next message is it."""
        if choice.field not in {each.value for each in Field}:
            raise StaleScreen
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._ask(visit, Step.GOODS_FIELD, choice, field=choice.field)
        self._messenger.show(visit, screens.ask_field(sheet, Field(choice.field), choice.back, visit.translator))

    def typed_field(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a new value; what is none may be typed again."""
        target, back = _target_of(dialog)
        sheet = self._editor.edit(visit.person, target, Field(dialog.answers["field"]), text)
        self._conversations.end(visit)
        self._show(visit, sheet, back)

    def send_picture(self, visit: Visit, choice: SendPicture) -> None:
        """Ask for a picture; the next photo or file is it."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._ask(visit, Step.GOODS_PICTURE, choice)
        self._messenger.show(visit, screens.ask_picture(sheet, choice.back, visit.translator))

    def sent_picture(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; what is none may be sent again."""
        if document.size > MAX_PICTURE_BYTES:
            raise FileTooLarge(largest_mb=MAX_PICTURE_BYTES // 1024**2)
        target, back = _target_of(dialog)
        content = self._messenger.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        sheet = self._editor.put_picture(visit.person, target, content)
        self._conversations.end(visit)
        self._show(visit, sheet, back)

    def ask_again(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Ask for a picture once more: what came is none."""
        target, back = _target_of(dialog)
        sheet = self._branches.sheet(visit.person, target)
        self._messenger.show(visit, screens.ask_picture(sheet, back, visit.translator))

    def drop_picture(self, visit: Visit, choice: DropPicture) -> None:
        """Take a picture away."""
        sheet = self._editor.put_picture(visit.person, _target(choice.kind, choice.id), None)
        self._show(visit, sheet, choice.back)

    def hide(self, visit: Visit, choice: Hide) -> None:
        """Hide, or show again."""
        sheet = self._editor.hide(visit.person, _target(choice.kind, choice.id), hidden=choice.hidden == 1)
        self._show(visit, sheet, choice.back)

    def choose_place(self, visit: Visit, choice: ChoosePlace) -> None:
        """Show where something can be moved."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        branch = self._branches.branch(visit.person, choice.category_id, page=choice.page)
        self._messenger.show(visit, screens.places(sheet, branch, visit.translator))

    def move(self, visit: Visit, choice: Move) -> None:
        """Move something."""
        self._show(visit, self._editor.move(visit.person, _target(choice.kind, choice.id), choice.category_id), "b0")

    def ask_delete(self, visit: Visit, choice: AskDelete) -> None:
        """Say what a deletion takes along."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._messenger.show(visit, screens.ask_delete(sheet, choice.back, visit.translator))

    def delete(self, visit: Visit, choice: Delete) -> None:
        """Delete, and show where it was."""
        above = self._editor.delete(visit.person, _target(choice.kind, choice.id))
        self.show_branch(visit, ShowBranch(above, 0))

    def type_category(self, visit: Visit, choice: TypeCategory) -> None:
        """Ask for the name of a new category; the next message is it."""
        self._branches.branch(visit.person, choice.category_id)
        above = {} if choice.category_id is None else {"above": str(choice.category_id)}
        self._conversations.ask(visit, Step.GOODS_CATEGORY, **above)
        self._messenger.show(visit, screens.ask_category(choice.category_id, visit.translator))

    def typed_category(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Make a category, and show it."""
        above = dialog.answers.get("above")
        made = self._editor.new_category(visit.person, None if above is None else int(above), text)
        self._conversations.end(visit)
        self.show_branch(visit, ShowBranch(made, 0))

    def show_units(self, visit: Visit, place: ShowUnits) -> None:
        """Show a page of the units for sale."""
        units = self._editor.units(visit.person, place.product_id, page=place.page)
        self._messenger.show(visit, screens.units(units, place.back, visit.translator))

    def ask_discard(self, visit: Visit, choice: AskDiscard) -> None:
        """Show what is to be deleted."""
        units, unit = self._editor.unit(visit.person, choice.product_id, choice.item_id)
        self._messenger.show(visit, screens.ask_discard(units, unit, choice.back, visit.translator))

    def discard(self, visit: Visit, choice: Discard) -> None:
        """Delete units for sale."""
        self._editor.discard(visit.person, choice.product_id, choice.item_id)
        self.show_units(visit, ShowUnits(choice.product_id, 0, choice.back))

    def _ask(self, visit: Visit, step: Step, choice: TypeField | SendPicture, **more: str) -> None:
        self._conversations.ask(visit, step, kind=choice.kind, id=str(choice.id), came=choice.back, **more)

    def _show(self, visit: Visit, sheet: Sheet, back: str) -> None:
        self._messenger.show(visit, screens.sheet(sheet, back, visit.translator))


def _target(kind: str, number: int) -> Target:
    if kind not in ("p", "c"):
        raise NotFound
    return Target(kind == "p", number)


def _target_of(dialog: Dialog) -> tuple[Target, str]:
    return _target(dialog.answers["kind"], int(dialog.answers["id"])), dialog.answers["came"]


class AddingHandlers:
    """What was chosen waits in a draft, so that buttons may be pressed in between."""

    def __init__(self, shop: Shop, *, conversations: Conversations, messenger: Messenger) -> None:
        self._drafts = shop.drafts
        self._branches = shop.catalog_tree
        self._conversations = conversations
        self._messenger = messenger

    def begin(self, visit: Visit, choice: NewGoods) -> None:
        """Begin a new product with its name."""
        self._drafts.begin(visit.person, choice.category_id)
        self._ask(visit, "name")

    def begin_more(self, visit: Visit, choice: MoreGoods) -> None:
        """Begin to add goods to a product."""
        self._ask_pieces(visit, self._drafts.begin_for(visit.person, choice.product_id))

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take what was asked for, and ask for the next thing; what is no value may be typed again."""
        field = dialog.answers["field"]
        self._drafts.type(visit.person, field, text)
        if field in NEXT:
            self._ask(visit, NEXT[field])
        else:
            self._conversations.end(visit)
            self._messenger.show(visit, screens.ask_kind(visit.translator))

    def skip(self, visit: Visit, _press: SkipDescription) -> None:
        """Leave the description empty."""
        self._drafts.type(visit.person, "text", "-")
        self._ask(visit, "price")

    def choose(self, visit: Visit, choice: ChooseKind) -> None:
        """Take the kind of goods, and ask for them where there are any."""
        if choice.kind not in {kind.value for kind in DeliverableKind}:
            raise StaleScreen
        draft = self._drafts.choose(visit.person, DeliverableKind(choice.kind))
        if draft.kind is DeliverableKind.MADE_TO_ORDER:
            self._messenger.show(visit, screens.product_summary(draft, visit.translator))
        else:
            self._ask_pieces(visit, draft)

    def add(self, visit: Visit, _press: AddPieces) -> None:
        """Ask for goods."""
        self._ask_pieces(visit, self._drafts.goods_wanted(visit.person))

    def typed_pieces(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Take goods as text; the dialog stays open for more."""
        draft = self._drafts.add_text(visit.person, text)
        self._messenger.show(visit, screens.ask_pieces(draft, visit.translator))

    def sent_pieces(self, visit: Visit, _dialog: Dialog, document: Document) -> None:
        """Take goods as a file; the dialog stays open for more."""
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        content = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        draft = self._drafts.add_file(visit.person, document.name, content)
        self._messenger.show(visit, screens.ask_pieces(draft, visit.translator))

    def show(self, visit: Visit, _page: ShowGoodsDraft) -> None:
        """Show what was put together so far."""
        self._messenger.show(visit, screens.product_summary(self._drafts.of(visit.person), visit.translator))

    def put_up(self, visit: Visit, _press: PutUpForSale) -> None:
        """Put it all into the shop, and show it."""
        target = Target(True, self._drafts.confirm(visit.person))
        sheet = self._branches.sheet(visit.person, target)
        self._messenger.show(visit, goods_screens.sheet(sheet, "b0", visit.translator))

    def drop(self, visit: Visit, _press: DropGoods) -> None:
        """Forget it all."""
        self._drafts.cancel(visit.person)
        self._messenger.show(visit, screens.product_discarded(visit.translator))

    def _ask(self, visit: Visit, field: str) -> None:
        self._conversations.ask(visit, Step.GOODS_DRAFT, field=field)
        self._messenger.show(visit, screens.ask_product(field, visit.translator))

    def _ask_pieces(self, visit: Visit, draft: ProductDraft) -> None:
        self._conversations.ask(visit, Step.GOODS_PIECES)
        self._messenger.show(visit, screens.ask_pieces(draft, visit.translator))


class StockingHandlers:
    """The files that admins send: a preview first, the import when they say so."""

    def __init__(self, shop: Shop, messenger: Messenger) -> None:
        self._imports = shop.imports
        self._exports = shop.exports
        self._messenger = messenger

    def receive_file(self, visit: Visit, document: Document) -> None:
        """Read a file of goods and show what it would do."""
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        t = visit.translator
        if document.size > LONG_BYTES:
            message_id = self._messenger.send(visit.bot_id, visit.chat_id, screens.reading(document.name, t))
            visit = replace(visit, message_id=message_id)
        file = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        preview = self._imports.receive(
            visit.person,
            document.name,
            file,
            progress=lambda count: self._tell(visit, count, screens.checking(count, t)),
        )
        self._messenger.show(visit, screens.preview(preview, t))

    def confirm(self, visit: Visit, choice: ConfirmImport) -> None:
        """Put the good entries into the shop."""
        t, number = visit.translator, choice.import_id
        report = self._imports.confirm(
            visit.person,
            number,
            progress=lambda count: self._tell(visit, count, screens.storing(number, count, t)),
        )
        self._messenger.show(visit, screens.imported(report, t))

    def cancel(self, visit: Visit, choice: CancelImport) -> None:
        """Forget a file."""
        self._imports.cancel(visit.person, choice.import_id)
        self._messenger.show(visit, screens.import_cancelled(visit.translator))

    def send_refused(self, visit: Visit, choice: SendRefused) -> None:
        """Send everything that is wrong with a file, and leave the screen as it is."""
        preview = self._imports.preview(visit.person, choice.import_id)
        parcel = screens.refused_file(preview, visit.translator)
        self._messenger.deliver(visit.bot_id, visit.chat_id, parcel, as_file=True)

    def ask_export(self, visit: Visit, choice: AskExport) -> None:
        """Ask for the format of a file of what is unsold."""
        self._messenger.show(visit, screens.ask_export(choice.category_id, visit.translator))

    def send_export(self, visit: Visit, choice: SendExport) -> None:
        """Send a file of what is unsold."""
        if choice.form not in {form.value for form in Form}:
            raise StaleScreen
        made = self._exports.export(visit.person, choice.category_id, Form(choice.form))
        self._messenger.deliver_file(visit.bot_id, visit.chat_id, screens.exported(made, visit.translator))

    def _tell(self, visit: Visit, count: int, screen: Screen) -> None:
        """Say how far a long import is, on the message that shows it."""
        if count > LONG_ENTRIES and visit.message_id is not None:
            self._messenger.update(visit.bot_id, visit.chat_id, visit.message_id, screen)
