"""Put the sandbox together: emulated Telegram and chains, their API, the page, and the saved state."""

import time
from collections.abc import Sequence
from pathlib import Path

from flask import Flask, Response, request

from web.sandbox.api import sandbox_api
from web.sandbox.chain_panel import ChainPanel
from web.sandbox.errors import SandboxError
from web.sandbox.examples import example_names
from web.sandbox.hosts import answer_own_names_only
from web.sandbox.page import sandbox_page
from web.sandbox.snapshots import Saver, SnapshotFile
from web.sandbox.telegram.emulator import Telegram
from web.sandbox.wire import Clock, Json

SNAPSHOT_NAME = "sandbox.json"
FILES_NAME = "sandbox-files"
CUSTOMER = {"first_name": "Ada", "language_code": "en"}
ADMIN = {"first_name": "Omar", "language_code": "en"}


class Sandbox:
    """A local Telegram and local chains for a shop.

    `providers_app` is what the shop calls (Telegram and the chains' servers). It needs a server of its own, so that a
    handler that calls Telegram never waits for itself. `register` adds the page and the API to the shop's own app.
    With `paced`, Telegram limits bots to one message a second in a chat over time, as the real one does. With
    `data_dir`, the last state is restored, and every change is saved within `save_delay_s`.

    Raises: SandboxError if the saved state cannot be read.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        chains: ChainPanel,
        *,
        clock: Clock = time.time,
        data_dir: Path | None = None,
        admin_id: int = 1,
        customer_id: int = 1001,
        save_delay_s: float = 0.2,
        retry_base_s: float = 2.0,
        hang_s: float = 35.0,
        paced: bool = False,
    ) -> None:
        self.chains = chains
        self._facts: Json = {"admin_id": admin_id, "customer_id": customer_id, "examples": example_names()}
        self._saver: Saver | None = None
        self.telegram = Telegram(
            tokens,
            clock=clock,
            files_folder=data_dir / FILES_NAME if data_dir else None,
            on_change=self.note_change,
            retry_base_s=retry_base_s,
            hang_s=hang_s,
        )
        self.telegram.fault("paced", int(paced))
        if data_dir is not None:
            snapshot = SnapshotFile(data_dir / SNAPSHOT_NAME)
            self._restore(snapshot.read(), data_dir)
            self._saver = Saver(snapshot, self._snapshot, delay_s=save_delay_s)
        known = {user["id"] for user in self.telegram.overview()["users"]}
        for user_id, profile in ((customer_id, CUSTOMER), (admin_id, ADMIN)):
            if user_id not in known:
                self.telegram.people.change(user_id, profile)

    def providers_app(self) -> Flask:
        """Return the app of the second server: the Bot API and the chains' servers."""
        app = Flask("souk-sandbox-providers", static_folder=None)
        answer_own_names_only(app, public=False)
        app.register_blueprint(self.telegram.blueprint())
        app.register_blueprint(self.chains.blueprint())

        @app.after_request
        def saved(reply: Response) -> Response:
            if request.method == "POST":
                self.note_change()
            return reply

        return app

    def register(self, app: Flask) -> None:
        """Add the page at `/` and the API at `/sandbox/api` to the shop's own app."""
        app.register_blueprint(sandbox_page())
        app.register_blueprint(sandbox_api(self.telegram, self.chains, facts=self._facts, on_change=self.note_change))

    def announce(self, **facts: Json) -> None:
        """Add facts about the shop for the page to show."""
        self._facts |= facts

    def note_change(self) -> None:
        """Schedule a save. Never blocks."""
        if self._saver is not None:
            self._saver.changed()

    def start(self) -> None:
        """Start delivering updates and saving."""
        if self._saver is not None:
            self._saver.start()
        self.telegram.start()

    def stop(self) -> None:
        """End every wait, and save once more."""
        self.telegram.stop()
        if self._saver is not None:
            self._saver.stop()

    def _snapshot(self) -> Json:
        return {"telegram": self.telegram.snapshot(), "chains": self.chains.snapshot()}

    def _restore(self, saved: Json | None, data_dir: Path) -> None:
        if saved is None:
            return
        try:
            self.telegram.restore(saved["telegram"])
            self.chains.restore(saved["chains"])
        except (KeyError, TypeError, ValueError, AttributeError):
            path = data_dir / SNAPSHOT_NAME
            raise SandboxError(
                f"The sandbox cannot use its saved state {path}: move it away to start over.", 500
            ) from None
