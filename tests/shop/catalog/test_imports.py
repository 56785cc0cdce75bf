"""An import: a preview that stores nothing, then all good lines in one transaction, once."""

import codecs
import json
import re
from typing import Any

import pytest

from shop.assembly import forget_old_rows
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.imports import Preview
from shop.catalog.stock import ImportReport
from shop.errors.catalog import BadImport, ImportGone
from shop.errors.refusals import NotAllowed
from storage.models import AuditEntry, Category, ManagerRight, PendingImport, Product, StockItem
from storage.models.goods_drafts import MOST_FILES
from tests.goods import EVERY_KIND, encoded, own, product
from tests.stand import ADMIN, Stand, open_shop

LINES = "Games;Keys;A key;9.99;K1\nGames;Keys;A key;9.99;K2\nGames;Keys;Other;1;K3\nGames;Keys;A key;-1;K4\n"


def receive(stand: Stand, file: str | bytes = LINES, name: str = "goods.txt") -> Preview:
    return stand.shop.imports.receive(stand.visitor(ADMIN), name, file.encode() if isinstance(file, str) else file)


def confirm(stand: Stand, preview: Preview) -> ImportReport:
    return stand.shop.imports.confirm(stand.visitor(ADMIN), preview.id)


def stored(stand: Stand) -> tuple[int, int, int]:
    del stand
    return Category.select().count(), Product.select().count(), StockItem.select().count()


def test_a_preview_stores_nothing_and_the_confirmation_stores_what_it_showed(stand: Stand) -> None:
    preview = receive(stand)
    assert (preview.report, preview.entries) == (ImportReport(products=2, items=3), 3)
    assert [(error.reason, error.entry) for error in preview.refused] == [("bad_price", 4)]
    assert stored(stand) == (0, 0, 0)
    assert confirm(stand, preview) == preview.report
    assert stored(stand) == (2, 2, 3)
    assert PendingImport.select().count() == 0


def test_an_import_is_audited_without_its_goods(stand: Stand) -> None:
    confirm(stand, receive(stand))
    [entry] = AuditEntry.select()
    assert (entry.action, entry.subject) == ("goods.imported", "goods.txt")
    assert json.loads(entry.details) == {"products": 2, "items": 3, "duplicates": 0, "changed": 0, "refused": 1}


@pytest.mark.parametrize(
    "file",
    [
        LINES.encode(),
        own(*EVERY_KIND, product("Known", items=["a", "a", "b"], hidden=True)),
        own(product("Key", "11.00", items=["K1", "new"])),
        b"path,name,price,content\nA > B,Key,1,x\nA > B,Key,1,y\nA > B,Key,1,x\n",
    ],
    ids=["lines", "every kind", "changed", "table"],
)
def test_a_preview_matches_what_the_import_does(stand: Stand, file: bytes) -> None:
    stand.stock("K1", name="Key")
    stand.bring(stand.visitor(ADMIN), own(product("Shared text", deliverable="shared_text", items=["first"])))
    for _ in range(2):
        preview = receive(stand, file, "")
        assert confirm(stand, preview) == preview.report
    assert preview.report.items == preview.report.products == preview.report.changed == 0


def test_a_product_that_exists_as_another_kind_is_refused_before_anything_is_stored(stand: Stand) -> None:
    stand.bring(stand.visitor(ADMIN), own(product("Key", items=["a"])))
    other = product("Key", deliverable="shared_text", items=["b"])
    preview = receive(stand, own(product("Other", items=["x"]), other), "")
    assert [(error.reason, error.entry) for error in preview.refused] == [("other_deliverable", 2)]
    assert confirm(stand, preview) == ImportReport(products=1, items=1)


def test_a_file_is_imported_once_however_often_it_is_confirmed(stand: Stand, at_once: Any) -> None:
    preview = receive(stand)
    outcomes = at_once(*[lambda: confirm(stand, preview)] * 4)
    assert [type(each) for each in outcomes].count(ImportReport) == 1
    assert [type(each) for each in outcomes].count(ImportGone) == 3
    assert StockItem.select().count() == 3


