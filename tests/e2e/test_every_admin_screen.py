"""Admin buttons in every language: owners who speak each language press every button once, all at the same time.

What the functions do is tested one by one elsewhere. Here nobody may see an apology, a foreign word, or a button
that leads nowhere.
"""

from functools import partial
from pathlib import Path

import requests

from tests.e2e.conftest import FURTHER_TOKENS, World
from tests.e2e.driver import ChainPanel, Chat, Program
from tests.e2e.test_every_screen import LAST as LAST_OF_CUSTOMERS
from tests.e2e.test_every_screen import SEVERAL as SEVERAL_OF_CUSTOMERS
from tests.e2e.test_every_screen import TYPED as TYPED_BY_CUSTOMERS
from tests.e2e.test_every_screen import press_everything_of_a_customer, stock
from tests.e2e.visitor import LANGUAGES, OF_ADMINS, Visitor, at_the_same_time
from tests.patience import DEADLINE_S

FIRST_OWNER = 101
TYPED = {
    "adjust": ["1.00", "A gift"],
    "answer": ["Here you are"],
    "appoint": ["555"],
    "make": ["Made by hand"],
    "letter": ["Hello"],
    "ban": ["Not nice"],
    "who": ["9001"],
    "addnote": ["A note of the team"],
    "findorder": ["#1"],
    "refundsum": ["0.01"],
    "newaccount": ["777001"],
    "hidereview": ["Not about the goods"],
    "antext": ["News & <more>"],
    "newcoupon": ["OWNERS", "5 %"],
    "term": ["3"],
    **{kind: ["News & <more>"] for kind in ("annew", "annewl", "annewp", "antext")},
    "newtext": ["Our <own> words"],
    "operates": ["Ada & <Co>"],
    "anlinks": ["Souk - https://example.org"],
    "antime": ["23:59"],
    "addbot": [FURTHER_TOKENS[0]],
    "namebot": ["Second shop"],
    "greetbot": ["Welcome & <hello>"],
}
LAST = (
    "anpause",
    "ango",
    "anstop",
    "androp",
    "swap",
    "repaypart",
    "repay1",
    "repay",
    "moveaccount",
    "take",
    "dismiss",
    "import",
    "noimport",
    "hear",
    "xtrback",
    "storemode",
    "ungreetbot",
    "switchbot",
    "askunbot",
    "unbot",
)
SEVERAL = {"sold": 4, "sale": 4, "voucher": 2, "bot": 2, "switchbot": 2, "storemode": 2}
GOODS = b"Games;Keys;A key;1.00;KEY-OF-%d\nGames;Keys;No price;x;KEY"
ELSEWHERE = {
    *("worry", "refactor", "refused", "manager", "uses", "release"),
    *("andraft", "ango", "anadd", "anaddc", "anclear", "anpick"),
    *("held", "askfree", "free", "piecesas", "askvalue", "anuntime", "anagain"),
    *("discard", "nophoto", "unit", "oldtext", "savetext", "undress"),
    *("foundorders", "refundpart", "faultyof", "swapfor", "moveaccount", "repay1"),
    *("askagain", "importas", "putupagain", "readas"),
    *("sweepplan", "sweep", "sweepat", "sweepgo", "sweepdrop", "sweepstop", "sweepfast"),
    *("newgoods", "nowords", "goodskind", "addpieces", "goodsdraft", "putup", "moregoods", "export", "exportas"),
    "unpicbot",
}
"""Buttons of states that this test does not reach: a bot with a picture, books that differ, a second factor, a held
deposit, coins ready to be swept, goods that exist already or are held after a restore, an open ticket about goods, a
customer who is not banned, a paused announcement, a photo, an unfinished product. Other tests press them."""


def press_everything(visitor: Visitor) -> None:
    visitor.tap(lambda: visitor.chat.send_file("goods.txt", GOODS % visitor.chat.user_id))
    visitor.follow("/start")
    visitor.pressed -= {data for data in visitor.pressed if data.startswith(("managers:", "an:"))}
    visitor.press_what_is_new()  # by now there is a manager and an announcement


def pay_in_stars(base: str, customer: Visitor) -> None:
    """Pay the customer's invoice, so that there is a payment to look at and to refund."""
    wallet = f"{base}/sandbox/api/users/{customer.chat.user_id}/stars"
    assert requests.post(f"{wallet}/fill", json={"stars": 100_000}, timeout=DEADLINE_S).ok
    bill = next(each for each in reversed(customer.chat.messages) if "invoice" in each)
    assert requests.post(f"{wallet}/pay", json={"message_id": bill["message_id"]}, timeout=DEADLINE_S).ok
    customer.chat.wait_text("added to your balance")


def test_every_button_of_an_admin_in_every_language(world: World, tmp_path: Path) -> None:
    base = world.page.url
    owners = {code: FIRST_OWNER + number for number, code in enumerate(sorted(LANGUAGES.codes))}
    environ = world.environ | {"ADMIN_ID_LIST": ",".join(["1", *map(str, owners.values())])}
    more = {"CONSENT": "first", "MULTIBOT": "true", "PAY_BY": "wallet,stars", "STARS_PER_UNIT": "100"}
    program = Program(cwd=tmp_path, **environ | more)
    stock(Chat(base, 1))
    customer = Visitor(
        base, "en", 9001, typed=TYPED_BY_CUSTOMERS, last=LAST_OF_CUSTOMERS, several=SEVERAL_OF_CUSTOMERS
    )
    customer.arrive()
    # A real shop demands full proof of work from Bitcoin blocks.
    customer.top_up(ChainPanel(base), "0.2", "SOL")
    ChainPanel(base).mine("sol", 100)
    customer.see_deposit()
    press_everything_of_a_customer(customer)
    visitors = [
        Visitor(base, code, owner, typed=TYPED, last=LAST, several=SEVERAL, braces="{name}")
        for code, owner in owners.items()
    ]
    for visitor in visitors:
        visitor.arrive()
    pay_in_stars(base, customer)  # after the owners came, so that each reads of it in their own language
    at_the_same_time([partial(press_everything, visitor) for visitor in visitors])
    code, errors = program.stop()
    assert code == 0
    assert "Traceback" not in errors, errors
    for visitor in visitors:
        assert visitor.wrong() == [], visitor.language
    # Owners remove things from under each other: what one could no longer press, another did.
    pressed = set().union(*(visitor.kinds for visitor in visitors))
    assert sorted(OF_ADMINS - ELSEWHERE - pressed) == []
