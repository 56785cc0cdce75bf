"""Files with names that their senders chose."""

from pathlib import Path

import pytest

from web.sandbox.telegram.files import FileStore


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\0b", "..", ".x", "name./x"])
def test_a_name_is_shown_and_never_a_path(tmp_path: Path, name: str) -> None:
    store = FileStore(tmp_path)
    stored = store.add(1, b"content", name=name)
    assert stored.as_document()["file_name"] == name
    assert [path.name for path in tmp_path.iterdir()] == [stored.digest]
    assert ".." not in stored.path
    assert "/" not in stored.path.removeprefix("documents/")


def test_a_file_id_belongs_to_one_bot() -> None:
    store = FileStore()
    one, other = store.add(1, b"x", name="a"), store.add(2, b"x", name="a")
    assert one.file_id != other.file_id
    assert one.unique_id == other.unique_id
    assert store.find_by_path(2, one.path) is None
