"""The checks of `app.py doctor`, which also work while the shop runs: files, settings and outside servers."""
