"""A code unlocks guarded actions for a while and works only once; guessing is slowed down."""

import logging
import re
from typing import Any

import pyotp
import pytest

from shop.administration.second_factor import (
    FIRST_LOCK_S,
    GUARDED,
    LONGEST_LOCK_S,
    OPEN_S,
    TRIES,
    Enrolment,
    reset_by_operator,
)
from shop.errors.refusals import CodesLocked, IsOwner, NotAllowed, SecondFactorNeeded, StaleScreen, WrongCode
from shop.people import Person, Right
from storage.database import Database
from storage.models import AuditEntry
from storage.models import SecondFactor as FactorRow
from tests.conftest import StandingClock
from tests.stand import ADMIN, Stand, open_shop

MANAGER = 77
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""RFC 6238, appendix B: the ASCII text 12345678901234567890."""


@pytest.fixture
def stand(database: Database, clock: StandingClock) -> Stand:
    return open_shop(database, clock, ADMIN_TOTP="true")


@pytest.fixture
def secret(stand: Stand, owner: Person) -> str:
    """The owner has enrolled, and their last code has run out."""
    secret = stand.shop.second_factor.enrol(owner).secret
    stand.shop.second_factor.enter(owner, code(stand, secret))
    stand.clock.pass_s(OPEN_S)
    return secret


def code(stand: Stand, secret: str, *, off_s: int = 0) -> str:
    return pyotp.TOTP(secret).at(stand.clock() + off_s)


def wrong(stand: Stand, secret: str) -> str:
    near = {code(stand, secret, off_s=off) for off in (-60, -30, 0, 30, 60)}
    return next(text for text in ("000000", "000001", "000002", "000003", "000004", "000005") if text not in near)


def refusal(call: Any) -> Any:
    with pytest.raises((SecondFactorNeeded, WrongCode, CodesLocked, StaleScreen, NotAllowed)) as refused:
        call()
    return refused.value


def test_a_clock_that_is_set_back_does_not_keep_the_door_open(stand: Stand, owner: Person, secret: str) -> None:
    stand.shop.second_factor.enter(owner, code(stand, secret))
    stand.shop.customers.require(owner, Right.MONEY)
    stand.clock.now -= 86_400
    assert refusal(lambda: stand.shop.customers.require(owner, Right.MONEY)) == SecondFactorNeeded(enrolled=True)


def test_without_the_setting_nobody_is_asked_for_a_code(database: Database, clock: StandingClock) -> None:
    stand = open_shop(database, clock)
    for right in GUARDED:
        stand.shop.customers.require(stand.visitor(ADMIN), right)
    assert FactorRow.select().count() == 0


def test_an_admin_without_a_factor_is_asked_to_enrol_only_for_guarded_actions(stand: Stand, owner: Person) -> None:
    for right in Right:
        if right in GUARDED:
            refused = refusal(lambda right=right: stand.shop.customers.require(owner, right))
            assert refused == SecondFactorNeeded(enrolled=False)
        else:
            stand.shop.customers.require(owner, right)
    assert {right.value for right in GUARDED} == {"money", "backup", "roles"}


def test_somebody_without_the_right_is_not_asked_for_a_code(stand: Stand) -> None:
    refused = refusal(lambda: stand.shop.customers.require(stand.visitor(5), Right.MONEY))
    assert isinstance(refused, NotAllowed)
    assert isinstance(refusal(lambda: stand.shop.second_factor.enrol(stand.visitor(5))), NotAllowed)


def test_the_first_code_confirms_the_enrolment_and_a_code_lasts_ten_minutes(stand: Stand, owner: Person) -> None:
    factor, require = stand.shop.second_factor, stand.shop.customers.require
    enrolment = factor.enrol(owner)
    assert refusal(lambda: require(owner, Right.MONEY)) == SecondFactorNeeded(enrolled=False)
    factor.enter(owner, code(stand, enrolment.secret))
    stand.clock.pass_s(OPEN_S - 1)
    for right in GUARDED:
        require(owner, right)
    stand.clock.pass_s(1)
    assert refusal(lambda: require(owner, Right.MONEY)) == SecondFactorNeeded(enrolled=True)
    factor.enter(owner, code(stand, enrolment.secret))
    require(owner, Right.MONEY)
    assert OPEN_S == 600


def test_one_admins_code_opens_nothing_for_another(stand: Stand, owner: Person, secret: str) -> None:
    other = stand.visitor(2)
    stand.shop.second_factor.enter(owner, code(stand, secret))
    assert refusal(lambda: stand.shop.customers.require(other, Right.MONEY)) == SecondFactorNeeded(enrolled=False)
    theirs = stand.shop.second_factor.enrol(other).secret
    assert isinstance(refusal(lambda: stand.shop.second_factor.enter(other, code(stand, secret))), WrongCode)
    stand.shop.second_factor.enter(other, code(stand, theirs))


def test_codes_match_the_standard(stand: Stand, owner: Person) -> None:
    with stand.database.transaction():
        FactorRow.begin(ADMIN, RFC_SECRET, now=0)
    stand.clock.now = 1111111109
    stand.shop.second_factor.enter(owner, "081804")
    stand.clock.now = 1234567890
    stand.shop.second_factor.enter(owner, " 005 924 ")
    stand.clock.now = 2000000000
    stand.shop.second_factor.enter(owner, "279037")
    assert FactorRow.of(ADMIN).last_step == 2000000000 // 30


def test_a_code_is_accepted_once_and_an_earlier_one_no_longer(stand: Stand, owner: Person, secret: str) -> None:
    factor = stand.shop.second_factor
    before, now, after = (code(stand, secret, off_s=off) for off in (-30, 0, 30))
    factor.enter(owner, now)
    assert isinstance(refusal(lambda: factor.enter(owner, now)), WrongCode)
    assert isinstance(refusal(lambda: factor.enter(owner, before)), WrongCode)
    factor.enter(owner, after)
    stand.clock.pass_s(30)
    assert isinstance(refusal(lambda: factor.enter(owner, after)), WrongCode)


def test_the_code_that_confirmed_the_enrolment_is_not_accepted_again(stand: Stand, owner: Person) -> None:
    factor = stand.shop.second_factor
    first = code(stand, factor.enrol(owner).secret) if FactorRow.of(ADMIN) is None else ""
    factor.enter(owner, first)
    assert isinstance(refusal(lambda: factor.enter(owner, first)), WrongCode)


@pytest.mark.parametrize(("off_s", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_phones_clock_may_be_off_by_one_step(
    stand: Stand, owner: Person, secret: str, off_s: int, taken: bool
) -> None:
    if taken:
        stand.shop.second_factor.enter(owner, code(stand, secret, off_s=off_s))
        stand.shop.customers.require(owner, Right.MONEY)
    else:
        late = code(stand, secret, off_s=off_s)
        assert isinstance(refusal(lambda: stand.shop.second_factor.enter(owner, late)), WrongCode)


def test_five_wrong_codes_lock_for_a_growing_time_and_a_right_one_resets_the_count(
    stand: Stand, owner: Person, secret: str
) -> None:
    factor = stand.shop.second_factor

    def fail() -> int:
        for _ in range(TRIES - 1):
            assert isinstance(refusal(lambda: factor.enter(owner, wrong(stand, secret))), WrongCode)
        return int(refusal(lambda: factor.enter(owner, wrong(stand, secret))).wait_s)

    waits = []
    for _ in range(3):
        waits.append(fail())
        assert refusal(lambda: factor.enter(owner, code(stand, secret))) == CodesLocked(waits[-1])
        stand.clock.pass_s(waits[-1] - 1)
        assert refusal(lambda: factor.enter(owner, code(stand, secret))) == CodesLocked(1)
        stand.clock.pass_s(1)
    assert waits == [FIRST_LOCK_S, 2 * FIRST_LOCK_S, 4 * FIRST_LOCK_S]
    factor.enter(owner, code(stand, secret))
    stand.clock.pass_s(OPEN_S)
    assert fail() == FIRST_LOCK_S
    assert AuditEntry.select().where(AuditEntry.action == "factor.locked").count() == 4


def test_no_lock_lasts_longer_than_a_day(stand: Stand, owner: Person, secret: str) -> None:
    with stand.database.transaction():
        FactorRow.change(ADMIN, failures=TRIES * 10_000 - 1)
    refused = refusal(lambda: stand.shop.second_factor.enter(owner, wrong(stand, secret)))
    assert refused == CodesLocked(LONGEST_LOCK_S)


@pytest.mark.parametrize("ahead_s", [3_600, 43_200, 365 * 86_400])
def test_a_lock_set_by_a_fast_clock_ends_when_the_clock_is_corrected(
    stand: Stand, owner: Person, secret: str, ahead_s: int
) -> None:
    right = code(stand, secret)
    stand.clock.pass_s(ahead_s)
    for _ in range(TRIES):
        refused = refusal(lambda: stand.shop.second_factor.enter(owner, wrong(stand, secret)))
    assert refused == CodesLocked(FIRST_LOCK_S)
    stand.clock.pass_s(-ahead_s)
    stand.clock.pass_s(30)
    stand.shop.second_factor.enter(owner, code(stand, secret))
    stand.shop.second_factor.require(owner)
    assert right != code(stand, secret)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "-12345", "hello"])
def test_text_that_is_not_a_code_is_refused_and_does_not_count_as_a_guess(
    stand: Stand, owner: Person, secret: str, text: str
) -> None:
    for _ in range(TRIES + 1):
        assert isinstance(refusal(lambda: stand.shop.second_factor.enter(owner, text)), WrongCode)
    assert FactorRow.of(ADMIN).failures == 0


def test_twenty_guesses_at_once_count_as_no_more_than_five(
    stand: Stand, owner: Person, secret: str, at_once: Any
) -> None:
    guess = wrong(stand, secret)
    outcomes = at_once(*[lambda: stand.shop.second_factor.enter(owner, guess)] * 20)
    assert sum(isinstance(each, WrongCode) for each in outcomes) == TRIES - 1
    assert sum(isinstance(each, CodesLocked) for each in outcomes) == 20 - (TRIES - 1)
    assert FactorRow.of(ADMIN).failures == TRIES


def test_one_code_sent_ten_times_at_once_opens_once(stand: Stand, owner: Person, secret: str, at_once: Any) -> None:
    right = code(stand, secret)
    outcomes = at_once(*[lambda: stand.shop.second_factor.enter(owner, right)] * 10)
    assert outcomes.count(None) == 1


def test_an_unconfirmed_secret_is_void_once_another_is_made(stand: Stand, owner: Person) -> None:
    factor = stand.shop.second_factor
    first, second = factor.enrol(owner).secret, factor.enrol(owner).secret
    assert isinstance(refusal(lambda: factor.enter(owner, code(stand, first))), WrongCode)
    factor.enter(owner, code(stand, second))


def test_a_confirmed_secret_is_never_shown_again(stand: Stand, owner: Person, secret: str) -> None:
    assert isinstance(refusal(lambda: stand.shop.second_factor.enrol(owner)), StaleScreen)
    stand.shop.second_factor.enter(owner, code(stand, secret))


def test_an_owner_can_reset_a_managers_factor_but_no_owners(stand: Stand, owner: Person, secret: str) -> None:
    roles, factor = stand.shop.managers, stand.shop.second_factor
    manager = stand.visitor(MANAGER)
    factor.enter(owner, code(stand, secret))
    assert not roles.give(owner, MANAGER, Right.MONEY).has_second_factor
    manager = stand.visitor(MANAGER)
    theirs = factor.enrol(manager).secret
    factor.enter(manager, code(stand, theirs))
    assert roles.one(owner, MANAGER).has_second_factor
    assert not roles.reset_factor(owner, MANAGER).has_second_factor
    assert refusal(lambda: stand.shop.customers.require(manager, Right.MONEY)) == SecondFactorNeeded(enrolled=False)
    assert isinstance(refusal(lambda: factor.enter(manager, code(stand, theirs))), StaleScreen)
    with pytest.raises(IsOwner):
        roles.reset_factor(owner, 2)
    assert isinstance(refusal(lambda: roles.reset_factor(manager, MANAGER)), NotAllowed)
    assert [row.action for row in AuditEntry.page(page=0, size=2)] == ["factor.reset", "factor.enrolled"]


def test_changing_roles_needs_a_code(stand: Stand, owner: Person, secret: str) -> None:
    refused = refusal(lambda: stand.shop.managers.give(owner, MANAGER, Right.MONEY))
    assert refused == SecondFactorNeeded(enrolled=True)
    assert stand.shop.customers.rights_of(MANAGER) == frozenset()


def test_a_reset_on_the_server_is_logged_and_the_owner_enrols_again(stand: Stand, owner: Person, secret: str) -> None:
    assert reset_by_operator(stand.database, ADMIN, clock=stand.clock)
    assert not reset_by_operator(stand.database, ADMIN, clock=stand.clock)
    assert refusal(lambda: stand.shop.customers.require(owner, Right.MONEY)) == SecondFactorNeeded(enrolled=False)
    assert AuditEntry.page(page=0, size=1)[0].action == "factor.reset_on_server"


def test_the_secret_appears_in_no_repr_or_log_and_in_no_file_unencrypted(
    stand: Stand, owner: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="souk")
    enrolment = stand.shop.second_factor.enrol(owner)
    stand.shop.second_factor.enter(owner, code(stand, enrolment.secret))
    assert re.fullmatch("[A-Z2-7]{32}", enrolment.secret)
    assert f"secret={enrolment.secret}" in enrolment.uri
    assert enrolment.secret not in repr(enrolment) + caplog.text
    assert repr(Enrolment("A", "B")) == "Enrolment(…)"
    kept = b"".join(file.read_bytes() for file in stand.database.path.parent.iterdir())
    assert enrolment.secret.encode() not in kept
