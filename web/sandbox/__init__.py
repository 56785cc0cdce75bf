"""A local Telegram and local blockchains in one page, for trying things out, rehearsing, and end-to-end tests.

Its own rooms: `telegram` (the emulated Bot API and its people), `chains` (the emulated providers), `api` (what the
page and the tests call), `page` (what a person sees). `sandbox` puts them together, `server` serves them.

Nothing is imported here: a shop that serves real customers loads none of it, though it knows `errors`.
"""
