"""A local Telegram and local blockchains on one page, to try the shop, to rehearse, and to drive end-to-end tests.

`telegram` holds the emulated Bot API and its users, `chains` the emulated chain servers, `api` what the page and the
tests call, `page` what a person sees. `sandbox` puts them together, and `server` serves them.

Nothing is imported here, so a shop that serves real customers loads only `errors`.
"""
