-- Pictures of the menu screens.

CREATE TABLE menu_picture (
    scene TEXT PRIMARY KEY CHECK (scene IN ('home', 'shop', 'cart', 'top_up', 'history', 'profile', 'help')),
    picture_id INTEGER NOT NULL REFERENCES picture (id)
) STRICT, WITHOUT ROWID;
