"""Files of unsold goods: each reads back unchanged, and adds nothing to the shop it came from."""

import csv
import io
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalog.deliverables import DeliverableKind
from shop.catalog.editor import Field
from shop.catalog.exports import Export, Form
from shop.catalog.formats.aiogram import Goods, write_list, write_txt
from shop.catalog.formats.characters import hides_something, is_blank
from shop.catalog.formats.checks import text_piece
from shop.catalog.formats.reading import read_goods
from shop.catalog.formats.souk_csv import write_csv
from shop.catalog.formats.souk_json import MAX_STEPS, OwnCategory, OwnGoods, OwnProduct, file_piece, write_own
from shop.catalog.tree import Target
from shop.errors.refusals import NotAllowed, NotFound
from shop.money import Money
from shop.people import Person
from storage.models import AuditEntry
from storage.text import nfc, plain_blanks
from tests.goods import EVERY_KIND, encoded, own, png, product
from tests.stand import ADMIN, Stand

USD = "USD"
NAMES = {Form.OWN: "x.json", Form.TABLE: "x.csv", Form.LIST: "x.json", Form.LINES: "x.txt"}
characters = st.characters(blacklist_characters="\0", blacklist_categories=["Cs"])
contents = st.text(characters, min_size=1, max_size=20).filter(lambda text: not is_blank(text))
seen = st.characters(blacklist_characters="\0", blacklist_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zl", "Zp"])
names = (
    st.text(seen, min_size=1, max_size=20)
    .map(lambda text: plain_blanks(nfc(text)).strip())
    .filter(lambda name: bool(name) and not hides_something(name))
)
descriptions = contents.map(nfc).map(str.strip) | st.just("")
prices = st.integers(100, 10**6).map(lambda minor: Money(minor, USD))
pictures = st.sampled_from([None, png(), png(9)])
files = st.tuples(st.from_regex(r"[a-z]{1,8}\.[a-z]{3}", fullmatch=True), st.binary(min_size=1, max_size=30))
categories = st.lists(
    st.builds(OwnCategory, st.lists(names, min_size=1, max_size=4).map(tuple), descriptions, pictures, st.booleans()),
    max_size=3,
    unique_by=lambda each: each.path,
)
entries = st.lists(
    st.builds(Goods, names, names, descriptions.filter(bool), prices, contents), min_size=1, max_size=5
)


@st.composite
def products(draw: st.DrawFn) -> OwnProduct:
    kind, price = draw(st.sampled_from(DeliverableKind)), draw(prices)
    most = {DeliverableKind.MADE_TO_ORDER: 0, DeliverableKind.SHARED_TEXT: 1, DeliverableKind.SHARED_FILE: 1}.get(
        kind, 4
    )
    make = files.map(lambda file: file_piece(file[0], file[1], None)) if kind.is_file else contents.map(text_piece)  # type: ignore[arg-type]
    counts = draw(st.sets(st.integers(2, 90), max_size=MAX_STEPS))
    steps = tuple((count, Money(price.minor - count, USD)) for count in sorted(counts))
    return OwnProduct(
        entry=0,
        path=tuple(draw(st.lists(names, min_size=1, max_size=4))),
        name=draw(names),
        description=draw(descriptions),
        price=price,
        quantity_prices=steps,
        kind=kind,
        pieces=tuple(draw(st.lists(make, max_size=most, unique_by=lambda piece: piece.digest))),
        picture=draw(pictures),
        hidden=draw(st.booleans()),
    )


unlike = st.lists(products(), min_size=1, max_size=4, unique_by=lambda each: (each.path, each.name))


FORMULAS = ("=1+1", "+1", "-1", "@x", "\tx", "'=1", "''-x", "'x", "plain")


@pytest.mark.parametrize("name", FORMULAS)
def test_no_exported_cell_is_a_formula_and_the_text_reads_back_unchanged(
    stand: Stand, owner: Person, name: str
) -> None:
    items = [f"{name} item", *FORMULAS]
    stand.bring(owner, own(product(name.strip(), description=f"{name}!", items=items)))
    made = stand.shop.exports.export(owner, None, Form.TABLE).content
    assert made.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")) for cell in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)
    preview = stand.shop.imports.receive(owner, "x.csv", made)
    assert (preview.refused, preview.report.items, preview.report.changed) == ((), 0, 0)
    assert preview.report.products == 0
    assert stand.shop.exports.export(owner, None, Form.LINES).content.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("item", ["a\n\ufeffb", "x\r\n\ufeff\ufeffy", "\ufeff\ufeff", "\n\ufeff,b"])
@pytest.mark.parametrize("form", [Form.OWN, Form.TABLE])
def test_an_item_with_a_byte_order_mark_comes_back_as_it_was(
    stand: Stand, owner: Person, form: Form, item: str
) -> None:
    items = [f"KEY-1{item}", f"{item}KEY-2"]
    stand.bring(owner, own(product("Key", items=items)))
    made = stand.shop.exports.export(owner, None, form).content
    reading = read_goods(made, file_name=NAMES[form], currency=USD)
    assert reading.refused == ()
    assert isinstance(reading.goods, OwnGoods)
    assert [piece.content for piece in reading.goods.products[0].pieces] == items
    preview = stand.shop.imports.receive(owner, NAMES[form], made)
    assert (preview.report.items, preview.report.twice) == (0, 0)


def test_an_export_with_a_text_that_a_spreadsheet_might_have_written_loses_no_other_item(
    stand: Stand, owner: Person
) -> None:
    stand.bring(owner, own(product("Key", items=["#HELLO!", "KEY-2"])))
    made = stand.shop.exports.export(owner, None, Form.TABLE).content
    reading = read_goods(made, file_name="x.csv", currency=USD)
    assert [each.reason for each in reading.refused] == ["spoilt"]
    assert isinstance(reading.goods, OwnGoods)
    assert [piece.content for piece in reading.goods.products[0].pieces] == ["KEY-2"]


@given(categories, unlike)
def test_the_own_format_reads_back_as_written(shelves: list[OwnCategory], goods: list[OwnProduct]) -> None:
    written = OwnGoods(tuple(shelves), tuple(goods))
    reading = read_goods(write_own(written), file_name="x.json", currency=USD)
    assert reading.refused == ()
    assert unnumbered(reading.goods) == written


@given(unlike)
def test_the_table_reads_back_as_written(goods: list[OwnProduct]) -> None:
    written = OwnGoods((), tuple(goods))
    reading = read_goods(write_csv(written), file_name="x.csv", currency=USD)
    assert reading.refused == ()
    assert unnumbered(reading.goods) == written


@given(entries)
def test_a_list_reads_back_as_written(goods: list[Goods]) -> None:
    reading = read_goods(write_list(goods)[0], file_name="x.json", currency=USD)
    assert (reading.goods, reading.refused) == (goods, ())


@given(entries)
def test_lines_read_back_as_written_and_goods_they_cannot_hold_are_counted(goods: list[Goods]) -> None:
    file, left_out = write_txt(goods)
    held = [each for each in goods if not any("\n" in text or "\r" in text for text in texts(each))]
    assert left_out == len(goods) - len(held)
    if held:
        assert read_goods(file, file_name="x.txt", currency=USD).goods == held


def texts(each: Goods) -> tuple[str, ...]:
    return each.category, each.subcategory, each.description, each.content


def unnumbered(goods: list[Goods] | OwnGoods) -> OwnGoods:
    assert isinstance(goods, OwnGoods)
    return replace(goods, products=tuple(replace(each, entry=0) for each in goods.products))


def filled(stand: Stand) -> None:
    deep = product("Deep", path=["A", "B", "C"], items=["DEEP"], hidden=True, picture=encoded(png()))
    shelf = {"path": ["A"], "description": "About A", "picture": encoded(png(7))}
    stand.bring(stand.visitor(ADMIN), own(*EVERY_KIND, deep, categories=[shelf]))
    stand.stock("L1", "L2", name="Listed")
    buyer = stand.visitor(5)
    stand.grant(buyer, "100.00")
    offer = stand.shop.checkout.offer_product(buyer, stand.product("Unique text"), 1)
    stand.shop.checkout.place(buyer, offer.id)


def exported(stand: Stand, form: Form, category_id: int | None = None) -> Export:
    return stand.shop.exports.export(stand.visitor(ADMIN), category_id, form)


@pytest.mark.parametrize("form", Form)
def test_a_shops_own_export_adds_nothing_to_it(stand: Stand, form: Form) -> None:
    filled(stand)
    target = Target(True, stand.product("Listed"))
    stand.shop.editor.edit(stand.visitor(ADMIN), target, Field.PRICE, "77")
    stand.shop.editor.edit(stand.visitor(ADMIN), target, Field.DESCRIPTION, "Other words")
    made = exported(stand, form)
    assert "KEY<1>&" not in made.content.decode()
    preview = stand.shop.imports.receive(stand.visitor(ADMIN), NAMES[form], made.content)
    assert preview.refused == ()
    report = stand.shop.imports.confirm(stand.visitor(ADMIN), preview.id)
    assert (report.products, report.items, report.changed) == (0, 0, 0)
    assert exported(stand, form) == made


def test_a_list_says_how_many_goods_it_cannot_hold(stand: Stand) -> None:
    filled(stand)
    everything, listed = exported(stand, Form.OWN), exported(stand, Form.LIST)
    assert (everything.products, everything.items, everything.left_out) == (7, 10, 0)
    assert (listed.products, listed.items, listed.left_out) == (2, 4, 5)


def test_an_export_of_a_category_contains_only_what_is_below_it(stand: Stand) -> None:
    filled(stand)
    games = stand.shop.catalog_tree.branch(stand.visitor(ADMIN), None).categories[1]
    made = json.loads(exported(stand, Form.OWN, games.id).content)
    assert {each["path"][0] for each in made["products"]} == {games.name}
    with pytest.raises(NotFound) as gone:
        exported(stand, Form.OWN, 999)
    assert gone.value.args == ()


def test_an_export_is_audited_and_refused_to_others(stand: Stand) -> None:
    filled(stand)
    exported(stand, Form.TABLE)
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.action, entry.subject) == ("goods.exported", "everything")
    assert json.loads(entry.details) == {"form": "csv", "products": 7, "items": 10, "left_out": 0}
    with pytest.raises(NotAllowed) as refused:
        stand.shop.exports.export(stand.visitor(5), None, Form.OWN)
    assert refused.value.args == ()


def test_an_empty_shop_can_be_exported_too(stand: Stand) -> None:
    assert [exported(stand, form).items for form in Form] == [0, 0, 0, 0]
