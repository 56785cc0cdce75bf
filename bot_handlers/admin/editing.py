"""The catalogue by buttons: walk, change, move, hide, delete."""

from bot_handlers.admin import callbacks_inventory as cb
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import editing as views
from bot_handlers.visits import Document, Visit
from shop.assembly import Shop
from shop.catalog.editor import Field
from shop.catalog.tree import Sheet, Target
from shop.errors import FileTooLarge, NotFound, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


class EditingHandlers:
    """What those who look after the catalogue do with categories and products."""

    def __init__(self, shop: Shop, *, conversations: Conversations, messenger: Messenger) -> None:
        self._branches = shop.catalog_tree
        self._editor = shop.editor
        self._conversations = conversations
        self._messenger = messenger

    def show_branch(self, visit: Visit, place: cb.ShowBranch) -> None:
        """Show a page of a category."""
        branch = self._branches.branch(visit.person, place.category_id, page=place.page)
        self._messenger.show(visit, views.branch(branch, visit.translator))

    def show_scarce(self, visit: Visit, place: cb.ShowScarce) -> None:
        """Show a page of what has run low."""
        branch = self._branches.scarce(visit.person, page=place.page)
        self._messenger.show(visit, views.scarce(branch, visit.translator))

    def show_sheet(self, visit: Visit, choice: cb.ShowSheet) -> None:
        """Show what can be changed."""
        self._show(visit, self._branches.sheet(visit.person, _target(choice.kind, choice.id)), choice.came)

    def type_field(self, visit: Visit, choice: cb.TypeField) -> None:
        """Ask for a new value; the next message is it."""
        if choice.field not in {each.value for each in Field}:
            raise StaleScreen
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._ask(visit, Step.GOODS_FIELD, choice, field=choice.field)
        self._messenger.show(visit, views.ask_field(sheet, Field(choice.field), choice.came, visit.translator))

    def typed_field(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a new value; what is none may be typed again."""
        target, came = _target_of(dialog)
        sheet = self._editor.edit(visit.person, target, Field(dialog.answers["field"]), text)
        self._conversations.end(visit)
        self._show(visit, sheet, came)

    def send_picture(self, visit: Visit, choice: cb.SendPicture) -> None:
        """Ask for a picture; the next photo or file is it."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._ask(visit, Step.GOODS_PICTURE, choice)
        self._messenger.show(visit, views.ask_picture(sheet, choice.came, visit.translator))

    def sent_picture(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; what is none may be sent again."""
        if document.size > MAX_PICTURE_BYTES:
            raise FileTooLarge(largest_mb=MAX_PICTURE_BYTES // 1024**2)
        target, came = _target_of(dialog)
        content = self._messenger.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES)
        sheet = self._editor.put_picture(visit.person, target, content)
        self._conversations.end(visit)
        self._show(visit, sheet, came)

    def ask_again(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Ask for a picture once more: what came is none."""
        target, came = _target_of(dialog)
        sheet = self._branches.sheet(visit.person, target)
        self._messenger.show(visit, views.ask_picture(sheet, came, visit.translator))

    def drop_picture(self, visit: Visit, choice: cb.DropPicture) -> None:
        """Take a picture away."""
        sheet = self._editor.put_picture(visit.person, _target(choice.kind, choice.id), None)
        self._show(visit, sheet, choice.came)

    def hide(self, visit: Visit, choice: cb.Hide) -> None:
        """Hide, or show again."""
        sheet = self._editor.hide(visit.person, _target(choice.kind, choice.id), hidden=choice.hidden == 1)
        self._show(visit, sheet, choice.came)

    def choose_place(self, visit: Visit, choice: cb.ChoosePlace) -> None:
        """Show where something can be moved."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        branch = self._branches.branch(visit.person, choice.category_id, page=choice.page)
        self._messenger.show(visit, views.places(sheet, branch, visit.translator))

    def move(self, visit: Visit, choice: cb.Move) -> None:
        """Move something."""
        self._show(visit, self._editor.move(visit.person, _target(choice.kind, choice.id), choice.category_id), "b0")

    def ask_delete(self, visit: Visit, choice: cb.AskDelete) -> None:
        """Say what a deletion takes along."""
        sheet = self._branches.sheet(visit.person, _target(choice.kind, choice.id))
        self._messenger.show(visit, views.ask_delete(sheet, choice.came, visit.translator))

    def delete(self, visit: Visit, choice: cb.Delete) -> None:
        """Delete, and show where it was."""
        above = self._editor.delete(visit.person, _target(choice.kind, choice.id))
        self.show_branch(visit, cb.ShowBranch(above, 0))

    def type_category(self, visit: Visit, choice: cb.TypeCategory) -> None:
        """Ask for the name of a new category; the next message is it."""
        self._branches.branch(visit.person, choice.category_id)
        above = {} if choice.category_id is None else {"above": str(choice.category_id)}
        self._conversations.ask(visit, Step.GOODS_CATEGORY, **above)
        self._messenger.show(visit, views.ask_category(choice.category_id, visit.translator))

    def typed_category(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Make a category, and show it."""
        above = dialog.answers.get("above")
        made = self._editor.new_category(visit.person, None if above is None else int(above), text)
        self._conversations.end(visit)
        self.show_branch(visit, cb.ShowBranch(made, 0))

    def show_units(self, visit: Visit, place: cb.ShowUnits) -> None:
        """Show a page of the units for sale."""
        units = self._editor.units(visit.person, place.product_id, page=place.page)
        self._messenger.show(visit, views.units(units, place.came, visit.translator))

    def ask_discard(self, visit: Visit, choice: cb.AskDiscard) -> None:
        """Show what is to be deleted."""
        units, unit = self._editor.unit(visit.person, choice.product_id, choice.item_id)
        self._messenger.show(visit, views.ask_discard(units, unit, choice.came, visit.translator))

    def discard(self, visit: Visit, choice: cb.Discard) -> None:
        """Delete units for sale."""
        self._editor.discard(visit.person, choice.product_id, choice.item_id)
        self.show_units(visit, cb.ShowUnits(choice.product_id, 0, choice.came))

    def _ask(self, visit: Visit, step: Step, choice: cb.TypeField | cb.SendPicture, **more: str) -> None:
        self._conversations.ask(visit, step, kind=choice.kind, id=str(choice.id), came=choice.came, **more)

    def _show(self, visit: Visit, sheet: Sheet, came: str) -> None:
        self._messenger.show(visit, views.sheet(sheet, came, visit.translator))


def _target(kind: str, number: int) -> Target:
    if kind not in ("p", "c"):
        raise NotFound
    return Target(kind == "p", number)


def _target_of(dialog: Dialog) -> tuple[Target, str]:
    return _target(dialog.answers["kind"], int(dialog.answers["id"])), dialog.answers["came"]
