"""Take the README's pictures from the sandbox: `make pictures`.

`docs/pictures/shown.json` records what each one shows, so a test can tell when they are out of date without a browser
and without comparing pixels, which depend on fonts.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.driver import ROOT, ChainPanel, Chat, address_in, buttons_of, running, text_of, wait_for
from web.sandbox.wire import Json

FOLDER = ROOT / "docs/pictures"
SHOWN = FOLDER / "shown.json"
PHONE = (390, 800)
OWNER, CUSTOMER = 1, 1001
_VARIES = (
    (re.compile(r"\b(?:bc1|ltc1)[a-z0-9]{20,}\b"), "ADDRESS"),
    (re.compile(r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?\b", re.IGNORECASE), "TIME"),
    (re.compile(r"\b\d+ min\b"), "N min"),
    (re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}(?:, \d{4})?\b"), "DAY"),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: the column of the page that it shows, and the steps that lead to it."""

    name: str
    view: str
    prepare: Callable[[str, Chat, Chat], Json]


def _product(_base: str, customer: Chat, _owner: Chat) -> Json:
    customer.say("/shop")
    customer.press("Games", "Adventure", "Lighthouse")
    return customer.screen("Lighthouse")


def _top_up(_base: str, customer: Chat, _owner: Chat) -> Json:
    customer.press("Buy now", "Top up", "Bitcoin")
    return customer.screen("Bitcoin")


def _sold(base: str, customer: Chat, owner: Chat) -> Json:
    panel = ChainPanel(base)
    panel.pay("btc", address_in(customer), "0.00101")
    customer.wait_text("Payment detected: 0 of")
    panel.mine("btc", 6)
    customer.wait_text("your order has been placed")
    owner.wait_text("Order #1")
    return next(each for each in reversed(owner.messages) if "Order #1" in text_of(each))


SCENES = (
    Scene("shop", "customer", _product),
    Scene("top-up", "customer", _top_up),
    Scene("admin", "admin", _sold),
)


def shown(message: Json) -> list[str]:
    """Return what a person reads in a message, without the parts that differ every time."""
    lines = [*text_of(message).splitlines(), *(f"[{button['text']}]" for button in buttons_of(message))]
    for pattern, word in _VARIES:
        lines = [pattern.sub(word, line) for line in lines]
    return lines


def walk(
    base: str, *, at_scene: Callable[[Scene, Json], None] = lambda _scene, _message: None
) -> dict[str, list[str]]:
    """Walk a customer and an owner from scene to scene; return what each scene shows."""
    customer, owner = Chat(base, CUSTOMER), Chat(base, OWNER)
    owner.say("/start", first_name="Omar")
    customer.say("/start", first_name="Ada")
    found = {}
    for scene in SCENES:
        message = scene.prepare(base, customer, owner)
        found[scene.name] = shown(message)
        at_scene(scene, message)
    return found


def digest(picture: Path) -> str:
    """Return a digest that identifies a picture."""
    return hashlib.sha256(picture.read_bytes()).hexdigest()


def take() -> None:
    """Take the pictures with Chromium, and record what they show."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, running("sandbox", cwd=Path(place)) as base:
        browser = _browser(Path(place))
        try:
            browser.get(base + "/")
            browser.execute_script("localStorage.setItem('guide', 'closed')")
            found = walk(base, at_scene=lambda *what: _photograph(browser, base, *what))
        finally:
            browser.quit()
    pictures = {name: {"sha256": digest(FOLDER / f"{name}.png"), "shows": lines} for name, lines in found.items()}
    SHOWN.write_text(json.dumps(pictures, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _photograph(browser: Any, base: str, scene: Scene, message: Json) -> None:
    """Photograph a message with the keyboard hidden: its end, or its beginning if it is taller than the phone."""
    browser.get(f"{base}/?view={scene.view}&theme=light")
    place = f"[data-chat={scene.view}]"
    count = f"return document.querySelectorAll('{place} .message').length"
    wait_for(lambda: browser.execute_script(count) > 1, "the chat is there")
    browser.execute_script(
        f"document.querySelector('{place} .toggle-keyboard').click();"
        f"const list = document.querySelector('{place} .messages');"
        f"const shown = list.querySelector('[data-message-id=\"{message['message_id']}\"]');"
        "shown.scrollIntoView({block: shown.clientHeight > list.clientHeight ? 'start' : 'end'})"
    )
    settled = "return !document.getAnimations().length && [...document.images].every((image) => image.complete)"
    wait_for(lambda: browser.execute_script(settled), "everything is drawn")
    assert browser.save_screenshot(str(FOLDER / f"{scene.name}.png"))


def _browser(place: Path) -> Any:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={place / 'profile'}")
    options.add_experimental_option(
        "mobileEmulation", {"deviceMetrics": {"width": PHONE[0], "height": PHONE[1], "pixelRatio": 1.5}}
    )
    driver = webdriver.ChromeService(executable_path=shutil.which("chromedriver") or "")
    return webdriver.Chrome(options=options, service=driver)


if __name__ == "__main__":
    os.chdir(ROOT)
    take()
    sys.exit(0)
