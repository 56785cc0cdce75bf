"""The shop itself refuses customers what admin buttons do: each route is called as if nothing had been checked."""

from dataclasses import fields

from bot_handlers.callbacks import Callback
from bot_handlers.updates.router import Group
from shop.errors.refusals import NotAllowed
from tests.bot_handlers.buttons import admin_buttons
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.conftest import outcome_of
from tests.stand import ADMIN

WORDS = {"key": "faq", "scene": "home", "right": "money", "language": "en", "form": "own", "came": "b0"}
"""A valid word for each field that takes one."""
MORE = {
    **{
        prefix: {"kind": "p"}
        for prefix in ("article", "photo", "nophoto", "hide", "whither", "move", "erase", "delete", "post")
    },
    "field": {"kind": "p", "field": "name"},
    "goodskind": {"kind": "unique_text"},
    "term": {"field": "discount"},
    "importas": {"known": "skip"},
    "sweepplan": {"chain": "BTC"},
    "sweepgo": {"speed": "normal"},
    "operates": {"detail": "name"},
    **{prefix: {"which": "all"} for prefix in ("everyorder", "sendorders")},
    **{prefix: {"kind": "own"} for prefix in ("anwho", "anlang", "annew", "annewl", "annewp")},
}
ASKS = {
    "who",
    "findorder",
    "texts",
    "appoint",
    "export",
    "term",
    "newtext",
    "dress",
    "anwho",
    "anlang",
    "goodsof",
    "operator",
    "operates",
}
"""Screens that only ask for something, and show what every customer may see. The answer is refused."""


def press_of(kind: type[Callback]) -> Callback:
    """Build a button of this kind that refers to something that exists."""
    words = WORDS | MORE.get(kind.prefix, {})
    return kind(*(1 if "int" in str(field.type) else words.get(field.name, "en") for field in fields(kind)))


def test_the_shop_refuses_a_customer_what_every_admin_button_does(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.stand.stock("KEY")
    presses, let_through = admin_buttons(stage), []
    for kind, (right, route) in presses.items():
        if right is Group.ADMINS or kind.prefix in ASKS:
            continue
        before = stage.texts()
        said = outcome_of(lambda route=route, kind=kind: route(stage.visit(CUSTOMER), press_of(kind)))
        if not isinstance(said, NotAllowed) or stage.texts() != before:
            let_through.append((kind.prefix, said))
    assert let_through == []
    assert len(presses) > 100