def test_a_file_survives_a_restart_and_is_deleted_after_a_day(stand: Stand) -> None:
    preview = receive(stand)
    restarted = open_shop(stand.database, stand.clock)
    assert restarted.shop.imports.preview(stand.visitor(ADMIN), preview.id) == preview
    stand.clock.pass_s(86_401)
    forget_old_rows(stand.database, clock=stand.clock)
    with pytest.raises(ImportGone) as gone:
        confirm(restarted, preview)
    assert gone.value.args == ()
    assert stored(stand) == (0, 0, 0)


def test_files_can_wait_side_by_side(stand: Stand) -> None:
    files = [receive(stand, LINES.replace("K", f"{number}-")) for number in range(3)]
    assert [confirm(stand, each).items for each in files] == [3, 3, 3]


def test_only_the_newest_files_of_an_admin_wait(stand: Stand) -> None:
    files = [receive(stand) for _ in range(MOST_FILES + 1)]
    assert PendingImport.select().count() == MOST_FILES
    with pytest.raises(ImportGone) as gone:
        confirm(stand, files[0])
    assert gone.value.args == ()
    assert confirm(stand, files[1]).items == 3


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "utf-32"])
def test_a_file_with_a_byte_order_mark_is_read_in_its_encoding(stand: Stand, encoding: str) -> None:
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    assert receive(stand, mark + "Игры;Ключи;Ключ;1;К1\n".encode(encoding)).first[0][0] == "Ключ"


def test_the_admin_is_asked_about_a_windows_encoding(stand: Stand) -> None:
    preview = receive(stand, "Games;Keys;A;1;K\nИгры;Ключи;Ключ;1;К1\n".encode("cp1251"))
    assert (preview.entries, preview.report) == (0, ImportReport())
    assert dict(preview.letters)["cp1251"] == "Игры;Ключи;Ключ;1;К1"
    read = stand.shop.imports.read_as(stand.visitor(ADMIN), preview.id, "cp1251")
    assert (read.letters, [name for name, _, _ in read.first]) == ((), ["A", "Ключ"])
    assert confirm(stand, read).items == 2


@pytest.mark.parametrize("name", ["goods.xlsx", "goods.csv", ""])
def test_a_spreadsheet_is_refused_with_advice_on_what_to_do(stand: Stand, name: str) -> None:
    for file in (b"PK\x03\x04\x14\0\x06\0", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(9)):
        with pytest.raises(BadImport) as refused:
            receive(stand, file, name)
        assert refused.value.reason == "spreadsheet"


@pytest.mark.parametrize(
    "table",
    [
        "path;name;price;content;;\nA;Key;1;K1;;\nA;Key;;K2;;\n",
        "sep=;\r\npath;name;price;content\r\nA;Key;1;K1\r\nA;Key;;K2\r\n",
        '"sep=|"\npath|name|price|content\nA|Key|1|K1\nA|Key||K2\n',
        "path\tname\tprice\tcontent\nA\tKey\t1\tK1\nA\tKey\t\tK2\n",
        "path,,name,price,content\nA,,Key,1,K1,,,\nA,,Key,,K2\n",
    ],
    ids=["empty columns", "sep", "quoted sep", "tabs", "empty column inside"],
)
@pytest.mark.parametrize("name", ["goods.csv", ""])
def test_a_table_is_read_as_excel_writes_it(stand: Stand, table: str, name: str) -> None:
    assert receive(stand, table, name).report == ImportReport(products=1, items=2)


def test_a_filled_cell_in_a_column_without_a_name_is_refused(stand: Stand) -> None:
    preview = receive(stand, "path,name,price,content,\nA,Key,1,K1,x\nA,Key,1,K2,\n", "goods.csv")
    assert [(error.reason, error.entry) for error in preview.refused] == [("many_columns", 2)]


@pytest.mark.parametrize(
    "name",
    [
        *("Screenshot at 3.15.22\u202fPM.png", "a\u00a0b.png", "👨\u200d👩\u200d👧.png"),
        *(f"a{hidden}b.png" for hidden in "\u200b\u2060\ufeff\u200e\u202e"),
        *("\u200bphoto.png", "photo.png\u200b", "\u200dphoto.png"),
    ],
)
def test_a_file_name_may_have_any_space_or_joiner_both_ways(stand: Stand, name: str) -> None:
    item = {"file_name": name, "base64": encoded(b"x")}
    preview = receive(stand, own(product(deliverable="unique_file", items=[item])), "")
    assert (preview.refused, confirm(stand, preview).items) == ((), 1)
    shown = re.sub("[\u200b\u2060\ufeff\u200e\u202e]|^\u200d", "_", re.sub("[\u202f\u00a0]", " ", name))
    assert StockItem.get().content == shown
    drafts, admin = stand.shop.drafts, stand.visitor(ADMIN)
    drafts.begin_for(admin, stand.product("Key"))
    drafts.add_file(admin, name, b"y")
    drafts.confirm(admin)
    assert [item.content for item in StockItem.select()] == [shown] * 2


