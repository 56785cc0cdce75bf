"""The sandbox page with a group for notices and with several bots: reply, edit, and choose."""

from pathlib import Path

from tests.e2e.driver import Chat, running
from tests.e2e.test_page import By, Keys, Page, browser, webdriver  # noqa: F401 - the browser is a fixture
from tests.patience import wait_for

GROUP = "-1001234567890"
CUSTOMER = 1001
ADMIN_COLUMN = "[data-chat=admin]"


def choose(page: Page, selector: str, value: str) -> None:
    """Choose a value from a list, as soon as it is offered."""
    option = f"{selector} option[value='{value}']"
    page.until(lambda: bool(page.driver.find_elements(By.CSS_SELECTOR, option)))
    page.driver.find_element(By.CSS_SELECTOR, option).click()


def write(page: Page, text: str) -> None:
    field = page.driver.find_element(By.CSS_SELECTOR, f"{ADMIN_COLUMN} .text")
    field.clear()
    field.send_keys(text, Keys.ENTER)


def test_a_ticket_is_answered_in_the_group_and_the_answer_edited(
    browser: webdriver.Chrome,  # noqa: F811
    tmp_path: Path,
) -> None:
    with running(cwd=tmp_path, NOTICES_CHAT=GROUP) as base:
        Chat(base, 1).say("/start")
        customer = Chat(base, CUSTOMER)
        customer.say("/start")
        customer.press("Profile", "Tickets", "Message the shop")
        customer.say("It does not work")
        page = Page(browser, base)
        choose(page, f"{ADMIN_COLUMN} .place", GROUP)
        page.until(lambda: "It does not work" in page.text(f"{ADMIN_COLUMN} .messages"))
        page.press_by_hand(f"{ADMIN_COLUMN} .message .deeds button", "Reply")
        page.until(lambda: "Reply to: " in page.text(f"{ADMIN_COLUMN} .composing"))
        write(page, "Try agian")
        page.until(lambda: "Reply to ticket #1 sent." in page.text(f"{ADMIN_COLUMN} .messages"))
        customer.wait_text("Try agian")
        page.press_by_hand(f"{ADMIN_COLUMN} .message .deeds button", "Edit")
        write(page, "Try again")
        customer.wait_text("Try again")
        choose(page, f"{ADMIN_COLUMN} .place", "")
        page.until(lambda: "Main menu" in page.text(f"{ADMIN_COLUMN} .messages"))


def test_a_shop_of_several_bots_has_a_list_to_choose_from(
    browser: webdriver.Chrome,  # noqa: F811
    tmp_path: Path,
) -> None:
    with running(cwd=tmp_path, MULTIBOT="true") as base:
        page = Page(browser, base)
        choose(page, "#bot", "souk1_sandbox_bot")
        page.until(lambda: "bot=souk1_sandbox_bot" in page.driver.current_url)
        page.click("[data-chat=customer] button", "Start")
        chat = Chat(base, CUSTOMER, bot="souk1_sandbox_bot")
        wait_for(lambda: [each["text"] for each in chat.state()["messages"]] == ["/start"])
        assert Chat(base, CUSTOMER).state()["messages"] == []


def test_a_shop_of_one_bot_and_no_group_has_no_lists(
    browser: webdriver.Chrome,  # noqa: F811
    tmp_path: Path,
) -> None:
    with running(cwd=tmp_path) as base:
        page = Page(browser, base)
        page.until(lambda: "Start" in page.text("[data-chat=customer]"))
        hidden = [page.driver.find_element(By.CSS_SELECTOR, each) for each in ("#bot", f"{ADMIN_COLUMN} .place")]
        assert not any(each.is_displayed() for each in hidden)
