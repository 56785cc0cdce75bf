"""The commands of `app.py` that work on a shop without running it, one subject a file.

`shared` has what each of them needs: the settings, the open database, and words for what an operator can mend.
"""
