"""A local Telegram and local blockchains in one page: to try, to rehearse, and to drive end-to-end tests."""
