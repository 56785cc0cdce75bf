"""What survives a restart, even after the process was killed."""

import json
from pathlib import Path
from typing import Any

import pytest

from web.sandbox.errors import SandboxError
from web.sandbox.sandbox import Sandbox


def saved_messages(folder: Path) -> int:
    path = folder / "sandbox.json"
    if not path.is_file():
        return 0
    bots = json.loads(path.read_text())["telegram"]["bots"]
    return sum(len(chat["messages"]) for bot in bots.values() for chat in bot["chats"].values())


def test_everything_is_back_after_a_restart(start_sandbox: Any, tmp_path: Path, png: Any) -> None:
    first = start_sandbox(tmp_path)
    first.say(1001, "/start", language_code="de")
    first.sent("sendMessage", chat_id=1001, text="x", reply_markup={"keyboard": [["Shop"]]})
    document = {"document": ("goods.json", b"[1]")}
    first.done("POST", "users/1/messages", files=document)
    first.done("POST", "chains/btc/mine", json={"blocks": 7})
    first.done("POST", "telegram/text_only", json={"on": True})
    before = first.chat(1001), first.chat(1), first.sent("getUpdates")
    first.sandbox.stop()
    second = start_sandbox(tmp_path)
    after = second.chat(1001), second.chat(1), second.sent("getUpdates")
    for one, other in zip(before[:2], after[:2], strict=True):
        assert other["version"] > one["version"]
        assert {**one, "version": 0} == {**other, "version": 0}
    assert before[2] == after[2]
    url = after[1]["messages"][0]["url"]
    assert second.api("GET", url.removeprefix("/sandbox/api/")).content == b"[1]"
    assert second.done("GET", "state")["text_only"] is True
    assert second.sandbox.chains.state["height"] == 107


def test_a_killed_process_loses_nothing_that_was_saved_and_reuses_no_id(
    start_sandbox: Any, tmp_path: Path, wait_for: Any
) -> None:
    first = start_sandbox(tmp_path)
    posted = first.say(1001, "kept")
    wait_for(lambda: saved_messages(tmp_path) == 1)
    second = start_sandbox(tmp_path)
    assert [message["text"] for message in second.chat(1001)["messages"]] == ["kept"]
    assert [update["update_id"] for update in second.sent("getUpdates")] == [posted["update_id"]]
    lost = [first.say(1001, f"lost {n}") for n in range(5)]
    new = second.say(1001, "new")
    assert new["update_id"] > max(each["update_id"] for each in lost)
    assert new["message_id"] > max(each["message_id"] for each in lost)


def test_many_changes_in_quick_succession_are_saved(start_sandbox: Any, tmp_path: Path, wait_for: Any) -> None:
    running = start_sandbox(tmp_path)
    for n in range(30):
        running.say(1001, f"m{n}")
    wait_for(lambda: saved_messages(tmp_path) == 30)
    assert (tmp_path / "sandbox.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["{broken", "[]", "{}", '{"telegram": {"people": 5}}'])
def test_an_unreadable_saved_state_is_reported_and_kept(start_sandbox: Any, tmp_path: Path, content: str) -> None:
    path = tmp_path / "sandbox.json"
    path.write_text(content)
    with pytest.raises(SandboxError) as refused:
        start_sandbox(tmp_path)
    assert str(path) in refused.value.sentence
    assert path.read_text() == content


def test_without_a_folder_nothing_is_written(start_sandbox: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    running = start_sandbox()
    running.say(1001, "x")
    running.sandbox.stop()
    assert list(tmp_path.iterdir()) == []
    assert isinstance(running.sandbox, Sandbox)
