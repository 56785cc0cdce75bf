"""A local Telegram and local blockchains in one page: to try, to rehearse, and to drive end-to-end tests.

Its own rooms: `telegram` (the emulated Bot API and its people), `chains` (the emulated providers), `api` (what the
page and the tests call), `page` (what a person sees). `sandbox` puts them together, `server` serves them.
"""

from web.sandbox.errors import SandboxError
from web.sandbox.sandbox import Sandbox
from web.sandbox.server import RunningServer, serve_in_thread

__all__ = ["RunningServer", "Sandbox", "SandboxError", "serve_in_thread"]
