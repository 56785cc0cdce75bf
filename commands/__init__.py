"""The commands of `app.py`, one subject a file; `serving` puts a shop together and runs it.

`shared` has what each of them needs: the settings, the open database, and words for what an operator can mend.
"""
