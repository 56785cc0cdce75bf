"""A product is put together step by step, and is in the shop at the end or not at all."""

from typing import Any

import pytest

from shop.assembly import forget_old_rows
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import Drafts
from shop.errors import BadValue, NameTaken, NotAllowed, NotFound, StaleScreen
from shop.people import Person
from storage.models import AuditEntry, Category, GoodsDraft, Product, StockItem
from tests.goods import EVERY_KIND, own
from tests.stand import ADMIN, Stand, open_shop


@pytest.fixture
def admin(stand: Stand) -> Person:
    return stand.visitor(ADMIN)


@pytest.fixture
def drafts(stand: Stand) -> Drafts:
    return stand.shop.drafts


@pytest.fixture
def category(stand: Stand, admin: Person) -> int:
    return stand.shop.editor.new_category(admin, None, "New")


def described(drafts: Drafts, admin: Person, category: int, kind: DeliverableKind, name: str = "Thing") -> None:
    drafts.begin(admin, category)
    for field, text in (("name", name), ("text", "About it"), ("price", "9.99")):
        drafts.type(admin, field, text)
    drafts.choose(admin, kind)


@pytest.mark.parametrize("kind", DeliverableKind, ids=lambda kind: kind.value)
def test_each_kind_of_goods_is_put_up_for_sale(
    stand: Stand, drafts: Drafts, admin: Person, category: int, kind: DeliverableKind
) -> None:
    described(drafts, admin, category, kind)
    if kind.is_file:
        drafts.add_file(admin, "../../.env", b"content")
    elif kind is not DeliverableKind.MADE_TO_ORDER:
        drafts.add_text(admin, "one\n\n two \none")
    assert Product.select().count() == 0
    product_id = drafts.confirm(admin)
    card = stand.shop.catalog.product(product_id)
    assert (card.name, card.description, card.price.minor, card.kind) == ("Thing", "About it", 999, kind)
    assert card.available == {DeliverableKind.UNIQUE_TEXT: 2, DeliverableKind.MADE_TO_ORDER: 1000}.get(kind, 1)
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().action == "goods.added"
    assert GoodsDraft.select().count() == 0


def test_the_lines_of_a_text_file_are_goods(stand: Stand, drafts: Drafts, admin: Person, category: int) -> None:
    described(drafts, admin, category, DeliverableKind.UNIQUE_TEXT)
    assert drafts.add_file(admin, "keys.txt", b"\xef\xbb\xbfA\r\nB\r\n\r\n").pieces == 2
    drafts.confirm(admin)
    assert [item.content for item in StockItem.select().order_by(StockItem.id)] == ["A", "B"]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [("name", "x" * 65, "name_too_long"), ("price", "0", "bad_price"), ("text", "x" * 4001, "text_too_long")],
)
def test_what_is_no_value_is_refused(
    drafts: Drafts, admin: Person, category: int, field: str, text: str, reason: str
) -> None:
    drafts.begin(admin, category)
    with pytest.raises(BadValue) as refused:
        drafts.type(admin, field, text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "add", "reason"),
    [
        (DeliverableKind.UNIQUE_FILE, lambda drafts, admin: drafts.add_text(admin, "x"), "bad_item"),
        (DeliverableKind.UNIQUE_FILE, lambda drafts, admin: drafts.add_file(admin, "x", b""), "empty"),
        (DeliverableKind.UNIQUE_TEXT, lambda drafts, admin: drafts.add_text(admin, " \n"), "missing_text"),
        (DeliverableKind.UNIQUE_TEXT, lambda drafts, admin: drafts.add_file(admin, "x", b"\xff"), "not_utf8"),
        (DeliverableKind.MADE_TO_ORDER, lambda drafts, admin: drafts.add_text(admin, "x"), "bad_item"),
    ],
)
def test_goods_of_another_kind_are_refused(
    drafts: Drafts, admin: Person, category: int, kind: DeliverableKind, add: Any, reason: str
) -> None:
    described(drafts, admin, category, kind)
    with pytest.raises(BadValue) as refused:
        add(drafts, admin)
    assert refused.value.reason == reason


def test_more_goods_for_a_product_that_is_there(stand: Stand, drafts: Drafts, admin: Person) -> None:
    stand.bring(admin, own(*EVERY_KIND))
    product_id = stand.product("Unique text")
    drafts.begin_for(admin, product_id)
    with pytest.raises(StaleScreen) as early:
        drafts.confirm(admin)
    assert early.value.args == ()
    drafts.add_text(admin, "KEY-2\nKEY-9")
    assert drafts.confirm(admin) == product_id
    assert Product.get_by_id(product_id).stock_count == 4
    with pytest.raises(BadValue) as refused:
        drafts.begin_for(admin, stand.product("Made to order"))
    assert refused.value.reason == "bad_items"


def test_a_name_that_is_taken_meanwhile_stops_the_draft_and_loses_nothing(
    stand: Stand, drafts: Drafts, admin: Person, category: int
) -> None:
    described(drafts, admin, category, DeliverableKind.UNIQUE_TEXT)
    drafts.add_text(admin, "a")
    stand.bring(admin, own({"path": ["New"], "name": "Thing", "price": 1}))
    with pytest.raises(NameTaken) as taken:
        drafts.confirm(admin)
    assert taken.value.args == ()
    drafts.type(admin, "name", "Other")
    assert stand.shop.catalog.product(drafts.confirm(admin)).stock_count == 1


def test_a_draft_survives_a_restart_ends_once_and_is_tidied_after_a_day(
    stand: Stand, drafts: Drafts, admin: Person, category: int, at_once: Any
) -> None:
    described(drafts, admin, category, DeliverableKind.UNIQUE_TEXT)
    drafts.add_text(admin, "a")
    again = open_shop(stand.database, stand.clock).shop.drafts
    outcomes = at_once(*[lambda: again.confirm(admin)] * 3)
    assert sorted(type(each).__name__ for each in outcomes) == ["StaleScreen", "StaleScreen", "int"]
    described(drafts, admin, category, DeliverableKind.UNIQUE_TEXT, "Second")
    stand.clock.pass_s(86_401)
    forget_old_rows(stand.database, clock=stand.clock)
    with pytest.raises(StaleScreen) as gone:
        drafts.of(admin)
    assert gone.value.args == ()


def test_a_draft_whose_category_is_gone_is_refused(
    stand: Stand, drafts: Drafts, admin: Person, category: int
) -> None:
    described(drafts, admin, category, DeliverableKind.MADE_TO_ORDER)
    with stand.database.transaction():
        Category.change(category, hidden=True, deleted_at=1)
    with pytest.raises(NotFound) as gone:
        drafts.confirm(admin)
    assert gone.value.args == ()


def test_nobody_else_has_a_draft(stand: Stand, drafts: Drafts, category: int) -> None:
    stranger = stand.visitor(5)
    for attempt in (
        lambda: drafts.begin(stranger, category),
        lambda: drafts.of(stranger),
        lambda: drafts.confirm(stranger),
        lambda: drafts.cancel(stranger),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.args == ()
