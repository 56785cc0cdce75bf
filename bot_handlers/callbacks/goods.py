"""Buttons that admins manage goods with."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ConfirmImport(Callback):
    """Put the good entries of a file into the shop."""

    prefix = "import"
    import_id: "int"


@dataclass(frozen=True, slots=True)
class CancelImport(Callback):
    """Forget a file of goods."""

    prefix = "noimport"
    import_id: "int"


@dataclass(frozen=True, slots=True)
class SendRefused(Callback):
    """Send what is wrong with a file, all of it."""

    prefix = "refused"
    import_id: "int"


@dataclass(frozen=True, slots=True)
class ShowBranch(Callback):
    """Show a page of a category as admins see it; no id shows the roots."""

    prefix = "tree"
    category_id: "int | None"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowScarce(Callback):
    """Show a page of what has run low."""

    prefix = "scarce"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowSheet(Callback):
    """Show what can be changed of a product (`p`) or a category (`c`)."""

    prefix = "article"
    kind: "str"
    id: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class TypeField(Callback):
    """Ask for a new value of a field (`shop.editor.Field`)."""

    prefix = "field"
    kind: "str"
    id: "int"
    field: "str"
    came: "str"


@dataclass(frozen=True, slots=True)
class SendPicture(Callback):
    """Ask for a picture."""

    prefix = "photo"
    kind: "str"
    id: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class DropPicture(Callback):
    """Take a picture away."""

    prefix = "nophoto"
    kind: "str"
    id: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class Hide(Callback):
    """Hide from customers (1), or show again (0)."""

    prefix = "hide"
    kind: "str"
    id: "int"
    hidden: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class ChoosePlace(Callback):
    """Show a page of a category to move something into."""

    prefix = "whither"
    kind: "str"
    id: "int"
    category_id: "int | None"
    page: "int"


@dataclass(frozen=True, slots=True)
class Move(Callback):
    """Move something into a category."""

    prefix = "move"
    kind: "str"
    id: "int"
    category_id: "int | None"


@dataclass(frozen=True, slots=True)
class AskDelete(Callback):
    """Say what a deletion takes along."""

    prefix = "erase"
    kind: "str"
    id: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class Delete(Callback):
    """Delete a product or a category."""

    prefix = "delete"
    kind: "str"
    id: "int"


@dataclass(frozen=True, slots=True)
class TypeCategory(Callback):
    """Ask for the name of a new category."""

    prefix = "newcat"
    category_id: "int | None"


@dataclass(frozen=True, slots=True)
class ShowUnits(Callback):
    """Show a page of the units for sale."""

    prefix = "units"
    product_id: "int"
    page: "int"
    came: "str"


@dataclass(frozen=True, slots=True)
class AskDiscard(Callback):
    """Show a unit for sale, or all of a product, before it is deleted."""

    prefix = "unit"
    product_id: "int"
    item_id: "int | None"
    came: "str"


@dataclass(frozen=True, slots=True)
class Discard(Callback):
    """Delete a unit for sale, or all of a product."""

    prefix = "discard"
    product_id: "int"
    item_id: "int | None"
    came: "str"


@dataclass(frozen=True, slots=True)
class AskExport(Callback):
    """Ask for the format of a file of what is unsold; no id is everything."""

    prefix = "export"
    category_id: "int | None"


@dataclass(frozen=True, slots=True)
class SendExport(Callback):
    """Send a file of what is unsold in a format (`shop.exports.Form`)."""

    prefix = "exportas"
    category_id: "int | None"
    form: "str"


@dataclass(frozen=True, slots=True)
class NewGoods(Callback):
    """Begin a new product in a category."""

    prefix = "newgoods"
    category_id: "int"


@dataclass(frozen=True, slots=True)
class MoreGoods(Callback):
    """Begin to add goods to a product."""

    prefix = "moregoods"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class ShowGoodsDraft(Callback):
    """Show what was put together so far, or ask for what is missing."""

    prefix = "goodsdraft"


@dataclass(frozen=True, slots=True)
class SkipDescription(Callback):
    """Leave the description of a new product empty."""

    prefix = "nowords"


@dataclass(frozen=True, slots=True)
class ChooseKind(Callback):
    """Choose what a buyer gets (`shop.deliverables.Kind`)."""

    prefix = "goodskind"
    kind: "str"


@dataclass(frozen=True, slots=True)
class AddPieces(Callback):
    """Ask for the goods."""

    prefix = "addpieces"


@dataclass(frozen=True, slots=True)
class PutUpForSale(Callback):
    """Put what was put together into the shop."""

    prefix = "putup"


@dataclass(frozen=True, slots=True)
class DropGoods(Callback):
    """Forget what was put together."""

    prefix = "dropgoods"
