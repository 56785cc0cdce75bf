"""An address that no server can read is remembered until one can, or until it is no longer watched."""

import pytest

from shop.chains.errors import BadAnswer, ChainUnavailable, RateLimited
from shop.chains.unread_addresses import UnreadAddresses
from wallet.chains import Chain


@pytest.fixture
def unread(clock):
    return UnreadAddresses(clock)


class Server:
    """Finds one payment at each address, except at those that it cannot read."""

    def __init__(self, *unreadable):
        self.unreadable = set(unreadable)

    def look(self, address):
        if address in self.unreadable:
            raise ChainUnavailable(Chain.BTC, (BadAnswer("example.com", f"no list of {address}"),), retry_after_s=60)
        return [f"a payment to {address}"]


def test_one_unreadable_address_hides_no_payment_to_another(unread):
    found = unread.look_at_each(Server("b").look, ["a", "b", "c"])
    assert found == ["a payment to a", "a payment to c"]
    assert "no list of b" in unread.reason


def test_if_no_address_can_be_read_the_answer_is_not_an_empty_list(unread):
    with pytest.raises(ChainUnavailable, match="no list of a"):
        unread.look_at_each(Server("a", "b").look, ["a", "b"])
    assert unread.reason
    assert unread.look_at_each(Server().look, []) == []


def test_an_address_that_can_be_read_again_is_no_longer_reported(unread):
    unread.look_at_each(Server("b").look, ["a", "b"])
    unread.look_at_each(Server().look, ["a"])
    assert unread.reason
    unread.look_at_each(Server().look, ["b"])
    assert unread.reason == ""


@pytest.mark.parametrize("seconds", [3_600, -86_400])
def test_an_address_that_is_no_longer_watched_is_forgotten(unread, clock, seconds):
    unread.look_at_each(Server("b").look, ["a", "b"])
    clock.pass_s(seconds)
    assert unread.reason == ""


def test_an_address_is_remembered_as_long_as_it_is_watched(unread, clock):
    for _ in range(10):
        unread.look_at_each(Server("b").look, ["a", "b"])
        clock.pass_s(1_800)
    assert unread.reason


@pytest.mark.parametrize("failures", [(), (RateLimited("example.com", "too many requests"),)])
def test_an_outage_is_not_held_against_an_address_whose_turn_is_long_in_coming(unread, clock, failures):
    def look(address):
        if address == "b":
            raise ChainUnavailable(Chain.TRX, failures, retry_after_s=60)
        return []

    unread.look_at_each(look, ["a", "b"])
    assert unread.reason
    clock.pass_s(120)
    assert unread.reason == ""
