"""The settings: one table of names, types, defaults and help, and how it is read.

A setting is read from the environment, then from `.env`. Each may also be given as `NAME_FILE`, the path of a file
that holds the value (Docker and systemd secrets). The library reads and types them; the sentences are ours.
"""
