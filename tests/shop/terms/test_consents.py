"""Nobody buys before they have agreed, if the shop requires it; what they agreed to is on record."""

import hashlib
import json
from typing import Any

import pytest
from peewee import IntegrityError

from shop.administration.appearance import TextKey
from shop.errors.refusals import StaleScreen
from shop.errors.sales import ConsentNeeded
from shop.people import Person
from shop.terms.consents import BUILT_IN
from storage.models import Consent, LedgerEntry, Order
from tests.locales.texts import TEXTS
from tests.stand import ADMIN, Stand, open_shop

WORDS = {"1": "b9d291ff02f5"}
"""For each version, the digest of the built-in text in all languages."""


@pytest.fixture
def open_asking(database: Any, clock: Any) -> Any:
    def open_asking(mode: str) -> Stand:
        stand = open_shop(database, clock, CONSENT=mode)
        stand.stock("KEY-1", "KEY-2", "KEY-3", "KEY-4")
        return stand

    return open_asking


def offer(stand: Stand, person: Person) -> int:
    return stand.shop.checkout.offer_product(person, stand.product("Key"), 1).id


def asked(stand: Stand, person: Person, offer_id: int) -> str:
    """Expect to be asked; return the version of the text."""
    with pytest.raises(ConsentNeeded) as refused:
        stand.shop.checkout.place(person, offer_id)
    assert refused.value.offer_id == offer_id
    return refused.value.version


def agree_and_buy(stand: Stand, person: Person) -> None:
    offer_id = offer(stand, person)
    stand.shop.consents.give(person, offer_id, asked(stand, person, offer_id))
    stand.shop.checkout.place(person, offer_id)


def own_terms(stand: Stand, text: str, language: str = "en") -> None:
    owner = stand.visitor(ADMIN)
    draft = stand.shop.custom_texts.draft(owner, TextKey.TERMS, language, text, length=len(text))
    stand.shop.custom_texts.save(owner, TextKey.TERMS, language, mark=draft.mark)


def test_the_first_purchase_asks_and_takes_nothing_until_the_customer_agrees(open_asking: Any) -> None:
    stand = open_asking("first")
    person = stand.rich()
    offer_id = offer(stand, person)
    version = asked(stand, person, offer_id)
    assert (Order.select().count(), LedgerEntry.select().count()) == (0, 1)
    stand.shop.consents.give(person, offer_id, version)
    stand.shop.consents.give(person, offer_id, version)
    stand.shop.checkout.place(person, offer_id)
    stand.buy(person, "Key")
    [row] = Consent.select()
    assert (row.customer_id, row.offer_id, row.version, row.language) == (person.id, offer_id, version, "en")
    assert row.created_at == stand.clock()


def test_the_setting_always_asks_before_each_order(open_asking: Any) -> None:
    stand = open_asking("always")
    person = stand.rich()
    agree_and_buy(stand, person)
    agree_and_buy(stand, person)
    assert Consent.select().count() == 2


def test_a_shop_that_does_not_ask_sells_right_away(open_asking: Any) -> None:
    stand = open_asking("never")
    stand.buy(stand.rich(), "Key")
    assert (Order.select().count(), Consent.select().count()) == (1, 0)


def test_a_changed_text_needs_new_consent_in_the_language_it_is_read_in(open_asking: Any) -> None:
    stand = open_asking("first")
    english, german = stand.rich(), stand.rich(telegram_id=1002)
    german = stand.shop.customers.choose_language(german, "de")
    agree_and_buy(stand, english)
    agree_and_buy(stand, german)
    own_terms(stand, "Meine Bedingungen", "de")
    stand.buy(english, "Key")
    assert asked(stand, german, offer(stand, german)).startswith(f"{BUILT_IN}-")
    own_terms(stand, "My terms")
    assert asked(stand, english, offer(stand, english)).startswith(f"{BUILT_IN}-")


def test_the_same_terms_in_another_language_need_no_new_consent(open_asking: Any) -> None:
    stand = open_asking("first")
    person = stand.rich()
    own_terms(stand, "Meine Bedingungen", "de")
    agree_and_buy(stand, person)
    german = stand.shop.customers.choose_language(person, "de")
    stand.buy(german, "Key")
    assert [row.language for row in Consent.select()] == ["en"]


def test_a_text_that_changed_while_it_was_being_read_is_shown_again(open_asking: Any) -> None:
    stand = open_asking("first")
    person = stand.rich()
    offer_id = offer(stand, person)
    version = asked(stand, person, offer_id)
    own_terms(stand, "My terms")
    with pytest.raises(ConsentNeeded) as refused:
        stand.shop.consents.give(person, offer_id, version)
    assert refused.value.version != version
    assert Consent.select().count() == 0


def test_nobody_can_agree_for_somebody_else(open_asking: Any) -> None:
    stand = open_asking("first")
    person, other = stand.rich(), stand.rich(telegram_id=1002)
    offer_id = offer(stand, person)
    with pytest.raises(StaleScreen) as refused:
        stand.shop.consents.give(other, offer_id, asked(stand, person, offer_id))
    assert refused.value.args == ()


def test_consent_is_given_before_an_order_starts_waiting_for_money(open_asking: Any) -> None:
    stand = open_asking("always")
    person = stand.visitor()
    offer_id = offer(stand, person)
    with pytest.raises(ConsentNeeded) as refused:
        stand.shop.waiting.wait(person, offer_id)
    stand.shop.consents.give(person, offer_id, refused.value.version)
    stand.shop.waiting.wait(person, offer_id)
    stand.grant(person, "10.00")
    stand.shop.waiting.settle()
    assert Order.select().count() == 1


def test_a_consent_is_never_changed(open_asking: Any) -> None:
    stand = open_asking("first")
    agree_and_buy(stand, stand.rich())
    for change in (Consent.delete(), Consent.update(version="2")):
        with pytest.raises(IntegrityError, match="kept as it was given"), stand.database.transaction():
            change.execute()


def test_changing_the_built_in_texts_needs_a_new_version() -> None:
    said = [[texts["refusal.consent_needed"], texts["terms.body"]] for _, texts in sorted(TEXTS.items())]
    digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    assert digest.startswith(WORDS[BUILT_IN]), f"raise BUILT_IN, and add its digest here: {digest[:12]}"
