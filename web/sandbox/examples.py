"""The example files of goods from `docs/examples`, which the page sends to the admin's chat with one click."""

from pathlib import Path

from web.sandbox.errors import SandboxError
from web.sandbox.telegram.call import Upload

FOLDER = Path(__file__).resolve().parents[2].joinpath("docs", "examples")


def example_names() -> list[str]:
    """List the files."""
    return sorted(path.name for path in FOLDER.glob("goods.*"))


def example(name: str) -> Upload:
    """Read one of them. Raises SandboxError."""
    if name not in example_names():
        raise SandboxError("There is no such example.", 404)
    return Upload(name, FOLDER.joinpath(name).read_bytes())
