"""The sandbox page in a real browser, used as a newcomer uses it; a screenshot is kept."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.driver import ROOT, Program
from tests.patience import DEADLINE_S

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
if not (CHROMIUM and DRIVER) and os.environ.get("SOUK_REQUIRE_BROWSER") != "1":
    pytest.skip("chromium and chromedriver are not installed", allow_module_level=True)

from selenium import webdriver  # noqa: E402 - only if there is a browser
from selenium.common.exceptions import (  # noqa: E402
    ElementNotInteractableException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--window-size=1500,950",
)


@pytest.fixture
def browser(tmp_path: Path):
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=str(DRIVER)))
    yield driver
    driver.quit()


class Page:
    """The page as a person uses it: by the labels of its buttons."""

    def __init__(self, driver: webdriver.Chrome, base: str) -> None:
        self.driver = driver
        driver.get(base + "/")

    def click(self, selector: str, label: str) -> None:
        """Click the newest element that `selector` finds and whose text contains `label`, as soon as there is one."""
        self.until(lambda: self._clicked(selector, label))

    def press_by_hand(self, selector: str, label: str) -> None:
        """Move the pointer to the newest button with this label, and press it where it is visible only on hover."""
        self.until(lambda: self._pressed_by_hand(selector, label))

    def read(self, text: str) -> None:
        """Wait until the customer's newest messages contain a text."""
        self.until(lambda: text in self.driver.find_element(By.CSS_SELECTOR, "[data-chat=customer] .messages").text)

    def text(self, selector: str) -> str:
        """Read the text of a part of the page."""
        return str(self.driver.find_element(By.CSS_SELECTOR, selector).text)

    def asked_for(self) -> tuple[str, str]:
        """Return the address and the amount that the page found in the customer's chat."""
        box = self.driver.find_element(By.CSS_SELECTOR, ".pickup")
        return str(box.get_attribute("title")), self.text(".pickup-amount")

    def value(self, name: str) -> str:
        """Read a field of the payment form."""
        return str(self.driver.find_element(By.CSS_SELECTOR, f".pay [name={name}]").get_attribute("value"))

    def step(self) -> int | None:
        """Return the current step of the guide; None once all are done."""
        steps = self.driver.find_elements(By.CSS_SELECTOR, ".guide li")
        assert len(steps) == 4
        current = [at for at, step in enumerate(steps) if step.get_attribute("aria-current") == "step"]
        return current[0] if current else None

    def dismiss_the_guide_by_keyboard(self) -> None:
        """Close the guide with Escape, reopen it with its button, and close it: it stays closed after a reload."""
        guide = self.driver.find_element(By.CSS_SELECTOR, ".guide")
        self.driver.find_element(By.CSS_SELECTOR, ".guide-close").send_keys(Keys.ESCAPE)
        assert not guide.is_displayed()
        assert self.driver.switch_to.active_element.get_attribute("id") == "guide-open"
        self.driver.switch_to.active_element.send_keys(Keys.ENTER)
        assert guide.is_displayed()
        self.driver.find_element(By.CSS_SELECTOR, ".guide-close").send_keys(Keys.ENTER)
        self.driver.refresh()
        self.until(lambda: "Top up" in self.text("[data-chat=customer]"))
        assert not self.driver.find_element(By.CSS_SELECTOR, ".guide").is_displayed()

    def set_fees(self, times: int) -> None:
        """Multiply the fees in the chosen chain's blocks."""
        browser = self.driver
        browser.execute_script("document.querySelector('details.faults').open = true")
        field = browser.find_element(By.CSS_SELECTOR, ".chain-fees [name=times]")
        field.clear()
        field.send_keys(str(times), Keys.ENTER)
        self.until(lambda: f"Fees are {times} times the usual." in self.text(".page-toast"))
        browser.execute_script("document.querySelector('details.faults').open = false")

    def _clicked(self, selector: str, label: str) -> bool:
        found = [e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if label in e.text]
        if not found:
            return False
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found[-1])
        found[-1].click()
        return True

    def _pressed_by_hand(self, selector: str, label: str) -> bool:
        found = [
            e for e in self.driver.find_elements(By.CSS_SELECTOR, selector) if e.get_attribute("textContent") == label
        ]
        if found:
            ActionChains(self.driver).move_to_element(found[-1]).click().perform()
        return bool(found)

    def until(self, condition: Callable[[], bool]) -> None:
        ignored = (StaleElementReferenceException, ElementNotInteractableException)
        waiting = WebDriverWait(self.driver, DEADLINE_S, poll_frequency=0.05, ignored_exceptions=ignored)
        waiting.until(lambda _: condition())


def test_a_newcomer_buys_on_the_page(browser: webdriver.Chrome, tmp_path: Path) -> None:
    program = Program("sandbox", cwd=tmp_path)
    try:
        page = Page(browser, program.address())
        menu, chat = "[data-chat=customer] button", "[data-chat=customer] .messages button"
        pay = "[data-panel=chains] button"
        assert page.step() == 0
        page.click("[data-chat=admin] button", "Start")
        page.click(menu, "Start")
        page.until(lambda: page.step() == 1)
        for label in ("Shop", "Games", "Adventure", "Lighthouse", "Buy now", "Top up", "Bitcoin"):
            page.click(chat, label)
        page.until(lambda: page.step() == 2)
        address, amount = page.asked_for()
        page.click(chat, "I’ve paid")
        page.read("Paste the ID of your Bitcoin transaction")
        page.until(lambda: page.asked_for() == (address, amount))
        page.click("[data-panel=chains] button.pickup", "Use it")
        page.until(lambda: page.value("address") == address)
        assert page.value("amount") == amount.partition(" ")[0]
        needed = browser.find_element(By.CSS_SELECTOR, ".blocks-needed").text
        assert needed == "A payment up to 50 USD counts after 1 block, up to 1,000 USD after 2, above after 6."
        page.click(pay, "Pay")
        page.read("Payment detected: 0 of 2")
        page.until(lambda: page.step() == 3)
        page.until(lambda: amount in page.text(".mempool"))
        page.click(pay, "+1")
        page.read("1 of 2")
        page.click(pay, "+1")
        page.read("Credited: $64.50")
        page.read("your order has been placed")
        page.read("LIGHT-HOUSE-AAAA-0001")
        page.until(lambda: page.step() is None)
        page.click(".guide-examples button", "goods.csv")
        page.click("[data-chat=admin] .messages button", "Import")
        page.until(lambda: "New items: 5" in page.text("[data-chat=admin] .messages"))
        page.dismiss_the_guide_by_keyboard()
        page.set_fees(7)
        page.click(menu, "My purchases")
        page.click(chat, "#1")
        page.read("Resend goods")
        page.until(lambda: not browser.execute_script("return document.getAnimations().length"))
        keep_screenshot(browser, "sandbox.png")
        errors = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
        assert errors == []
    except TimeoutException:
        keep_screenshot(browser, "page-test-failed.png")
        raise
    finally:
        code, errors_written = program.stop()
    assert code == 0, errors_written


def keep_screenshot(browser: webdriver.Chrome, name: str) -> None:
    """Keep a screenshot in `build/` for a person to look at."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    assert browser.save_screenshot(str(folder / name))
