"""Callback data of what admins do with the goods. `came` says where Back leads (`views.editing`)."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ConfirmImport(Callback):
    """Put the good entries of a file into the shop."""

    prefix = "import"
    import_id: "int"


@dataclass(frozen=True, slots=True)
class CancelImport(Callback):
    """Forget a file of goods."""

    prefix = "noimport"
    import_id: "int"


@dataclass(frozen=True, slots=True)
class SendRefused(Callback):
    """Send what is wrong with a file, all of it."""

    prefix = "refused"
    import_id: "int"
