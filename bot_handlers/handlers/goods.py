"""Goods: editing, adding in a dialog, importing and exporting files."""

import json
from dataclasses import dataclass, replace

from bot_handlers.callbacks import member
from bot_handlers.callbacks.catalog import start_parameter
from bot_handlers.callbacks.goods import (
    AddPieces,
    AskDelete,
    AskDiscard,
    AskExport,
    AskGoodsValue,
    AskSellAgain,
    CancelImport,
    ChooseKind,
    ChoosePlace,
    ConfirmImport,
    ConfirmImportAs,
    Delete,
    Discard,
    DropGoods,
    DropPicture,
    Hide,
    MoreGoods,
    Move,
    NewGoods,
    PutUpAgain,
    PutUpForSale,
    ReadAs,
    ReadPiecesAs,
    SendExport,
    SendPicture,
    SendRefused,
    ShowBranch,
    ShowGoodsDraft,
    ShowItems,
    ShowLink,
    ShowScarce,
    ShowSheet,
    SkipDescription,
    TypeCategory,
    TypeField,
)
from bot_handlers.callbacks.stars import TakeStarsFor
from bot_handlers.screens import goods as screens
from bot_handlers.screens import imports as import_screens
from bot_handlers.screens.screen import Screen
from bot_handlers.telegram.setup import Links
from bot_handlers.telegram.visits import Document, Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.assembly import Shop
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import ProductDraft
from shop.catalog.editor import Field
from shop.catalog.exports import Form
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.plans import Known
from shop.catalog.tree import Sheet, Target
from shop.errors.catalog import BadImport
from shop.errors.refusals import NotFound, StaleScreen
from shop.people import Right
from shop.pictures import MAX_PICTURE_BYTES

NEXT = {"name": "text", "text": "price"}
"""The field asked for after each field of a new product."""
PREVIOUS = {"name": None, "text": "name", "price": "text"}
"""The field asked for before each field."""
LONG_BYTES = 256 * 1024
LONG_ENTRIES = 2_000
"""From this size on, an import shows its progress to the admin."""


