-- What belongs to a ticket's message: a file at Telegram, where it was written, and its edits. The message itself keeps
-- its first text.

-- A file is stored as Telegram's file id, which is valid for one bot; the shop has no copy of it.
CREATE TABLE ticket_file (
    message_id INTEGER PRIMARY KEY REFERENCES ticket_message (id) ON DELETE CASCADE,
    bot_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('photo', 'document', 'video', 'voice')),
    file_id TEXT NOT NULL CHECK (length(file_id) BETWEEN 1 AND 512),
    size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0)
) STRICT;

-- Telegram's id of the message, to which edits refer; `album` is the id shared by the parts of an album.
CREATE TABLE ticket_source (
    message_id INTEGER PRIMARY KEY REFERENCES ticket_message (id) ON DELETE CASCADE,
    author_id INTEGER NOT NULL REFERENCES customer (id),
    bot_id INTEGER NOT NULL,
    chat_message_id INTEGER NOT NULL,
    album TEXT NOT NULL DEFAULT '',
    UNIQUE (author_id, bot_id, chat_message_id)
) STRICT;
CREATE INDEX ticket_source_of_album ON ticket_source (author_id, album) WHERE album <> '';

CREATE TABLE ticket_edit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES ticket_message (id) ON DELETE CASCADE,
    text TEXT NOT NULL CHECK (text <> ''),
    edited_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ticket_edit_of_message ON ticket_edit (message_id, id);
