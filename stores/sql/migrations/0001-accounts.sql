-- Ids and folded names compare byte by byte, so that prefix ranges use their index whatever the locale.
-- *_key columns hold the folded form (NFKC, lower case) under which names are unique.
CREATE TABLE users (
  id text COLLATE "C" PRIMARY KEY,
  username text NOT NULL,
  username_key text COLLATE "C" NOT NULL CONSTRAINT users_username UNIQUE,
  email text,
  email_key text COLLATE "C" CONSTRAINT users_email UNIQUE,
  email_verified boolean NOT NULL DEFAULT false,
  phone text COLLATE "C" CONSTRAINT users_phone UNIQUE,
  phone_verified boolean NOT NULL DEFAULT false,
  password_hash text,
  display_name text NOT NULL,
  avatar_url text,
  status_message text,
  privacy jsonb NOT NULL,
  last_seen_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  erased_at timestamptz
);

-- What a user is found by: the folded username and the words of the display name.
-- Users who do not want to be found have no rows.
CREATE TABLE user_terms (
  term text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
  PRIMARY KEY (term, user_id)
);
CREATE INDEX user_terms_of ON user_terms (user_id, term);

-- A device is signed in while it has a refresh_hash. `family` is made anew by each sign-in.
-- The last rotation: when, of which token, at whose request.
CREATE TABLE devices (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL REFERENCES users ON DELETE CASCADE,
  name text,
  platform text,
  family text NOT NULL,
  refresh_hash text,
  spent_hash text,
  spent_request text,
  rotated_at timestamptz NOT NULL,
  refresh_expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX devices_of ON devices (user_id);
CREATE INDEX devices_revoked ON devices (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX devices_expiring ON devices (refresh_expires_at) WHERE refresh_hash IS NOT NULL;

-- A projection of the groups' logs. `version` is the seq of the last entry in it.
CREATE TABLE groups (
  id text COLLATE "C" PRIMARY KEY,
  version bigint NOT NULL,
  settings jsonb NOT NULL,
  owner_id text COLLATE "C" NOT NULL,
  member_count integer NOT NULL,
  created_at timestamptz NOT NULL
);

-- Present members only.
CREATE TABLE group_members (
  group_id text COLLATE "C" NOT NULL REFERENCES groups ON DELETE CASCADE,
  user_id text COLLATE "C" NOT NULL,
  role text NOT NULL,
  joined_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, group_id)
);
CREATE INDEX group_members_of ON group_members (group_id);

-- Answers to REST writes, by the caller's Idempotency-Key. No status: the first request is under way.
CREATE TABLE idempotency_keys (
  user_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  fingerprint text NOT NULL,
  status integer,
  body text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