@dataclass(frozen=True, slots=True)
class GoodsHandlers:
    """Categories, products and their stock, for admins. A new product is kept in a draft until it is complete."""

    chat: Chat
    shop: Shop
    links: Links

    def show_category(self, visit: Visit, place: ShowBranch) -> None:
        """Show a page of a category."""
        branch = self.shop.catalog_tree.branch(visit.person, place.category_id, page=place.page)
        held = self.shop.held_goods.count() if Right.OWNERS_ONLY in visit.person.rights else 0
        self.chat.show(visit, screens.branch(branch, visit.translator, held=held))

    def show_scarce(self, visit: Visit, place: ShowScarce) -> None:
        """Show a page of what has run low."""
        branch = self.shop.catalog_tree.scarce(visit.person, page=place.page)
        self.chat.show(visit, screens.scarce(branch, visit.translator))

    def show(self, visit: Visit, choice: ShowSheet) -> None:
        """Show what can be changed of a product or a category."""
        self._show(visit, self._sheet(visit, choice.kind, choice.id), choice.back)

    def show_link(self, visit: Visit, choice: ShowLink) -> None:
        """Show the link that leads to a product or a category."""
        sheet = self._sheet(visit, choice.kind, choice.id)
        url = self.links.start(visit.bot_id, start_parameter(choice.kind, choice.id))
        self.chat.show(visit, screens.link(sheet, url, choice.back, visit.translator))

    def ask_field(self, visit: Visit, choice: TypeField) -> None:
        """Ask for a new value."""
        field = member(Field, choice.field)
        sheet = self._sheet(visit, choice.kind, choice.id)
        screen = screens.ask_field(sheet, field, choice.back, visit.translator)
        self._ask_about(visit, Step.GOODS_FIELD, screen, choice, field=field.value)

    def take_field(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a new value; if it is not valid, it can be typed again."""
        target, back = _target_in(dialog)
        sheet = self.shop.editor.edit(visit.person, target, Field(dialog.answers["field"]), text)
        self.chat.end(visit)
        self._show(visit, sheet, back)

    def ask_picture(self, visit: Visit, choice: SendPicture) -> None:
        """Ask for a picture."""
        sheet = self._sheet(visit, choice.kind, choice.id)
        self._ask_about(visit, Step.GOODS_PICTURE, screens.ask_picture(sheet, choice.back, visit.translator), choice)

    def take_picture(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; if it is not a picture, another file can be sent."""
        target, back = _target_in(dialog)
        content = self.chat.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        sheet = self.shop.editor.put_picture(visit.person, target, content)
        self.chat.end(visit)
        self._show(visit, sheet, back)

    def remove_picture(self, visit: Visit, choice: DropPicture) -> None:
        """Remove a picture."""
        sheet = self.shop.editor.put_picture(visit.person, _target(choice.kind, choice.id), None)
        self._show(visit, sheet, choice.back)

    def hide(self, visit: Visit, choice: Hide) -> None:
        """Hide from customers, or show again."""
        sheet = self.shop.editor.hide(visit.person, _target(choice.kind, choice.id), hidden=choice.hidden == 1)
        self._show(visit, sheet, choice.back)

    def take_stars(self, visit: Visit, choice: TakeStarsFor) -> None:
        """Allow paying for a product with Stars, or not."""
        sheet = self.shop.editor.take_stars(visit.person, choice.product_id, on=choice.on == 1)
        self._show(visit, sheet, choice.back)

    def choose_place(self, visit: Visit, choice: ChoosePlace) -> None:
        """Show where a product or a category can be moved to."""
        sheet = self._sheet(visit, choice.kind, choice.id)
        branch = self.shop.catalog_tree.branch(visit.person, choice.category_id, page=choice.page)
        self.chat.show(visit, screens.places(sheet, branch, visit.translator))

    def move(self, visit: Visit, choice: Move) -> None:
        """Move a product or a category."""
        sheet = self.shop.editor.move(visit.person, _target(choice.kind, choice.id), choice.category_id)
        self._show(visit, sheet, "b0")

    def ask_delete(self, visit: Visit, choice: AskDelete) -> None:
        """Ask whether to delete something, and say what goes with it."""
        sheet = self._sheet(visit, choice.kind, choice.id)
        self.chat.show(visit, screens.ask_delete(sheet, choice.back, visit.translator))

    def delete(self, visit: Visit, choice: Delete) -> None:
        """Delete a product or a category, and show where it was."""
        above = self.shop.editor.delete(visit.person, _target(choice.kind, choice.id))
        self.show_category(visit, ShowBranch(above, 0))

    def ask_category(self, visit: Visit, choice: TypeCategory) -> None:
        """Ask for the name of a new category."""
        self.shop.catalog_tree.branch(visit.person, choice.category_id)
        above = {} if choice.category_id is None else {"above": str(choice.category_id)}
        screen = screens.ask_category(choice.category_id, visit.translator)
        self.chat.ask(visit, Step.GOODS_CATEGORY, screen, **above)

    def take_category(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Create a category, and show it."""
        above = dialog.answers.get("above")
        made = self.shop.editor.new_category(visit.person, None if above is None else int(above), text)
        self.chat.end(visit)
        self.show_category(visit, ShowBranch(made, 0))

    def show_items(self, visit: Visit, place: ShowItems) -> None:
        """Show a page of the items for sale."""
        stock = self.shop.editor.items(visit.person, place.product_id, page=place.page)
        self.chat.show(visit, screens.items(stock, place.back, visit.translator))

    def ask_discard(self, visit: Visit, choice: AskDiscard) -> None:
        """Ask whether to delete an item, or all of them."""
        stock, item = self.shop.editor.item(visit.person, choice.product_id, choice.item_id)
        self.chat.show(visit, screens.ask_discard(stock, item, choice.back, visit.translator))

    def discard(self, visit: Visit, choice: Discard) -> None:
        """Delete items for sale."""
        self.shop.editor.discard(visit.person, choice.product_id, choice.item_id)
        self.show_items(visit, ShowItems(choice.product_id, 0, choice.back))

    def begin(self, visit: Visit, choice: NewGoods) -> None:
        """Begin a new product, with its name."""
        self.shop.drafts.begin(visit.person, choice.category_id)
        self._ask_value(visit, "name")

    def begin_pieces(self, visit: Visit, choice: MoreGoods) -> None:
        """Begin to add goods to a product."""
        self._ask_pieces(visit, self.shop.drafts.begin_for(visit.person, choice.product_id))

    def ask_value(self, visit: Visit, choice: AskGoodsValue) -> None:
        """Ask for a value of the new product again, or for its kind."""
        self.shop.drafts.of(visit.person)
        if choice.field == "kind":
            self.chat.show(visit, screens.ask_kind(visit.translator))
        elif choice.field in PREVIOUS:
            self._ask_value(visit, choice.field)
        else:
            raise StaleScreen

    def take_value(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a value of a new product, and ask for the next; if it is not valid, it can be typed again."""
        field = dialog.answers["field"]
        self.shop.drafts.type(visit.person, field, text)
        if field in NEXT:
            self._ask_value(visit, NEXT[field])
        else:
            self.chat.end(visit)
            self.chat.show(visit, screens.ask_kind(visit.translator))

    def skip_description(self, visit: Visit, _press: SkipDescription) -> None:
        """Leave the description empty."""
        self.shop.drafts.type(visit.person, "text", "-")
        self._ask_value(visit, "price")

    def choose_kind(self, visit: Visit, choice: ChooseKind) -> None:
        """Take the kind of goods, and ask for them unless they are made to order."""
        draft = self.shop.drafts.choose(visit.person, member(DeliverableKind, choice.kind))
        if draft.kind is DeliverableKind.MADE_TO_ORDER:
            self.chat.show(visit, screens.product_summary(draft, visit.translator))
        else:
            self._ask_pieces(visit, draft)

    def ask_pieces(self, visit: Visit, _press: AddPieces) -> None:
        """Ask for goods; the files whose alphabet was asked for still wait."""
        waiting = _waiting(self.chat.conversations.of(visit))
        self._ask_pieces(visit, self.shop.drafts.goods_wanted(visit.person), **waiting)

    def take_pieces(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Take goods as text; the dialog stays open for more."""
        draft = self.shop.drafts.add_text(visit.person, text)
        self.chat.show(visit, screens.ask_pieces(draft, visit.translator))

    def take_pieces_file(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take goods as a file; the dialog stays open for more."""
        content = self._fetch(visit, document)
        if letters := self.shop.drafts.letters(visit.person, content):
            waiting = _waiting(dialog)
            number = max(map(int, waiting), default=0) + 1
            screen = screens.ask_alphabet_of_pieces(document.name, number, letters, visit.translator)
            waiting[str(number)] = json.dumps([document.file_id, document.name, document.size])
            self.chat.ask(visit, Step.GOODS_PIECES, screen, **waiting)
            return
        draft = self.shop.drafts.add_file(visit.person, document.name, content)
        self.chat.show(visit, screens.ask_pieces(draft, visit.translator))

    def read_pieces_as(self, visit: Visit, choice: ReadPiecesAs) -> None:
        """Read a file in the alphabet that the admin chose; the others that were sent with it still wait."""
        self.shop.drafts.of(visit.person)
        waiting = _waiting(self.chat.conversations.of(visit))
        if (kept := waiting.pop(str(choice.number), None)) is None:
            raise StaleScreen
        document = Document(*json.loads(kept))
        content = self._fetch(visit, document)
        draft = self.shop.drafts.add_file(visit.person, document.name, content, alphabet=choice.alphabet)
        self._ask_pieces(visit, draft, **waiting)

    def show_draft(self, visit: Visit, _page: ShowGoodsDraft) -> None:
        """Show the new product so far."""
        self.chat.show(visit, screens.product_summary(self.shop.drafts.of(visit.person), visit.translator))

    def put_up(self, visit: Visit, press: PutUpForSale) -> None:
        """Put the new product, or the new goods, up for sale."""
        self._put_up(visit, press, again=False)

    def put_up_again(self, visit: Visit, press: PutUpAgain) -> None:
        """Put the goods up for sale, with what was sold before."""
        self._put_up(visit, press, again=True)

    def discard_draft(self, visit: Visit, _press: DropGoods) -> None:
        """Discard the new product, or the new goods."""
        self.shop.drafts.cancel(visit.person)
        self.chat.show(visit, screens.product_discarded(visit.translator))

    def receive_file(self, visit: Visit, document: Document) -> None:
        """Read a file of goods, and show what importing it would do."""
        t = visit.translator
        if LONG_BYTES < document.size <= MAX_FILE_BYTES:
            reading = import_screens.reading(document.name, t)
            visit = replace(visit, message_id=self.chat.messenger.send(visit.bot_id, visit.chat_id, reading))
        preview = self.shop.imports.receive(
            visit.person,
            document.name,
            self._fetch(visit, document),
            progress=lambda count: self._show_progress(visit, count, import_screens.checking(count, t)),
        )
        self.chat.show(visit, import_screens.preview(preview, t))

    def confirm_import(self, visit: Visit, choice: ConfirmImport) -> None:
        """Import the valid entries of a file, skipping goods that the shop has or had."""
        self.confirm_import_as(visit, ConfirmImportAs(choice.import_id, Known.SKIP.value))

    def confirm_import_as(self, visit: Visit, choice: ConfirmImportAs) -> None:
        """Import the valid entries of a file."""
        t, number = visit.translator, choice.import_id
        report = self.shop.imports.confirm(
            visit.person,
            number,
            known=member(Known, choice.known),
            progress=lambda count: self._show_progress(visit, count, import_screens.storing(choice, count, t)),
        )
        self.chat.show(visit, import_screens.imported(report, t))

    def read_as(self, visit: Visit, choice: ReadAs) -> None:
        """Read a file in the alphabet that the admin chose."""
        preview = self.shop.imports.read_as(visit.person, choice.import_id, choice.alphabet)
        self.chat.show(visit, import_screens.preview(preview, visit.translator))

    def ask_sell_again(self, visit: Visit, choice: AskSellAgain) -> None:
        """Ask once more whether to sell sold goods again."""
        if choice.import_id is None:
            draft = self.shop.drafts.of(visit.person)
            self.chat.show(visit, screens.ask_pieces_again(draft, visit.translator))
        else:
            preview = self.shop.imports.preview(visit.person, choice.import_id)
            self.chat.show(visit, import_screens.ask_again(preview, visit.translator))

    def cancel_import(self, visit: Visit, choice: CancelImport) -> None:
        """Forget a file."""
        self.shop.imports.cancel(visit.person, choice.import_id)
        self.chat.show(visit, import_screens.import_cancelled(visit.translator))

    def send_refused(self, visit: Visit, choice: SendRefused) -> None:
        """Send everything that is wrong with a file, and leave the screen as it is."""
        preview = self.shop.imports.preview(visit.person, choice.import_id)
        self.chat.send_file(visit, import_screens.refused_file(preview, visit.translator))

    def ask_export(self, visit: Visit, choice: AskExport) -> None:
        """Ask for the format of an export."""
        self.chat.show(visit, import_screens.ask_export(choice.category_id, visit.translator))

    def send_export(self, visit: Visit, choice: SendExport) -> None:
        """Send a file of everything that is unsold."""
        made = self.shop.exports.export(visit.person, choice.category_id, member(Form, choice.form))
        self.chat.messenger.deliver_file(visit.bot_id, visit.chat_id, import_screens.exported(made, visit.translator))

    def _sheet(self, visit: Visit, kind: str, number: int) -> Sheet:
        return self.shop.catalog_tree.sheet(visit.person, _target(kind, number))

    def _show(self, visit: Visit, sheet: Sheet, back: str) -> None:
        held_at = self.shop.held_goods.since(sheet.target.id) if sheet.target.is_product else None
        self.chat.show(visit, screens.sheet(sheet, back, visit.translator, held_at=held_at))

    def _put_up(self, visit: Visit, press: PutUpForSale | PutUpAgain, *, again: bool) -> None:
        product_id = self.shop.drafts.confirm(
            visit.person,
            again=again,
            progress=lambda count: self._show_progress(
                visit, count, import_screens.storing(press, count, visit.translator)
            ),
        )
        self._show(visit, self.shop.catalog_tree.sheet(visit.person, Target(True, product_id)), "b0")

    def _ask_about(
        self, visit: Visit, step: Step, screen: Screen, choice: TypeField | SendPicture, **more: str
    ) -> None:
        """Ask about a product or a category, and remember which."""
        self.chat.ask(visit, step, screen, kind=choice.kind, id=str(choice.id), came=choice.back, **more)

    def _ask_value(self, visit: Visit, field: str) -> None:
        draft = self.shop.drafts.of(visit.person)
        before = PREVIOUS[field]
        back = ShowBranch(draft.category_id, 0) if before is None else AskGoodsValue(before)
        self.chat.ask(visit, Step.GOODS_DRAFT, screens.ask_product(field, back, visit.translator), field=field)

    def _ask_pieces(self, visit: Visit, draft: ProductDraft, **waiting: str) -> None:
        self.chat.ask(visit, Step.GOODS_PIECES, screens.ask_pieces(draft, visit.translator), **waiting)

    def _fetch(self, visit: Visit, document: Document) -> bytes:
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        return self.chat.fetch(visit, document, most_bytes=MAX_FILE_BYTES)

    def _show_progress(self, visit: Visit, count: int, screen: Screen) -> None:
        """Show the progress of a long import, in the message that will show its result."""
        if count > LONG_ENTRIES and visit.message_id is not None:
            self.chat.messenger.update(visit.bot_id, visit.chat_id, visit.message_id, screen)


def _target(kind: str, number: int) -> Target:
    if kind not in ("p", "c"):
        raise NotFound
    return Target(kind == "p", number)


def _waiting(dialog: Dialog | None) -> dict[str, str]:
    """Read the files whose alphabet an admin has not chosen yet, by their numbers: id, name and size as JSON."""
    if dialog is None or dialog.step is not Step.GOODS_PIECES:
        return {}
    return {number: kept for number, kept in dialog.answers.items() if number.isdigit()}


def _target_in(dialog: Dialog) -> tuple[Target, str]:
    return _target(dialog.answers["kind"], int(dialog.answers["id"])), dialog.answers["came"]
