-- One row for each thing that the directory knows. Times are nanoseconds since 1970.
CREATE TABLE scalekit_directory (
    kind TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- Known to exist no more: kept, so that an older event does not bring it back.
    is_removed BOOLEAN NOT NULL,
    is_active BOOLEAN,
    -- In lower case.
    email TEXT,
    name TEXT,
    directory_id TEXT,
    -- Separated by spaces.
    group_ids TEXT NOT NULL,
    -- Of a member: when the membership has begun. Of an organization: when it was last listed in full. Of what was
    -- removed: when that was, at the latest.
    since BIGINT,
    -- When it was so: the time of the event or listing, and the event.
    changed_at BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    -- Numbers all writes, so that replicas read on from the last one.
    seq BIGINT NOT NULL,
    PRIMARY KEY (kind, organization_id, id)
);

CREATE UNIQUE INDEX scalekit_directory_seq ON scalekit_directory (seq);

-- One row: which process reads a full listing, until when, and when the last complete one was started.
CREATE TABLE scalekit_directory_listing (
    id INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    leased_until BIGINT NOT NULL,
    started_at BIGINT
);

INSERT INTO scalekit_directory_listing (id, holder, leased_until, started_at) VALUES (1, '', 0, NULL);
