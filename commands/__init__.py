"""The commands of `app.py`, one subject a file; `serving` puts a shop together and runs it.

`shared` has what all of them need: the settings, the open database, and messages for problems that the operator can
fix.
"""
