"""Files of goods: what they would do, what is wrong with them, what they did."""

from bot_handlers.admin.callbacks_inventory import CancelImport, ConfirmImport, SendExport, SendRefused, ShowBranch
from bot_handlers.callbacks import AdminHome
from bot_handlers.views.refusals import entry_words
from bot_handlers.views.screen import Button, FileParcel, Parcel, Screen, plain_text
from locales import Translator
from shop.catalog.exports import Export, Form
from shop.catalog.imports import Preview
from shop.catalog.stock import ImportReport

SHOWN = 5
"""How many refused entries a screen names; all of them come as a file."""


def reading(file_name: str, t: Translator) -> Screen:
    """Say that a file is being read."""
    return Screen(t.text("import.reading", name=file_name))


def checking(count: int, t: Translator) -> Screen:
    """Say that a file was read and is compared with the stock."""
    return Screen(t.text("import.checking", count=count))


def storing(import_id: int, count: int, t: Translator) -> Screen:
    """Say that entries are being put into the shop. The button is for the case that the shop stops in the middle."""
    again = Button(t.text("button.again"), ConfirmImport(import_id))
    return Screen(t.text("import.storing", count=count), ((again,),))


def preview(preview: Preview, t: Translator) -> Screen:
    """Show what a file would do, and let the admin choose."""
    report = preview.report
    lines = [t.text("import.preview", name=preview.file_name), *_counts(report, t)]
    rows: list[tuple[Button, ...]] = []
    if preview.refused:
        lines += ["", t.text("import.refused_count", count=len(preview.refused))]
        lines += ["• " + entry_words(error, t) for error in preview.refused[:SHOWN]]
        if len(preview.refused) > SHOWN:
            rows.append((Button(t.text("button.refused_file"), SendRefused(preview.id)),))
    if preview.entries:
        label = "button.import_good" if preview.refused else "button.import"
        rows.append((Button(t.text(label, count=preview.entries), ConfirmImport(preview.id)),))
    else:
        lines += ["", t.text("import.nothing_good")]
    rows.append((Button(t.text("button.cancel"), CancelImport(preview.id)),))
    return Screen("\n".join(lines), tuple(rows))


def refused_file(preview: Preview, t: Translator) -> Parcel:
    """Write down everything that is wrong with a file."""
    title = t.text("import.refused_count", count=len(preview.refused))
    markup = "\n".join([title, *(entry_words(error, t) for error in preview.refused)])
    return Parcel(title, markup, plain_text(markup), "refused.txt")


def imported(report: ImportReport, t: Translator) -> Screen:
    """Say what an import did."""
    return Screen("\n".join([t.text("import.done"), *_counts(report, t)]), _back(t))


def cancelled(t: Translator) -> Screen:
    """Say that nothing was imported."""
    return Screen(t.text("import.cancelled"), _back(t))


def ask_export(category_id: int | None, t: Translator) -> Screen:
    """Ask for the format of a file of what is unsold."""
    rows = [(Button(t.text(f"button.form.{form.value}"), SendExport(category_id, form.value)),) for form in Form]
    back = (Button(t.text("button.back"), ShowBranch(category_id, 0)),)
    return Screen(t.text("export.ask"), (*rows, back))


def exported(made: Export, t: Translator) -> FileParcel:
    """Make a file of what is unsold a parcel."""
    caption = t.text("export.done", products=made.products, items=made.items)
    if made.left_out:
        caption += "\n" + t.text("export.left_out", count=made.left_out)
    return FileParcel(caption, made.file_name, made.content, Screen(t.text("export.no_files"), _back(t)))


def _counts(report: ImportReport, t: Translator) -> list[str]:
    lines = [
        t.text("import.products", count=report.products),
        t.text("import.items", count=report.items),
        t.text("import.duplicates", count=report.duplicates),
    ]
    return [*lines, t.text("import.changed", count=report.changed)] if report.changed else lines


def _back(t: Translator) -> tuple[tuple[Button, ...], ...]:
    return ((Button(t.text("button.back"), AdminHome()),),)
