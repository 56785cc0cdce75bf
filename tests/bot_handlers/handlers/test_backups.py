"""Backups in the chat: as a document on demand, sent to owners automatically, with instructions to restore them."""

import shutil
from pathlib import Path

import pytest

from shop.administration import backups as backups_module
from shop.people import Right
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import Customer
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN

DAY_S = 86_400


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """An owner has the backups page open."""
    stage.say("/start", ADMIN, first_name="Olga")
    stage.press("Admin", ADMIN)
    stage.press("Backups", ADMIN)
    return stage


def documents(stage: Stage, user_id: int = ADMIN) -> list[dict]:
    return [message for message in stage.messages(user_id) if "document" in message]


def opened(stage: Stage, key: DatabaseKey, folder: Path) -> Database:
    """Return the newest document as a database."""
    _, content = stage.telegram.file(documents(stage)[-1]["document"]["file_id"])
    folder.mkdir()
    (folder / "souk.db").write_bytes(content)
    return Database(folder / "souk.db", key)


def test_a_backup_on_demand_comes_as_a_document_that_opens_with_the_key(
    stage: Stage, key: DatabaseKey, tmp_path: Path
) -> None:
    assert stage.texts(ADMIN)[-1] == (
        "Backups\nThere are none yet.\nA backup is made every 24 hours.\n"
        "⚠️ Key: no copy elsewhere has been confirmed. Without the key, backups can’t be opened."
    )
    stage.press("Back up now", ADMIN)
    caption = documents(stage)[-1]["caption"]
    assert "encrypted and checked" in caption
    assert "It can only be opened with the key file souk.db.key" in caption
    assert key.raw.hex() not in caption
    stage.press_data("backups", ADMIN)
    assert "The newest is from" in stage.texts(ADMIN)[-1]
    stage.stand.database.close()
    restored = opened(stage, key, tmp_path / "restored")
    restored.open()
    assert Customer.by_telegram_id(CUSTOMER).first_name == "Ada"
    restored.close()


def test_an_owner_is_reminded_of_the_key_and_confirms_that_it_is_kept_elsewhere(stage: Stage) -> None:
    stage.stand.clock.pass_s(DAY_S)
    stage.stand.shop.backups.remind()
    stage.send_letters()
    assert "It is the key file souk.db.key." in stage.texts(ADMIN)[-1]
    stage.press("I keep the key elsewhere", ADMIN)
    assert "Key: an owner confirmed a copy elsewhere." in stage.texts(ADMIN)[-1]


def test_the_owners_get_the_scheduled_backup(stage: Stage) -> None:
    stage.stand.clock.pass_s(DAY_S)
    stage.stand.shop.backups.run()
    stage.send_letters()
    assert len(documents(stage)) == 1
    assert documents(stage, CUSTOMER) == []
    assert documents(stage)[0]["document"]["file_name"].startswith("souk-20")


def test_if_no_file_can_be_sent_the_letter_says_where_it_is(stage: Stage) -> None:
    stage.telegram.fault("text_only", 1)
    stage.press("Back up now", ADMIN)
    [kept] = (stage.stand.database.path.parent / "backups").iterdir()
    assert str(kept) in stage.texts(ADMIN)[-1]
    assert "It can only be opened with" in stage.texts(ADMIN)[-1]


def test_a_backup_that_is_too_large_for_telegram_stays_on_the_server(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups_module, "LARGEST_SENT_BYTES", 1000)
    stage.press("Back up now", ADMIN)
    assert "It can’t be sent here. You’ll find it on the server:" in stage.texts(ADMIN)[-1]
    stage.stand.clock.pass_s(DAY_S)
    stage.stand.shop.backups.run()
    stage.send_letters()
    assert documents(stage) == []
    kept = (stage.stand.database.path.parent / "backups").iterdir()
    [planned] = [path for path in kept if "asked" not in path.name]
    assert str(planned) in stage.texts(ADMIN)[-1]


def test_a_letter_about_a_backup_that_newer_ones_replaced_is_not_sent(stage: Stage) -> None:
    stage.stand.clock.pass_s(DAY_S)
    stage.stand.shop.backups.run()
    [kept] = (stage.stand.database.path.parent / "backups").iterdir()
    kept.unlink()
    before = len(stage.messages(ADMIN))
    stage.send_letters()
    assert len(stage.messages(ADMIN)) == before
    assert stage.stand.shop.outbox.due(limit=9) == []


def test_a_full_disk_is_one_sentence_for_whoever_asked_and_a_letter_for_the_owners(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=1000))
    stage.press("Back up now", ADMIN)
    assert stage.alerts(ADMIN)[-1] == "🚨 No backup was made: there is not enough room on the disk."
    stage.stand.clock.pass_s(DAY_S)
    stage.stand.shop.backups.run()
    stage.send_letters()
    assert stage.texts(ADMIN)[-1] == "🚨 No backup was made: there is not enough room on the disk."
    assert list((stage.stand.database.path.parent / "backups").iterdir()) == []


def test_a_manager_of_backups_takes_one_until_the_right_ends(stage: Stage) -> None:
    roles, owner = stage.stand.shop.managers, stage.stand.visitor(ADMIN, first_name="Olga")
    roles.give(owner, CUSTOMER, Right.BACKUP)
    stage.press_data("backups")
    stage.press("Back up now")
    assert len(documents(stage, CUSTOMER)) == 1
    roles.take(owner, CUSTOMER, Right.BACKUP)
    stage.press("Back up now")
    assert len(documents(stage, CUSTOMER)) == 1
    assert stage.alerts()[-1] == "Only the admins of this shop can do that."
