"""The commands of `app.py`, one file for each subject; `serving` puts a shop together and runs it.

`shared` has what they all need: the settings, the open database, and plain sentences for errors that you can fix.
"""
