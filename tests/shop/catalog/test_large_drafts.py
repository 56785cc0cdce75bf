"""A large draft: added and confirmed in many short transactions, visible all at once, and complete or absent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from shop.catalog import drafts as rules
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.formats.checks import MAX_ENTRIES
from shop.catalog.tree import Target
from shop.errors.catalog import BadValue, NameTaken
from shop.errors.refusals import NotFound, Refusal, StaleScreen
from shop.people import Person
from storage.models import AuditEntry, Category, Customer, DraftPiece, GoodsDraft, Product, StockItem
from tests.conftest import StandingClock
from tests.raw_sql import engine_of
from tests.shop.catalog.test_slices import differing, meanwhile, nothing_is_left, opened, steps_done, whole
from tests.stand import ADMIN, Stand, audited, payloads

MANY = 2_000


def keys(count: int = MANY, first: int = 0) -> bytes:
    return "".join(f"NEW-{number}\n" for number in range(first, first + count)).encode()


def drafted(stand: Stand, owner: Person, *, new: bool, content: bytes) -> None:
    """Draft goods for the product Key, or a product of another name."""
    drafts = stand.shop.drafts
    if new:
        drafts.begin(owner, Category.get(Category.name == "Keys").id)
        for field, text in (("name", "Another"), ("text", "About it"), ("price", "9.99")):
            drafts.type(owner, field, text)
        drafts.choose(owner, DeliverableKind.UNIQUE_TEXT)
    else:
        drafts.begin_for(owner, stand.product("Key"))
    drafts.add_file(owner, "keys.txt", content)


@pytest.fixture
def stocked(stand: Stand, owner: Person) -> Stand:
    """A shop with one item of Key, and one that was sold."""
    stand.stock("SOLD", "SEED")
    stand.bought(owner, "Key")
    return stand


def test_pieces_are_added_in_many_transactions(stocked: Stand, owner: Person) -> None:
    before = stocked.database.transactions
    drafted(stocked, owner, new=False, content=keys())
    assert DraftPiece.select().count() == MANY
    assert stocked.database.transactions - before >= MANY / rules.ADDED_AT_ONCE


def test_repeats_are_counted_as_the_stock_counts_them(stocked: Stand, owner: Person) -> None:
    stocked.shop.drafts.begin_for(owner, stocked.product("Key"))
    draft = stocked.shop.drafts.add_text(owner, "AAAA\naaaa\nAAAA\nAAAA\u200b\nB")
    assert (draft.pieces, draft.repeated, draft.first) == (2, 3, ("AAAA", "B"))
    draft = stocked.shop.drafts.add_text(owner, "b\nC")
    assert (draft.pieces, draft.repeated, draft.first) == (3, 1, ("C",))
    stocked.shop.drafts.confirm(owner)
    assert Product.get().stock_count == 1 + 3


def test_a_file_has_no_more_lines_than_an_import_has_entries(stocked: Stand, owner: Person) -> None:
    with pytest.raises(BadValue) as refused:
        drafted(stocked, owner, new=False, content=keys(MAX_ENTRIES + 1))
    assert refused.value.reason == "too_many"
    assert DraftPiece.select().count() == 0


def test_a_draft_has_no_more_pieces_than_an_import(
    stocked: Stand, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MAX_ENTRIES", 5)
    drafted(stocked, owner, new=False, content=keys(3))
    with pytest.raises(BadValue) as refused:
        stocked.shop.drafts.add_file(owner, "keys.txt", keys(3, 3))
    assert refused.value.reason == "draft_full"
    draft = stocked.shop.drafts.add_file(owner, "keys.txt", keys(4, 1))
    assert (draft.pieces, draft.repeated) == (5, 2)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("new", [False, True])
@pytest.mark.parametrize("content", [b"sold\nseed\n" + keys(400), b"sold\nseed\n"], ids=["new goods", "known goods"])
def test_a_large_draft_does_what_it_would_do_in_one_transaction(
    tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch, content: bytes, new: bool, again: bool
) -> None:
    results = []
    for large in (10**9, 1):
        monkeypatch.setattr(rules, "LARGE", large)
        with opened(tmp_path / str(large), clock) as stand:
            owner = stand.visitor(ADMIN)
            stand.stock("SOLD", "SEED")
            stand.bought(owner, "Key")
            drafted(stand, owner, new=new, content=content)
            before = stand.database.transactions
            product_id = stand.shop.drafts.confirm(owner, again=again)
            assert stand.database.transactions - before > (3 if large == 1 else 0)
            assert GoodsDraft.select().count() == DraftPiece.select().count() == 0
            assert nothing_is_left(stand)
            assert differing(stand) == set()
            results.append((product_id, whole(), audited()[-1]))
    assert results[0] == results[1]


def test_others_can_write_between_the_slices_and_see_all_of_the_goods_or_none(stocked: Stand, owner: Person) -> None:
    drafted(stocked, owner, new=False, content=keys())
    seen, looks = [], []
    with meanwhile(stocked, lambda: stocked.shop.drafts.confirm(owner)) as outcome:
        while not outcome:
            with stocked.database.transaction():
                seen.append(steps_done())
                Customer.reach(ADMIN, reachable=True)
            with stocked.database.snapshot():
                looks.append((steps_done(), StockItem.select().count(), Product.get().stock_count))
    assert any(steps > 0 for steps in seen), "others wrote between the slices"
    assert {look[1:] for look in looks if look[0] >= 0} == {(2, 1)}
    assert outcome == [stocked.product("Key")]
    assert Product.get().stock_count == 1 + MANY


def test_customers_who_wait_are_told_once(stand: Stand, owner: Person) -> None:
    stand.stock("SEED")
    customer = stand.visitor()
    stand.bought(customer, "Key")
    stand.shop.restocks.ask(customer, stand.product("Key"))
    drafted(stand, owner, new=False, content=keys(400))
    stand.shop.drafts.confirm(owner)
    assert payloads("restocked") == [{"product_id": stand.product("Key")}]


@pytest.mark.parametrize("new", [False, True])
def test_a_program_that_dies_in_between_leaves_the_draft_and_nothing_to_see(
    stocked: Stand, owner: Person, new: bool
) -> None:
    drafted(stocked, owner, new=new, content=keys(400))
    engine, before = engine_of(stocked.database), whole()
    engine.execute_sql(
        "CREATE TEMP TRIGGER deadly BEFORE DELETE ON import_under_way WHEN OLD.steps > 0"
        " BEGIN SELECT RAISE(ABORT, 'dead'); END"
    )
    with pytest.raises(IntegrityError) as dead:
        stocked.shop.drafts.confirm(owner)
    assert "dead" in str(dead.value)
    engine.execute_sql("DROP TRIGGER deadly")
    assert steps_done() > 0
    assert whole() == before
    stocked.shop.imports.resume()
    assert nothing_is_left(stocked)
    assert whole() == before
    assert stocked.shop.drafts.of(owner).pieces == 400
    product_id = stocked.shop.drafts.confirm(owner)
    assert Product.get_by_id(product_id).stock_count == 400 + (not new)


def test_a_changed_draft_is_not_confirmed(stocked: Stand, owner: Person) -> None:
    drafted(stocked, owner, new=False, content=keys(400))
    before = whole()
    engine_of(stocked.database).execute_sql(
        "CREATE TEMP TRIGGER changed AFTER UPDATE OF steps ON import_under_way BEGIN"
        " UPDATE goods_draft SET price_minor = price_minor + 1; END"
    )
    with pytest.raises(StaleScreen) as stale:
        stocked.shop.drafts.confirm(owner)
    assert stale.value.args == ()
    assert whole() == before
    assert nothing_is_left(stocked)
    assert GoodsDraft.of(owner.id) is not None


def test_it_is_stored_all_the_same_if_the_catalogue_keeps_changing(stocked: Stand, owner: Person) -> None:
    drafted(stocked, owner, new=True, content=keys(400))
    engine_of(stocked.database).execute_sql(
        "CREATE TEMP TRIGGER changed AFTER UPDATE OF steps ON import_under_way BEGIN"
        " UPDATE import_under_way SET overtaken = 1; END"
    )
    product_id = stocked.shop.drafts.confirm(owner)
    assert Product.get_by_id(product_id).stock_count == 400
    assert nothing_is_left(stocked)
    assert AuditEntry.select().where(AuditEntry.action == "goods.added").count() == 1


def _delete(stand: Stand, owner: Person) -> None:
    product_id = stand.product("Key")
    stand.shop.editor.discard(owner, product_id, None)
    stand.shop.editor.delete(owner, Target(True, product_id))


@pytest.mark.parametrize(
    ("new", "work", "error"),
    [
        (True, lambda stand, _owner: stand.stock("b", name="Another"), NameTaken),
        (False, _delete, NotFound),
        (False, lambda stand, owner: stand.shop.drafts.cancel(owner), StaleScreen),
    ],
    ids=["name", "product", "draft"],
)
def test_it_is_refused_if_it_no_longer_fits(
    stocked: Stand, owner: Person, new: bool, work: Callable[[Stand, Person], Any], error: type[Refusal]
) -> None:
    drafted(stocked, owner, new=new, content=keys(400))
    with pytest.raises(error) as refused:
        stocked.shop.drafts.confirm(owner, progress=lambda _count: work(stocked, owner))
    assert refused.value.args == ()
    assert StockItem.select().where(StockItem.content.startswith("NEW-")).count() == 0
    assert nothing_is_left(stocked)


def test_an_ended_draft_is_deleted_by_a_job_if_it_could_not_be_before(stocked: Stand, owner: Person) -> None:
    drafted(stocked, owner, new=False, content=keys(400))
    with stocked.database.transaction():
        GoodsDraft.end(owner.id)
    before = stocked.database.transactions
    stocked.shop.drafts.clear()
    assert stocked.database.transactions > before
    assert GoodsDraft.select().count() == DraftPiece.select().count() == 0
