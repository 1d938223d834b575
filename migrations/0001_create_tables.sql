-- What admins have set; NULL means the default of the configuration.
CREATE TABLE guild_settings (
    guild_id          INTEGER PRIMARY KEY,
    member_per_minute INTEGER,
    guild_per_minute  INTEGER,
    channels          TEXT NOT NULL DEFAULT '[]', -- JSON array of channel ids; empty allows all
    size              TEXT,
    style             TEXT,
    keep_days         INTEGER,
    sharing           INTEGER
) STRICT;

CREATE TABLE blocked_members (
    guild_id INTEGER NOT NULL,
    user_id  INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) STRICT, WITHOUT ROWID;

-- Every drawing that was made: its recipe, for the buttons under it and for suggestions.
CREATE TABLE drawings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id    INTEGER NOT NULL, -- 0 outside guilds
    user_id     INTEGER NOT NULL,
    prompt      BLOB NOT NULL,    -- sealed when a key is set
    prompt_hash BLOB NOT NULL,    -- keyed when a key is set
    recipe      TEXT NOT NULL,    -- JSON, without the prompt
    private     INTEGER NOT NULL,
    given_seed  INTEGER,          -- NULL where the seed follows from the words
    variation   INTEGER NOT NULL,
    root_id     INTEGER NOT NULL, -- the first drawing of its row of variations
    variations  INTEGER NOT NULL, -- of a root: the last variation that was handed out
    changes     INTEGER NOT NULL DEFAULT 0, -- the last small change that was handed out
    created_at  INTEGER NOT NULL  -- seconds since 1970
) STRICT;
CREATE INDEX drawings_of_user ON drawings (user_id, id);
CREATE INDEX drawings_of_guild ON drawings (guild_id, created_at);

CREATE TABLE saved_prompts (
    user_id    INTEGER NOT NULL,
    name       TEXT NOT NULL,
    prompt     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE gallery (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id   INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    drawing_id INTEGER NOT NULL UNIQUE,
    prompt     BLOB NOT NULL,
    recipe     TEXT NOT NULL,
    art        TEXT NOT NULL,
    shared_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX gallery_of_guild ON gallery (guild_id, id);
CREATE INDEX gallery_of_user ON gallery (user_id);

CREATE TABLE votes (
    gallery_id INTEGER NOT NULL REFERENCES gallery (id) ON DELETE CASCADE,
    user_id    INTEGER NOT NULL,
    PRIMARY KEY (gallery_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX votes_of_user ON votes (user_id);

-- What the bot remembers about itself: the hash of its registered commands, its last starts.
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
