"""Goods files for admins: their contents, their errors, and exports."""

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.goods import (
    AskSellAgain,
    CancelImport,
    ConfirmImport,
    ConfirmImportAs,
    ReadAs,
    SendExport,
    SendRefused,
    ShowBranch,
)
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.screens.refusals import entry_words
from bot_handlers.screens.screen import Button, FileParcel, Parcel, Screen, back_button, plain_text
from locales import Translator
from shop.catalog.exports import Export, Form
from shop.catalog.imports import Preview
from shop.catalog.plans import Holder, ImportReport, Known

SHOWN = 5
"""The most refused entries on a screen; all of them are sent as a file."""


def reading(file_name: str, t: Translator) -> Screen:
    """Say that a file is being read."""
    return Screen(t.text("import.reading", name=file_name))


def checking(count: int, t: Translator) -> Screen:
    """Say that a file was read and is compared with the stock."""
    return Screen(t.text("import.checking", count=count))


def storing(choice: Callback, count: int, t: Translator) -> Screen:
    """Say that entries are being stored. The button is for the case that the shop stops halfway."""
    again = Button(t.text("button.again"), choice)
    return Screen(t.text("import.storing", count=count), ((again,),))


def preview(preview: Preview, t: Translator) -> Screen:
    """Show what a file would do, and let the admin choose."""
    if preview.letters:
        return _ask_alphabet(preview, t)
    report = preview.report
    lines = [t.text("import.preview", name=preview.file_name)]
    lines += [t.text("import.product", name=name, price=price, count=items) for name, price, items in preview.first]
    lines += _counts(report, t)
    rows: list[tuple[Button, ...]] = []
    if preview.refused:
        lines += ["", t.text("import.refused_count", count=len(preview.refused))]
        lines += ["• " + entry_words(error, t) for error in preview.refused[:SHOWN]]
        if len(preview.refused) > SHOWN:
            rows.append((Button(t.text("button.refused_file"), SendRefused(preview.id)),))
    if preview.holders:
        lines += ["", *holders_named(preview.holders, t)]
    if preview.look_alikes:
        likes = preview.look_alikes[:SHOWN]
        lines += ["", *(t.text("import.look_alike", name=each.name, other=each.other) for each in likes)]
    if preview.entries:
        rows += _ways_to_import(preview, t)
    else:
        lines += ["", t.text("import.nothing_good")]
    rows.append((Button(t.text("button.cancel"), CancelImport(preview.id)),))
    return Screen("\n".join(lines), tuple(rows))


def _ask_alphabet(preview: Preview, t: Translator) -> Screen:
    """Ask which letters a file is written in: a line of it is shown in each alphabet."""
    rows = [(Button(t.text(f"button.{name}"), ReadAs(preview.id, name)),) for name, _ in preview.letters]
    lines = [t.text("import.sample", alphabet=t.text(f"button.{name}"), line=line) for name, line in preview.letters]
    cancel = (Button(t.text("button.cancel"), CancelImport(preview.id)),)
    return Screen("\n".join([t.text("import.ask_alphabet", name=preview.file_name), *lines]), (*rows, cancel))


def _ways_to_import(preview: Preview, t: Translator) -> list[tuple[Button, ...]]:
    """Make the buttons that import a file, with a choice about known goods if there are any."""
    rows: list[tuple[Button, ...]] = []
    if preview.updates:
        update = t.text("button.import_update", count=preview.updates)
        rows.append((Button(update, ConfirmImportAs(preview.id, Known.UPDATE.value)),))
        rows.append((Button(t.text("button.import_skip"), ConfirmImport(preview.id)),))
    else:
        label = "button.import_good" if preview.refused else "button.import"
        rows.append((Button(t.text(label, count=preview.entries), ConfirmImport(preview.id)),))
    if preview.sold:
        rows.append((Button(t.text("button.sell_again", count=preview.sold), AskSellAgain(preview.id)),))
    return rows


def ask_again(preview: Preview, t: Translator) -> Screen:
    """Ask once more whether sold goods of a file are for sale again."""
    yes = Button(t.text("button.yes_again"), ConfirmImportAs(preview.id, Known.AGAIN.value))
    cancel = Button(t.text("button.cancel"), CancelImport(preview.id))
    return Screen(t.text("import.ask_again", count=preview.sold), ((yes,), (cancel,)))


def holders_named(holders: tuple[Holder, ...], t: Translator) -> list[str]:
    """Return which products have or had goods that are brought again."""
    lines = []
    for each in holders[:SHOWN]:
        if each.for_sale:
            lines.append(t.text("import.in_stock", count=each.for_sale, name=each.name, price=each.price))
        if each.sold:
            lines.append(t.text("import.was_sold", count=each.sold, name=each.name, price=each.price))
    return lines


def refused_file(preview: Preview, t: Translator) -> Parcel:
    """List everything that is wrong with a file."""
    title = t.text("import.refused_count", count=len(preview.refused))
    markup = "\n".join([title, *(entry_words(error, t) for error in preview.refused)])
    return Parcel(title, markup, plain_text(markup), "refused.txt")


def imported(report: ImportReport, t: Translator) -> Screen:
    """Say what an import did."""
    goods = (Button(t.text("button.goods"), ShowBranch(None, 0)),)
    return Screen("\n".join([t.text("import.done"), *_counts(report, t)]), (goods, *_back_to_admin(t)))


def import_cancelled(t: Translator) -> Screen:
    """Say that nothing was imported."""
    return Screen(t.text("import.cancelled"), _back_to_admin(t))


def ask_export(category_id: int | None, t: Translator) -> Screen:
    """Ask for the format of a file of what is unsold."""
    rows = [(Button(t.text(f"button.form.{form.value}"), SendExport(category_id, form.value)),) for form in Form]
    back = (back_button(ShowBranch(category_id, 0), t),)
    return Screen(t.text("export.ask"), (*rows, back))


def exported(made: Export, t: Translator) -> FileParcel:
    """Pack an export as a parcel."""
    caption = t.text("export.done", products=made.products, items=made.items)
    if made.left_out:
        caption += "\n" + t.text("export.left_out", count=made.left_out)
    return FileParcel(caption, made.file_name, made.content, Screen(t.text("export.no_files"), _back_to_admin(t)))


def _counts(report: ImportReport, t: Translator) -> list[str]:
    lines = [
        t.text("import.products", count=report.products),
        t.text("import.items", count=report.items),
        t.text("import.duplicates", count=report.duplicates),
    ]
    if report.twice:
        lines.append(t.text("import.repeated", count=report.twice))
    return [*lines, t.text("import.changed", count=report.changed)] if report.changed else lines


def _back_to_admin(t: Translator) -> tuple[tuple[Button, ...], ...]:
    return ((back_button(AdminHome(), t),),)
