"""Many people on the stage, and announcements to them."""

from typing import Any

from bot_handlers.letters.announcer import LOOK_EVERY_S
from shop.announcements.sending import Hand
from storage.models import Announcement, AnnouncementRecipient, Customer
from tests.bot_handlers.stage import Stage
from tests.stand import ADMIN, BOT_ID, TOKEN
from web.sandbox.telegram.state import Chat

FIRST = 20_000


def people(stage: Stage, count: int, **columns: Any) -> list[int]:
    """Create customers who have a chat with the bot; return their Telegram ids."""
    world = stage.telegram.world
    ids = list(range(FIRST, FIRST + count))
    for each in ids:
        world.people[each] = {"id": each, "is_bot": False, "first_name": "Bo"}
        world.bots[TOKEN].chats[each] = Chat()
    plain = {"bot_id": BOT_ID, "first_name": "Bo", "language": "en", "created_at": 1}
    rows = [plain | columns | {"telegram_id": each} for each in ids]
    with stage.stand.database.transaction():
        for start in range(0, count, 500):
            Customer.insert_many(rows[start : start + 500]).execute()
    return ids


def typed(stage: Stage, text: str, user_id: int = ADMIN, **message: Any) -> None:
    """Write a message with entities, or a photo, as an admin; the emulated people cannot do this."""
    stage.front.bots.accept(BOT_ID, stage.update(user_id, text=text, **message))


def begin(stage: Stage, *labels: str, user_id: int = ADMIN) -> None:
    """Go from the start to the text of a new announcement, or to the preview of a list."""
    stage.rest()
    stage.say("/start", user_id)
    for label in ("Admin", "Announcements", *(labels or ("New announcement", "Everyone"))):
        stage.rest()
        stage.press(label, user_id)


def announce(stage: Stage, text: str = "News", user_id: int = ADMIN) -> int:
    """Compose an announcement to everyone and press “Send”; return its id."""
    begin(stage, user_id=user_id)
    stage.say(text, user_id)
    stage.press("Send to", user_id)
    stage.send_letters()  # the other owners are notified first
    return int(Announcement.select().order_by(Announcement.id.desc()).get().id)


def step(stage: Stage) -> float:
    """Let the announcer take one step, and let the time pass that it would wait."""
    waited = stage.front.announcer.step()
    stage.seconds.now += waited
    return waited


def run(stage: Stage, steps: int = 10**6) -> int:
    """Let the announcer work until it is finished; return how many steps it took."""
    for number in range(steps):
        if step(stage) == LOOK_EVERY_S:
            return number
        stage.send_letters()
    return steps


def received(stage: Stage, user_id: int, text: str = "News") -> int:
    """Count how often a person received a message with this text."""
    return sum(text in each for each in stage.texts(user_id))


def states(announcement_id: int) -> dict[str, int]:
    """Count the recipients of an announcement by state."""
    counts: dict[str, int] = {}
    for row in AnnouncementRecipient.select().where(AnnouncementRecipient.announcement == announcement_id):
        counts[row.state] = counts.get(row.state, 0) + 1
    return counts


def take(stage: Stage) -> Hand | None:
    """Claim the next recipient and do nothing more, as if the program died here."""
    return stage.stand.shop.broadcasts.advance()
