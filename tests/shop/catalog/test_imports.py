"""An import: a preview that stores nothing, then all that is good in one transaction, once."""

import json
from typing import Any

import pytest

from shop.assembly import forget_old_rows
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.imports import Preview
from shop.catalog.stock import ImportReport
from shop.errors import BadImport, ImportGone, NotAllowed
from storage.models import AuditEntry, Category, ManagerRight, PendingImport, Product, StockItem
from tests.goods import EVERY_KIND, own, product
from tests.stand import ADMIN, Stand, open_shop

LINES = "Games;Keys;A key;9.99;K1\nGames;Keys;A key;9.99;K2\nGames;Keys;Other;1;K3\nGames;Keys;A key;-1;K4\n"


def receive(stand: Stand, file: str | bytes = LINES, name: str = "goods.txt") -> Preview:
    return stand.shop.imports.receive(stand.visitor(ADMIN), name, file.encode() if isinstance(file, str) else file)


def confirm(stand: Stand, preview: Preview) -> ImportReport:
    return stand.shop.imports.confirm(stand.visitor(ADMIN), preview.id)


def stored(stand: Stand) -> tuple[int, int, int]:
    del stand
    return Category.select().count(), Product.select().count(), StockItem.select().count()


def test_a_preview_stores_nothing_and_the_confirmation_what_it_said(stand: Stand) -> None:
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
def test_a_preview_foresees_what_the_import_does(stand: Stand, file: bytes) -> None:
    stand.stock("K1", name="Key")
    stand.bring(stand.visitor(ADMIN), own(product("Shared text", deliverable="shared_text", items=["first"])))
    for _ in range(2):
        preview = receive(stand, file, "")
        assert confirm(stand, preview) == preview.report
    assert preview.report.items == preview.report.products == preview.report.changed == 0


def test_a_product_that_the_shop_has_as_another_kind_is_refused_before_anything_is_stored(stand: Stand) -> None:
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


def test_a_file_survives_a_restart_and_is_tidied_after_a_day(stand: Stand) -> None:
    preview = receive(stand)
    restarted = open_shop(stand.database, stand.clock)
    assert restarted.shop.imports.preview(stand.visitor(ADMIN), preview.id) == preview
    stand.clock.pass_s(86_401)
    forget_old_rows(stand.database, clock=stand.clock)
    with pytest.raises(ImportGone) as gone:
        confirm(restarted, preview)
    assert gone.value.args == ()
    assert stored(stand) == (0, 0, 0)


def test_a_new_file_takes_the_place_of_the_one_before(stand: Stand) -> None:
    first, second = receive(stand), receive(stand, LINES.replace("9.99", "8.88"))
    with pytest.raises(ImportGone) as gone:
        confirm(stand, first)
    assert gone.value.args == ()
    assert confirm(stand, second).items == 3


def test_a_file_is_its_admins_alone(stand: Stand) -> None:
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


def test_whoever_lost_the_right_imports_nothing(stand: Stand) -> None:
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
def test_the_name_of_a_file_is_a_word_and_no_path(stand: Stand, name: str) -> None:
    preview = receive(stand, LINES, name)
    assert len(preview.file_name) <= 60
    assert preview.file_name.isprintable()
    assert confirm(stand, preview).items == 3
    assert sorted(file.name.split(".")[0] for file in stand.database.path.parent.iterdir()) == ["souk"] * 4


def test_the_same_file_brings_no_unit_again_when_its_product_was_re_priced_moved_or_renamed(stand: Stand) -> None:
    receive_all = "Games;Keys;A key;9.99;K1\nGames;Keys;A key;9.99;K2\n"
    confirm(stand, receive(stand, receive_all))
    with stand.database.transaction():
        elsewhere = Category.ensure("Elsewhere", parent_id=None)
        Product.change(stand.product("A key"), price_minor=1500, category=elsewhere, name="Renamed")
    preview = receive(stand, receive_all)
    assert confirm(stand, preview) == preview.report == ImportReport(duplicates=2)
    assert Product.select().count() == 1


def test_what_another_process_wrote_meanwhile_lets_the_import_fail_whole(stand: Stand) -> None:
    file = own(product("One", items=["x"]), product("Key", deliverable="shared_text", items=["b"]))
    preview = receive(stand, file, "")

    def meanwhile(_entries: int) -> None:
        stand.bring(stand.visitor(2), own(product("Key", items=["a"])))

    with pytest.raises(BadImport) as refused:
        stand.shop.imports.confirm(stand.visitor(ADMIN), preview.id, progress=meanwhile)
    assert (refused.value.reason, refused.value.entry) == ("other_deliverable", 2)
    assert [row.name for row in Product.select()] == ["Key"]
    assert PendingImport.select().count() == 1
