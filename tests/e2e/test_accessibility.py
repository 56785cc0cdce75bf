"""The sandbox page examined by axe-core: no serious fault in the light or the dark theme; and its language list."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.driver import Program
from tests.e2e.test_page import By, Page, browser, webdriver  # noqa: F401 - the browser is a fixture

FOLDER = Path(os.environ.get("SOUK_BROWSER_DIR") or Path.home() / ".cache" / "souk-browser")
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
if not AXE.is_file() and os.environ.get("SOUK_REQUIRE_BROWSER") != "1":
    pytest.skip("axe-core is not installed: tests/install-browser", allow_module_level=True)

EXAMINE = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(
  (found) => done(found.violations),
  (error) => done(String(error)),
);
"""
LANGUAGES = {"en", "de", "fr", "es", "it", "ru", "zh-hans"}


def faults(driver: Any) -> list[tuple[str, str, list[str]]]:
    """Return what axe calls serious or critical: the rule, the impact, and where."""
    driver.execute_script(AXE.read_text("utf-8"))
    found = driver.execute_async_script(EXAMINE)
    assert isinstance(found, list), found
    return [
        (each["id"], each["impact"], [" ".join(map(str, node["target"])) for node in each["nodes"]][:5])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def appear(driver: Any, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_on_the_way_to_a_purchase(
    browser: webdriver.Chrome,  # noqa: F811
    tmp_path: Path,
    scheme: str,
) -> None:
    program = Program("sandbox", cwd=tmp_path)
    try:
        appear(browser, scheme)
        page = Page(browser, program.address())
        page.until(lambda: page.step() == 0)
        assert faults(browser) == [], "as the page opens"
        page.click("[data-chat=admin] button", "Start")
        page.click("[data-chat=customer] button", "Start")
        for label in ("Shop", "Games", "Adventure", "Lighthouse", "Buy now", "Top up", "Bitcoin"):
            page.click("[data-chat=customer] .messages button", label)
        page.until(lambda: page.step() == 2)
        page.click("[data-panel=chains] button.pickup", "Use it")
        page.click("[data-panel=chains] button", "Pay")
        page.read("Payment detected")
        browser.find_element(By.CSS_SELECTOR, ".faults summary").click()
        page.until(lambda: not browser.execute_script("return document.getAnimations().length"))
        assert faults(browser) == [], "with chats, a payment and the panel open"
        listed = browser.find_elements(By.CSS_SELECTOR, "[data-chat=customer] .language option")
        assert {str(each.get_attribute("value")) for each in listed} >= LANGUAGES
    finally:
        code, errors = program.stop()
    assert code == 0, errors
