"""Buttons that admins manage goods with."""

from typing import ClassVar

from bot_handlers.callbacks import Callback, button


@button("import")
class ConfirmImport(Callback):
    """Import the valid entries of a file."""

    import_id: int


@button("importas")
class ConfirmImportAs(Callback):
    """Import a file, and say what to do with goods that the shop has or had (`shop.catalog.plans.Known`)."""

    import_id: int
    known: str


@button("readas")
class ReadAs(Callback):
    """Read a file that is not in UTF-8 in an alphabet (`shop.catalog.formats.decoding.ALPHABETS`)."""

    import_id: int
    alphabet: str


@button("piecesas")
class ReadPiecesAs(Callback):
    """Read a file of goods that a dialog keeps in an alphabet (`shop.catalog.formats.decoding.ALPHABETS`)."""

    alphabet: str
    number: int
    ends_dialog: ClassVar[bool] = False


@button("askagain")
class AskSellAgain(Callback):
    """Ask whether to sell sold goods again; without an id, the goods of the new product."""

    import_id: int | None


@button("putupagain")
class PutUpAgain(Callback):
    """Put the new product, or the new goods, on sale, including goods sold before."""


@button("noimport")
class CancelImport(Callback):
    """Discard a goods file."""

    import_id: int


@button("refused")
class SendRefused(Callback):
    """Send everything that is wrong with a file."""

    import_id: int


@button("tree")
class ShowBranch(Callback):
    """Show a page of a category as admins see it; no id shows the roots."""

    category_id: int | None
    page: int


@button("scarce")
class ShowScarce(Callback):
    """Show a page of products with low stock."""

    page: int


@button("article")
class ShowSheet(Callback):
    """Show the editable fields of a product (`p`) or a category (`c`)."""

    kind: str
    id: int
    back: str


@button("post")
class ShowLink(Callback):
    """Show the link to a product or a category, for posts in channels."""

    kind: str
    id: int
    back: str


@button("field")
class TypeField(Callback):
    """Ask for a new value of a field (`shop.catalog.editor.Field`)."""

    kind: str
    id: int
    field: str
    back: str


@button("photo")
class SendPicture(Callback):
    """Ask for a picture."""

    kind: str
    id: int
    back: str


@button("nophoto")
class DropPicture(Callback):
    """Remove a picture."""

    kind: str
    id: int
    back: str


@button("hide")
class Hide(Callback):
    """Hide from customers (1), or show again (0)."""

    kind: str
    id: int
    hidden: int
    back: str


@button("whither")
class ChoosePlace(Callback):
    """Show a page of a category that something can be moved to."""

    kind: str
    id: int
    category_id: int | None
    page: int


@button("move")
class Move(Callback):
    """Move a product or a category into a category."""

    kind: str
    id: int
    category_id: int | None


@button("erase")
class AskDelete(Callback):
    """Ask whether to delete something, and say what is deleted with it."""

    kind: str
    id: int
    back: str


@button("delete")
class Delete(Callback):
    """Delete a product or a category."""

    kind: str
    id: int


@button("newcat")
class TypeCategory(Callback):
    """Ask for the name of a new category."""

    category_id: int | None


@button("units")
class ShowItems(Callback):
    """Show a page of the items for sale."""

    product_id: int
    page: int
    back: str


@button("unit")
class AskDiscard(Callback):
    """Ask whether to delete an item for sale, or all items of a product."""

    product_id: int
    item_id: int | None
    back: str


@button("discard")
class Discard(Callback):
    """Delete an item for sale, or all items of a product."""

    product_id: int
    item_id: int | None
    back: str


@button("export")
class AskExport(Callback):
    """Ask for the format of an export of unsold goods; without an id, of all of them."""

    category_id: int | None


@button("exportas")
class SendExport(Callback):
    """Send an export of unsold goods (`shop.catalog.exports.Form`)."""

    category_id: int | None
    form: str


@button("newgoods")
class NewGoods(Callback):
    """Begin a new product in a category."""

    category_id: int


@button("moregoods")
class MoreGoods(Callback):
    """Begin to add goods to a product."""

    product_id: int


@button("goodsdraft")
class ShowGoodsDraft(Callback):
    """Show the new product so far."""


@button("askvalue")
class AskGoodsValue(Callback):
    """Ask again for a value of the new product: `name`, `text` or `price`; `kind` shows the kinds of goods."""

    field: str


@button("nowords")
class SkipDescription(Callback):
    """Leave the description of a new product empty."""


@button("goodskind")
class ChooseKind(Callback):
    """Choose what a buyer gets (`shop.catalog.deliverables.DeliverableKind`)."""

    kind: str


@button("addpieces")
class AddPieces(Callback):
    """Ask for the goods."""

    ends_dialog: ClassVar[bool] = False


@button("putup")
class PutUpForSale(Callback):
    """Put the new product, or the new goods, on sale."""


@button("dropgoods")
class DropGoods(Callback):
    """Discard the new product, or the new goods."""
