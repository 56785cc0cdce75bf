"""Files that bots and people sent. A file id belongs to one bot, as at Telegram."""

import base64
import hashlib
import mimetypes
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from web.sandbox.telegram.pictures import picture_size
from web.sandbox.wire import Json


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file as one bot knows it. `path` is what `getFile` names, `digest` is the content's SHA-256."""

    file_id: str
    unique_id: str
    bot_id: int
    name: str
    mime_type: str
    size: int
    path: str
    digest: str
    width: int = 0
    height: int = 0

    def as_document(self) -> Json:
        """Show as Telegram's Document."""
        return {"file_name": self.name, "mime_type": self.mime_type, **self._common()}

    def as_video(self) -> Json:
        """Show as Telegram's Video; this emulator does not look into it."""
        return {"width": 320, "height": 240, "duration": 1, **self.as_document()}

    def as_voice(self) -> Json:
        """Show as Telegram's Voice."""
        return {"duration": 1, "mime_type": self.mime_type, **self._common()}

    def as_photo(self) -> list[Json]:
        """Show as Telegram's list of PhotoSize; this emulator makes no smaller copies."""
        return [{**self._common(), "width": self.width, "height": self.height}]

    def as_file(self) -> Json:
        """Show as the answer of `getFile`."""
        return {**self._common(), "file_path": self.path}

    def _common(self) -> Json:
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size}


class FileStore:
    """Contents by digest, in memory and, if there is a folder, immediately on disk too. Not locked: see World."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._contents: dict[str, bytes] = {}
        self._files: dict[str, StoredFile] = {}

    def add(self, bot_id: int, content: bytes, *, name: str, photo: bool = False) -> StoredFile:
        """Keep a file for a bot. The name is only shown, never used as a path."""
        digest = hashlib.sha256(content).hexdigest()
        identity = hashlib.sha256(f"{bot_id}:{photo}:{name}:{digest}".encode()).digest()
        file_id = ("AgAC" if photo else "BQAC") + base64.urlsafe_b64encode(identity).decode().rstrip("=")
        known = self._files.get(file_id)
        if known is not None:
            return known
        width, height = (picture_size(content) or (0, 0)) if photo else (0, 0)
        folder, suffix = ("photos", ".jpg") if photo else ("documents", _suffix(name))
        stored = StoredFile(
            file_id=file_id,
            unique_id=f"AQAD{digest[:12]}",
            bot_id=bot_id,
            name=name,
            mime_type=_mime_type(name, content),
            size=len(content),
            path=f"{folder}/file_{len(self._files)}{suffix}",
            digest=digest,
            width=width,
            height=height,
        )
        self._keep(digest, content)
        self._files[file_id] = stored
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        """Look a file up by its id."""
        return self._files.get(file_id)

    def find_by_path(self, bot_id: int, path: str) -> StoredFile | None:
        """Look up what `/file/bot<token>/<path>` serves."""
        return next((f for f in self._files.values() if f.bot_id == bot_id and f.path == path), None)

    def content(self, stored: StoredFile) -> bytes:
        """Return the bytes of a file."""
        return self._contents[stored.digest]

    def snapshot(self) -> list[Json]:
        """Return all files without their contents, which the folder has."""
        return [asdict(stored) for stored in self._files.values()]

    def restore(self, rows: list[Json]) -> None:
        """Restore a snapshot; a file whose content is missing is left out."""
        for row in rows:
            stored = StoredFile(**row)
            path = self._folder / stored.digest if self._folder else None
            if path is not None and path.is_file():
                self._contents[stored.digest] = path.read_bytes()
                self._files[stored.file_id] = stored

    def _keep(self, digest: str, content: bytes) -> None:
        if digest in self._contents:
            return
        self._contents[digest] = content
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = self._folder / f".{digest}"
            temporary.write_bytes(content)
            temporary.replace(self._folder / digest)


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return suffix if suffix.isascii() and suffix[1:].isalnum() else ""


def _mime_type(name: str, content: bytes) -> str:
    if content.startswith(b"\x89PNG"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