def test_only_the_admin_who_sent_a_file_can_use_it(stand: Stand) -> None:
    preview = receive(stand)
    for attempt in (stand.shop.imports.confirm, stand.shop.imports.preview):
        with pytest.raises(ImportGone) as gone:
            attempt(stand.visitor(2), preview.id)
        assert gone.value.args == ()
    stand.shop.imports.cancel(stand.visitor(2), preview.id)
    assert PendingImport.select().count() == 1
    stand.shop.imports.cancel(stand.visitor(ADMIN), preview.id)
    stand.shop.imports.cancel(stand.visitor(ADMIN), preview.id)
    assert PendingImport.select().count() == 0


def test_an_admin_who_lost_the_right_imports_nothing(stand: Stand) -> None:
    owner, manager = stand.visitor(ADMIN), stand.visitor(77)
    with stand.database.transaction():
        ManagerRight.create(telegram_id=77, right_name="catalogue", given_by=owner.id, given_at=1)
    preview = stand.shop.imports.receive(manager, "goods.txt", LINES.encode())
    with stand.database.transaction():
        ManagerRight.delete().execute()
    imports = stand.shop.imports
    for attempt in (
        lambda: imports.confirm(manager, preview.id),
        lambda: imports.preview(manager, preview.id),
        lambda: imports.cancel(manager, preview.id),
        lambda: imports.receive(manager, "goods.txt", b"x"),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.args == ()
    assert stored(stand) == (0, 0, 0)


def test_a_file_that_cannot_be_read_is_not_kept(stand: Stand) -> None:
    with pytest.raises(BadImport) as refused:
        receive(stand, b"x" * (MAX_FILE_BYTES + 1))
    assert refused.value.reason == "too_large"
    assert PendingImport.select().count() == 0


@pytest.mark.parametrize("name", [".env", "../../../etc/passwd", "a\nb\0.txt", "x" * 500, ""])
def test_a_file_name_is_shortened_printable_and_without_a_path(stand: Stand, name: str) -> None:
    preview = receive(stand, LINES, name)
    assert len(preview.file_name) <= 60
    assert preview.file_name.isprintable()
    assert confirm(stand, preview).items == 3
    assert sorted(file.name.split(".")[0] for file in stand.database.path.parent.iterdir()) == ["souk"] * 4


def test_the_same_file_adds_no_unit_again_after_its_product_was_repriced_moved_or_renamed(stand: Stand) -> None:
    receive_all = "Games;Keys;A key;9.99;K1\nGames;Keys;A key;9.99;K2\n"
    confirm(stand, receive(stand, receive_all))
    with stand.database.transaction():
        elsewhere = Category.ensure("Elsewhere", parent_id=None)
        Product.change(stand.product("A key"), price_minor=1500, category=elsewhere, name="Renamed")
    preview = receive(stand, receive_all)
    assert confirm(stand, preview) == preview.report == ImportReport(duplicates=2)
    assert Product.select().count() == 1


def test_a_conflicting_write_by_another_process_fails_the_whole_import(stand: Stand) -> None:
    file = own(product("One", items=["x"]), product("Key", deliverable="shared_text", items=["b"]))
    preview = receive(stand, file, "")

    def meanwhile(_entries: int) -> None:
        stand.bring(stand.visitor(2), own(product("Key", items=["a"])))

    with pytest.raises(BadImport) as refused:
        stand.shop.imports.confirm(stand.visitor(ADMIN), preview.id, progress=meanwhile)
    assert (refused.value.reason, refused.value.entry) == ("other_deliverable", 2)
    assert [row.name for row in Product.select()] == ["Key"]
    assert PendingImport.select().count() == 1
