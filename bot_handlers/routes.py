"""What an update can be led to."""

from collections.abc import Callable
from typing import Any

from bot_handlers.conversations import Dialog
from bot_handlers.visits import Document, Visit

Route = Callable[[Visit, Any], None]
"""What the press of a button does; the second argument is its callback data."""
Answer = Callable[[Visit, Dialog, str], None]
"""What a typed text does in the middle of a dialog."""
FileAnswer = Callable[[Visit, Dialog, Document], None]
"""What a file or a photo does in the middle of a dialog."""
