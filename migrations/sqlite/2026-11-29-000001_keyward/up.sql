-- Times are unix milliseconds, ids are UUIDs as text. The other database has the same tables in the
-- same order; a test compares them.

-- The instance

-- What is remembered once for the whole instance, by name.
CREATE TABLE instance (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- The servers that use this database now, and the settings that all of them must share.
CREATE TABLE nodes (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- What one process does at a time, over all that use this database: who does it, and until when
-- that counts unless it is said again.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- Written and removed again, to find out whether anything can be written.
CREATE TABLE probes (
    id TEXT NOT NULL PRIMARY KEY,
    filling BLOB NOT NULL
) STRICT;

-- Numbers that are kept, not counted.
CREATE TABLE tallies (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
INSERT INTO tallies (name, number) VALUES ('stopping_devices', 0), ('application_changes', 0),
    ('openid_client_changes', 0), ('openid_key_changes', 0);

-- People

-- Everybody who has an account.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    -- What they are called, beside the name that they type.
    display_name TEXT,
    email TEXT,
    email_folded TEXT,
    password_hash TEXT,
    -- How often the password was set or taken away: what was found right before the last time is
    -- right no more.
    password_version INTEGER NOT NULL DEFAULT 0,
    -- Who they are to authenticators (WebAuthn's user handle).
    handle BLOB NOT NULL UNIQUE,
    is_superuser INTEGER NOT NULL CHECK (is_superuser IN (0, 1)),
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    default_device TEXT REFERENCES devices (id) ON DELETE SET NULL,
    -- How many devices point here: lists show it, and who has none is found by it.
    device_count INTEGER NOT NULL DEFAULT 0,
    -- Whether the row in `user_search` is up to date.
    is_searchable INTEGER NOT NULL DEFAULT FALSE CHECK (is_searchable IN (0, 1)),
    created_at INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT;
CREATE INDEX users_by_email ON users (email_folded, id);
CREATE INDEX users_by_default_device ON users (default_device) WHERE default_device IS NOT NULL;
CREATE INDEX users_superusers ON users (is_superuser) WHERE is_superuser;
CREATE INDEX users_unsearchable ON users (id) WHERE NOT is_searchable;
CREATE INDEX users_with_device ON users (id) WHERE device_count > 0;
CREATE INDEX users_without_device_by_name ON users (name_folded) WHERE device_count = 0;

-- What people are found by: parts of their names and addresses, in a form without case and accents.
-- A user who has no row yet gets one from the server that runs.
CREATE TABLE user_search (
    -- In the order in which people came.
    place INTEGER NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE user_grams USING fts5 (
    text, content = 'user_search', content_rowid = 'place',
    tokenize = 'trigram case_sensitive 1', detail = none, columnsize = 0
);
-- What is removed is to be in no page of the file.
INSERT INTO user_grams (user_grams, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER user_search_added AFTER INSERT ON user_search BEGIN
    INSERT INTO user_grams (rowid, text) VALUES (new.place, new.text);
END;
CREATE TRIGGER user_search_removed AFTER DELETE ON user_search BEGIN
    INSERT INTO user_grams (user_grams, rowid, text) VALUES ('delete', old.place, old.text);
END;
CREATE TRIGGER user_search_changed AFTER UPDATE ON user_search BEGIN
    INSERT INTO user_grams (user_grams, rowid, text) VALUES ('delete', old.place, old.text);
    INSERT INTO user_grams (rowid, text) VALUES (new.place, new.text);
END;

-- Groups are there before they have members, and after the last one has left. One that is being
-- removed is a group no more: its name is taken until its last member has left.
CREATE TABLE groups (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Kept by the triggers below, not counted.
    members INTEGER NOT NULL DEFAULT 0,
    removed_at INTEGER,
    -- Whether those who leave are to be judged by policy, for the group had one.
    judges_leavers INTEGER NOT NULL DEFAULT FALSE CHECK (judges_leavers IN (0, 1))
) STRICT;
CREATE INDEX groups_removed ON groups (name) WHERE removed_at IS NOT NULL;

-- Who belongs to which group.
CREATE TABLE group_members (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
) STRICT;
CREATE INDEX group_members_by_group ON group_members (group_id, user_id);
CREATE TRIGGER group_members_joined AFTER INSERT ON group_members BEGIN
    UPDATE groups SET members = members + 1 WHERE id = new.group_id;
END;
CREATE TRIGGER group_members_left AFTER DELETE ON group_members BEGIN
    UPDATE groups SET members = members - 1 WHERE id = old.group_id;
END;

-- What the members of a group may do at the console.
CREATE TABLE group_roles (
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('help-desk', 'auditor')),
    PRIMARY KEY (group_id, role)
) STRICT;

-- What one user may do there.
CREATE TABLE user_roles (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('help-desk', 'auditor')),
    PRIMARY KEY (user_id, role)
) STRICT;

-- Devices

-- What people prove themselves with. What only one kind knows stands in the table of that kind.
CREATE TABLE devices (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    model TEXT,
    state TEXT NOT NULL CHECK (state IN ('active', 'suspect', 'lost')),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    -- When it was last used, or else enrolled: what "unused for N days" asks.
    idle_since INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of_user ON devices (user_id, kind, idle_since, id);
CREATE INDEX devices_by_idleness ON devices (idle_since, id);
CREATE INDEX devices_by_kind_and_idleness ON devices (kind, idle_since, id);
CREATE INDEX devices_suspect ON devices (idle_since, id) WHERE state = 'suspect';
CREATE INDEX devices_suspect_by_kind ON devices (kind, idle_since, id) WHERE state = 'suspect';

-- Passkeys and security keys.
CREATE TABLE credentials (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE,
    public_key BLOB NOT NULL,
    sign_count INTEGER NOT NULL,
    aaguid TEXT NOT NULL,
    transports TEXT NOT NULL,
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up INTEGER NOT NULL CHECK (backed_up IN (0, 1)),
    user_verified INTEGER NOT NULL CHECK (user_verified IN (0, 1)),
    discoverable INTEGER CHECK (discoverable IN (0, 1)),
    attestation_format TEXT NOT NULL
) STRICT;

-- What came with credentials that proved their make: the certificates, DER in base64, one a line.
CREATE TABLE attestations (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES credentials (device_id) ON DELETE CASCADE,
    -- Whether they lead to a root of the model, as metadata had them.
    is_verified INTEGER NOT NULL CHECK (is_verified IN (0, 1)),
    chain TEXT NOT NULL,
    -- Which one of all the first says that it is, as it is printed on keys, and whose: proved where they lead there.
    serial TEXT,
    serial_maker TEXT
) STRICT;
CREATE INDEX attestations_by_serial ON attestations (serial) WHERE serial IS NOT NULL;

-- Why a device is suspect: the counter that was stored, the one that came, when and from where.
CREATE TABLE suspicions (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    raised_at INTEGER NOT NULL,
    stored_count INTEGER NOT NULL,
    presented_count INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;

-- Authenticator apps. The secret is sealed; of its codes, the step of the last that was accepted.
CREATE TABLE totp_secrets (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    digits INTEGER NOT NULL,
    step INTEGER NOT NULL,
    t0 INTEGER NOT NULL,
    tolerance INTEGER NOT NULL,
    drift INTEGER NOT NULL,
    last_step INTEGER NOT NULL
) STRICT;

-- YubiKeys that type one-time passwords.
CREATE TABLE yubikeys (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    public_id TEXT NOT NULL UNIQUE
) STRICT;

-- Where a device is sent codes: its address, confirmed by a code before it was added.
CREATE TABLE delivery_addresses (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    method TEXT NOT NULL CHECK (method IN ('mail', 'sms', 'call')),
    -- Sealed.
    address BLOB NOT NULL,
    -- Keyed: the same address is known again without being opened.
    address_hash TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX delivery_addresses_once ON delivery_addresses (user_id, method, address_hash);

-- The codes of a set, as keyed hashes. The set itself is a device.
CREATE TABLE backup_codes (
    device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (device_id, code_hash)
) STRICT;

-- Sessions

-- What a browser's cookie stands for, also before a user signs in.
CREATE TABLE browser_sessions (
    key_hash TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Who was signed in when it began, to bound how many a user has.
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);
CREATE INDEX browser_sessions_of_user ON browser_sessions (user_id, expires_at)
    WHERE user_id IS NOT NULL;

-- Browsers that may stand in for the second factor for a while. What opens is a random key in the
-- browser's cookie, of which only the hash is here; it changes at each use.
CREATE TABLE trusted_browsers (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The device that was proved when the trust began. The trust ends with it.
    device_id TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
    key_hash TEXT NOT NULL,
    previous_hash TEXT,
    rotated_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX trusted_browsers_of_user ON trusted_browsers (user_id, id);
CREATE INDEX trusted_browsers_by_device ON trusted_browsers (device_id);
CREATE INDEX trusted_browsers_by_expiry ON trusted_browsers (expires_at);

-- Sessions: what a user has open from a sign-in until they sign out.
CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    identifier_hash TEXT NOT NULL UNIQUE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    assurance TEXT NOT NULL CHECK (
        assurance IN ('pass', 'enrolment', 'short', 'password', 'remembered', 'verified')
    ),
    -- The authenticator assurance level that was reached (NIST SP 800-63B-4 §2).
    level TEXT NOT NULL DEFAULT 'aal1' CHECK (level IN ('aal1', 'aal2', 'aal3')),
    methods TEXT NOT NULL,
    -- The device that was proved. Its removal first ends the sessions that it proved.
    device_id TEXT REFERENCES devices (id) ON DELETE SET NULL,
    trusted_browser_id TEXT,
    opened_at INTEGER NOT NULL,
    -- When its user last proved themselves as well as they can.
    proved_at INTEGER,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user_id, last_seen_at, id, expires_at);
CREATE INDEX sessions_by_device ON sessions (device_id);
CREATE INDEX sessions_by_browser ON sessions (trusted_browser_id)
    WHERE trusted_browser_id IS NOT NULL;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
-- They are listed in the order in which they were last seen: the idle ones come last.
CREATE INDEX sessions_by_activity ON sessions (last_seen_at, id, expires_at);

-- What a user is in the middle of: sealed, and each step taken once by its version.
CREATE TABLE journeys (
    id TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    stage BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX journeys_by_expiry ON journeys (expires_at);
CREATE INDEX journeys_of_user ON journeys (user_id);

-- The code that a journey waits for: one at most, as a keyed hash.
CREATE TABLE delivered_codes (
    journey_id TEXT NOT NULL PRIMARY KEY REFERENCES journeys (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    -- None while the device is being added.
    device_id TEXT REFERENCES devices (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX delivered_codes_of_device ON delivered_codes (device_id);

-- How many codes were sent within a day, to an address and for a user.
CREATE TABLE code_sendings (
    scope TEXT NOT NULL PRIMARY KEY,
    began_at INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;
CREATE INDEX code_sendings_by_age ON code_sendings (last_at);

-- Applications

-- What stands behind a proxy that asks us who may pass.
CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    -- Whom to ask by people who may not go on.
    contact TEXT NOT NULL,
    -- Each change counts it on, and says which it was made from.
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Where it is reached: `app.example.org` or `*.apps.example.org`.
CREATE TABLE application_hosts (
    host TEXT NOT NULL PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX application_hosts_of ON application_hosts (application_id, position);

-- Who may go where: the first that matches decides.
CREATE TABLE application_rules (
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- In capitals, with commas between them; none stands for all.
    methods TEXT NOT NULL,
    path TEXT NOT NULL,
    who TEXT NOT NULL CHECK (who IN ('bypass', 'deny', 'anyone', 'members')),
    level TEXT NOT NULL CHECK (
        level IN ('session', 'second-factor', 'phishing-resistant', 'hardware')
    ),
    -- How old a proof may be.
    within INTEGER,
    -- Whether an API token stands for a proof.
    takes_tokens INTEGER NOT NULL CHECK (takes_tokens IN (0, 1)),
    PRIMARY KEY (application_id, position)
) STRICT;

-- The groups that a rule names.
CREATE TABLE application_rule_groups (
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (application_id, position, group_id)
) STRICT;
CREATE INDEX application_rule_groups_by_group ON application_rule_groups (group_id);

-- The users that a rule names.
CREATE TABLE application_rule_users (
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (application_id, position, user_id)
) STRICT;
CREATE INDEX application_rule_users_by_user ON application_rule_users (user_id);

-- What browsers hold of a session at the hosts of applications: it opens those, and nothing here.
CREATE TABLE application_sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- The one host that it is good for; none for all under `session.cookie_domain`.
    host TEXT,
    opened_at INTEGER NOT NULL
) STRICT;
CREATE INDEX application_sessions_of ON application_sessions (session_id, opened_at);

-- Codes that lead from here to the host of an application, once.
CREATE TABLE hand_overs (
    code_hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    -- What the browser at that host must show beside the code.
    browser_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX hand_overs_of ON hand_overs (session_id);
CREATE INDEX hand_overs_by_expiry ON hand_overs (expires_at);

-- The OpenID provider: clients and keys

-- Who may ask us to sign people in, or for tokens of their own.
CREATE TABLE openid_clients (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    -- Whom to ask by people who may not go on.
    contact TEXT NOT NULL,
    authentication TEXT NOT NULL CHECK (
        authentication IN ('none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt',
            'tls_client_auth')
    ),
    -- Who may sign in, and what they must have proved.
    who TEXT NOT NULL CHECK (who IN ('deny', 'anyone', 'members')),
    level TEXT NOT NULL CHECK (
        level IN ('session', 'second-factor', 'phishing-resistant', 'hardware')
    ),
    within INTEGER,
    subject_type TEXT NOT NULL CHECK (subject_type IN ('public', 'pairwise')),
    access_token TEXT NOT NULL CHECK (access_token IN ('opaque', 'jwt')),
    id_token_algorithm TEXT NOT NULL,
    asks_consent INTEGER NOT NULL CHECK (asks_consent IN (0, 1)),
    requires_pkce INTEGER NOT NULL CHECK (requires_pkce IN (0, 1)),
    -- Each change counts it on, and says which it was made from.
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- What a client has none, one or several of: addresses, grant types, scopes, public keys.
CREATE TABLE openid_client_values (
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (
        kind IN ('redirect_uri', 'post_logout_redirect_uri', 'logo_uri', 'backchannel_logout_uri',
            'keys', 'certificate', 'grant', 'scope')
    ),
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (client_id, kind, position)
) STRICT;

-- The groups whose members may sign in.
CREATE TABLE openid_client_groups (
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    PRIMARY KEY (client_id, group_id)
) STRICT;
CREATE INDEX openid_client_groups_by_group ON openid_client_groups (group_id);

-- The users who may sign in.
CREATE TABLE openid_client_users (
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (client_id, user_id)
) STRICT;
CREATE INDEX openid_client_users_by_user ON openid_client_users (user_id);

-- What clients prove themselves by, as hashes. Two overlap while one takes the other's place.
CREATE TABLE openid_client_secrets (
    hash TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    -- None for the present one.
    expires_at INTEGER
) STRICT;
CREATE INDEX openid_client_secrets_of ON openid_client_secrets (client_id);
CREATE INDEX openid_client_secrets_by_expiry ON openid_client_secrets (expires_at)
    WHERE expires_at IS NOT NULL;

-- The keys that sign tokens. Of each algorithm there is one that signs, and one that is published ahead.
CREATE TABLE openid_keys (
    -- The thumbprint of the public half.
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    -- The private half, sealed.
    private_key BLOB NOT NULL,
    public_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Since when it signs.
    activated_at INTEGER,
    -- Until when what it signed is verified.
    expires_at INTEGER
) STRICT;
CREATE UNIQUE INDEX openid_keys_next ON openid_keys (algorithm) WHERE state = 'next';
CREATE UNIQUE INDEX openid_keys_active ON openid_keys (algorithm) WHERE state = 'active';

-- Grants to OpenID clients

-- What users let clients have, each in one session. It ends with the session, in whatever way that ends:
-- then the reference is empty, which is what its clients are told of.
CREATE TABLE openid_grants (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    -- NULL: the client acts for itself.
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    session_id TEXT REFERENCES sessions (id) ON DELETE SET NULL,
    -- What the client knows the session by; empty where there was none.
    sid TEXT NOT NULL,
    scopes TEXT NOT NULL,
    claims TEXT NOT NULL,
    -- What had been proved then.
    auth_time INTEGER,
    acr TEXT NOT NULL,
    methods TEXT NOT NULL,
    -- The device that had proved it; empty where it is gone.
    device_id TEXT REFERENCES devices (id) ON DELETE SET NULL,
    is_by_device INTEGER NOT NULL CHECK (is_by_device IN (0, 1)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX openid_grants_of_client ON openid_grants (client_id);
CREATE INDEX openid_grants_of_user ON openid_grants (user_id);
CREATE INDEX openid_grants_of_session ON openid_grants (session_id, client_id);
CREATE INDEX openid_grants_of_device ON openid_grants (device_id);
CREATE INDEX openid_grants_by_expiry ON openid_grants (expires_at);
CREATE INDEX openid_grants_left ON openid_grants (id)
    WHERE (ended_at IS NULL) AND (sid <> '') AND (session_id IS NULL);
CREATE INDEX openid_grants_bereft ON openid_grants (id)
    WHERE (ended_at IS NULL) AND is_by_device AND (device_id IS NULL);

-- Authorization codes. One that was used stays for as long as its grant, so that it is known when it
-- comes again.
CREATE TABLE openid_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES openid_grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT,
    nonce TEXT,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX openid_codes_of ON openid_codes (grant_id);

CREATE TABLE openid_access_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES openid_grants (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_access_tokens_of ON openid_access_tokens (grant_id);
CREATE INDEX openid_access_tokens_by_expiry ON openid_access_tokens (expires_at);

-- Refresh tokens, a row a family: the half that stays, the half that is good now, and the one before.
CREATE TABLE openid_refresh_tokens (
    family_hash TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES openid_grants (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    current_hash TEXT NOT NULL,
    previous_hash TEXT,
    rotated_at INTEGER,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_refresh_tokens_of ON openid_refresh_tokens (grant_id);

-- Codes of devices without a browser, until their users have said what becomes of them.
CREATE TABLE openid_device_codes (
    code_hash TEXT NOT NULL PRIMARY KEY,
    -- What is typed, without the hyphen.
    user_code TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'granted', 'declined')),
    grant_id TEXT REFERENCES openid_grants (id) ON DELETE CASCADE,
    next_poll_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_device_codes_of ON openid_device_codes (client_id, expires_at);
CREATE INDEX openid_device_codes_of_grant ON openid_device_codes (grant_id);
CREATE INDEX openid_device_codes_by_expiry ON openid_device_codes (expires_at);

-- Requests that clients pushed, until their users come with the references.
CREATE TABLE openid_pushed_requests (
    reference_hash TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    parameters TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_pushed_requests_of ON openid_pushed_requests (client_id);
CREATE INDEX openid_pushed_requests_by_expiry ON openid_pushed_requests (expires_at);

-- What clients are still to be told of sessions that ended.
CREATE TABLE openid_session_ends (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    sid TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    tries INTEGER NOT NULL,
    -- Not before this moment. Whoever claims a row moves it on: a lease that runs out by itself.
    due_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (client_id, sid)
) STRICT;
CREATE INDEX openid_session_ends_due ON openid_session_ends (due_at);
CREATE INDEX openid_session_ends_of_user ON openid_session_ends (user_id);

-- Assertions by which clients proved themselves, as digests: each works once.
CREATE TABLE openid_assertions (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX openid_assertions_by_expiry ON openid_assertions (expires_at);

-- What users agreed to let clients know that ask them, until they take it back.
CREATE TABLE openid_consents (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL REFERENCES openid_clients (id) ON DELETE CASCADE,
    -- With blanks between them.
    scopes TEXT NOT NULL,
    agreed_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, client_id)
) STRICT;
CREATE INDEX openid_consents_of_client ON openid_consents (client_id);

-- Links and passes

-- Links by which the first superuser is made, as hashes.
CREATE TABLE setup_links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Who was invited by mail. What opens is a random token in the mail's link, of which only the hash
-- is here; it works once, and sending the mail again puts another in its place.
CREATE TABLE invitations (
    id TEXT NOT NULL PRIMARY KEY,
    -- The account that it makes has this address and no other.
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    -- NULL: the command line.
    invited_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'revoked', 'expired')),
    ended_at INTEGER,
    user_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    -- Why its mail was given up.
    mail_failure TEXT
) STRICT;
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (email_folded) WHERE state = 'open';
CREATE INDEX invitations_by_expiry ON invitations (expires_at);

-- The groups that whoever accepts an invitation joins. Those that are not there are made then.
CREATE TABLE invitation_groups (
    invitation_id TEXT NOT NULL REFERENCES invitations (id) ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    PRIMARY KEY (invitation_id, group_name)
) STRICT;
-- Where a user goes, the rows that refer to them are looked for: by an index, not from end to end.
CREATE INDEX invitations_by_inviter ON invitations (invited_by) WHERE invited_by IS NOT NULL;
CREATE INDEX invitations_of_user ON invitations (user_id) WHERE user_id IS NOT NULL;

-- Temporary access passes, at most one a user. What is typed is kept as a keyed hash.
CREATE TABLE passes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    -- NULL: the command line.
    issued_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    is_once INTEGER NOT NULL CHECK (is_once IN (0, 1)),
    used_at INTEGER
) STRICT;
CREATE INDEX passes_by_expiry ON passes (expires_at);
CREATE INDEX passes_by_issuer ON passes (issued_by) WHERE issued_by IS NOT NULL;

-- Links by which a forgotten password is replaced, as hashes. One works once.
CREATE TABLE recoveries (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The address that it was sent to: another one by now, and it is void.
    email_folded TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Links that an administrator hands over are bound to no address.
    is_handed_over INTEGER NOT NULL DEFAULT FALSE CHECK (is_handed_over IN (0, 1))
) STRICT;
CREATE INDEX recoveries_of_user ON recoveries (user_id);
CREATE INDEX recoveries_by_expiry ON recoveries (expires_at);

-- One-time links in mails by which an owner says that it was not them.
CREATE TABLE objections (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    event TEXT NOT NULL,
    -- No reference: the change may be that the device was removed.
    device_id TEXT,
    expires_at INTEGER NOT NULL,
    -- What the page tells of the change: when, which device, and from where.
    happened_at INTEGER,
    device TEXT,
    address TEXT,
    user_agent TEXT,
    -- Where mail reached the owner before: an objection to another address puts it back.
    former_email TEXT
) STRICT;
CREATE INDEX objections_of_user ON objections (user_id);
CREATE INDEX objections_by_expiry ON objections (expires_at);

-- Tries, and what is spent

-- Counts of tries, and locks. Every sign-in writes here: each row is kept in the tree of its
-- primary key alone.
CREATE TABLE attempts (
    scope TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    locks INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Failures that only a success ends.
    in_a_row INTEGER NOT NULL DEFAULT 0,
    -- The event that tells of tries while the count is locked.
    lock_event TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_age ON attempts (updated_at);
CREATE INDEX attempts_failed ON attempts (updated_at) WHERE failures > 0;
-- What is not locked stands in no index of locks.
CREATE INDEX attempts_by_lock ON attempts (locked_until) WHERE locked_until > 0;

-- Who was tried from an address: what is being judged, and what came of it last: failures, or -1 for
-- a user who got in.
CREATE TABLE address_tries (
    address TEXT NOT NULL,
    whose TEXT NOT NULL,
    pending INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    PRIMARY KEY (address, whose)
) STRICT, WITHOUT ROWID;
CREATE INDEX address_tries_by_age ON address_tries (tried_at);

-- Names that were tried and not yet got right, by the network from which: many of them from one
-- network are an attacker who tries a few passwords on every user.
CREATE TABLE failed_names (
    network TEXT NOT NULL,
    scope TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (network, scope)
) STRICT;
CREATE INDEX failed_names_by_age ON failed_names (failed_at);
CREATE INDEX failed_names_by_scope ON failed_names (scope);

-- One-time passwords that were accepted here, by their digests: whatever a validation service
-- says a second time, it is not accepted twice.
CREATE TABLE spent_otps (
    digest TEXT NOT NULL PRIMARY KEY,
    spent_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_otps_by_age ON spent_otps (spent_at);

-- Challenges of sign-ins without a user name that were answered. Each carries its own end, after
-- which it is refused by its age and its row is swept.
CREATE TABLE spent_challenges (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_challenges_by_expiry ON spent_challenges (expires_at);

-- Sign-in at other OpenID providers

-- Who users are there. At one provider a user is one person, and a person there is one user here.
CREATE TABLE upstream_links (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer TEXT NOT NULL,
    -- What is never given to another person there: `oid` at Entra, `sub` elsewhere.
    subject TEXT NOT NULL,
    -- What they were called there when the link was made.
    called TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    UNIQUE (issuer, subject),
    UNIQUE (user_id, issuer)
) STRICT;

-- The sessions that were opened by a link, and the sessions there that they hang on.
CREATE TABLE upstream_sessions (
    session_id TEXT NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    link_id TEXT NOT NULL REFERENCES upstream_links (id) ON DELETE CASCADE,
    -- The `sub` of the token, which a token that ends sessions names.
    sub TEXT NOT NULL,
    sid TEXT
) STRICT;
CREATE INDEX upstream_sessions_of_link ON upstream_sessions (link_id);

-- What providers answered, and can answer once: by the digests of states and of tokens that end
-- sessions.
CREATE TABLE spent_upstream_answers (
    digest TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_upstream_answers_by_expiry ON spent_upstream_answers (expires_at);

-- Policy

-- One for everybody, whose scope is empty, and one for each group that has its own.
CREATE TABLE policies (
    scope TEXT NOT NULL PRIMARY KEY,
    -- What is in force, as JSON; nothing before it was first switched on.
    rules TEXT,
    -- What an administrator is preparing.
    draft TEXT,
    version INTEGER NOT NULL,
    switched_on_at INTEGER,
    -- Whether it was switched on without mails to those whom it concerns.
    is_quiet INTEGER NOT NULL DEFAULT FALSE CHECK (is_quiet IN (0, 1))
) STRICT;

-- The serial number of the metadata that models were verified by: one row.
CREATE TABLE policy_state (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    verified_by INTEGER NOT NULL
) STRICT;
INSERT INTO policy_state (id, verified_by) VALUES (1, -1);

-- Whose devices and duties are still to be judged by policy: of everybody, where the scope is empty,
-- or of a group's members. The node that judges moves `after_user` on.
CREATE TABLE judgements (
    scope TEXT NOT NULL PRIMARY KEY,
    -- Rises each time that it is wanted anew.
    number INTEGER NOT NULL,
    -- What changed concerns no user without a device.
    owners_only INTEGER NOT NULL CHECK (owners_only IN (0, 1)),
    after_user TEXT NOT NULL,
    judged INTEGER NOT NULL,
    people INTEGER NOT NULL
) STRICT;

-- Enrolled devices that do not satisfy policy any more, until when they may still be used.
CREATE TABLE stopping_devices (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    reasons TEXT NOT NULL,
    since INTEGER NOT NULL,
    deadline INTEGER NOT NULL
) STRICT;
CREATE INDEX stopping_devices_by_deadline ON stopping_devices (deadline, device_id);
CREATE TRIGGER stopping_devices_added AFTER INSERT ON stopping_devices BEGIN
    UPDATE tallies SET number = number + 1 WHERE name = 'stopping_devices';
END;
CREATE TRIGGER stopping_devices_removed AFTER DELETE ON stopping_devices BEGIN
    UPDATE tallies SET number = number - 1 WHERE name = 'stopping_devices';
END;

-- What policy asks of people rather than of their devices, since when, and when they are reminded.
CREATE TABLE duties (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('second-factor', 'more-devices')),
    since INTEGER NOT NULL,
    deadline INTEGER,
    remind_at INTEGER,
    PRIMARY KEY (user_id, kind)
) STRICT;
CREATE INDEX duties_to_remind ON duties (remind_at) WHERE remind_at IS NOT NULL;

-- Metadata

-- The edition of FIDO metadata that is in use: one row, whose serial number only rises.
CREATE TABLE metadata_edition (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    serial INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    models INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;
INSERT INTO metadata_edition (id, serial, next_update, imported_at, models, digest)
VALUES (1, -1, 0, 0, 0, '');

-- Models of authenticators, as metadata describe them.
CREATE TABLE models (
    aaguid TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    -- What policy looks at, as JSON.
    facts TEXT NOT NULL,
    -- The roots of its attestation, DER in base64, one a line.
    roots TEXT NOT NULL,
    icon BLOB,
    -- The whole entry as JSON.
    entry TEXT NOT NULL
) STRICT;

-- One-time passwords

-- Services that judge one-time passwords of keys whose secrets they hold.
CREATE TABLE validation_services (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    urls TEXT NOT NULL,
    client_id INTEGER NOT NULL,
    -- Sealed.
    api_key BLOB,
    sync_level TEXT,
    timeout INTEGER NOT NULL,
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    -- The certificates of authorities that its servers may be signed by, as PEM.
    ca TEXT
) STRICT;

-- Slots whose secrets are held here. `secret` holds the private id and the AES key, sealed for this
-- public id. The counters are -1 until a one-time password was accepted.
CREATE TABLE otp_keys (
    public_id TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    secret BLOB NOT NULL,
    -- What the slot asks for before it lets itself be programmed again, sealed for its key.
    lock_code BLOB,
    serial INTEGER,
    counter INTEGER NOT NULL,
    session_use INTEGER NOT NULL,
    device_clock INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
CREATE INDEX otp_keys_by_serial ON otp_keys (serial) WHERE serial IS NOT NULL;

-- Who may ask the validation server. Revoked clients keep their ids, which are not given again.
CREATE TABLE validation_clients (
    id INTEGER NOT NULL PRIMARY KEY,
    -- Sealed.
    api_key BLOB NOT NULL,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    note TEXT NOT NULL,
    owner TEXT NOT NULL,
    -- Networks, a line each; none allows every address.
    addresses TEXT NOT NULL,
    -- Verifications a minute; none allows any number.
    rate_limit INTEGER,
    must_sign INTEGER NOT NULL CHECK (must_sign IN (0, 1)),
    may_see_user INTEGER NOT NULL CHECK (may_see_user IN (0, 1)),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

-- How much of its share a client of the validation server has used, over all servers.
CREATE TABLE validation_rates (
    client_id INTEGER NOT NULL PRIMARY KEY,
    used_up INTEGER NOT NULL
) STRICT;

-- The API

CREATE TABLE api_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    -- Of 256 random bits.
    secret_hash TEXT NOT NULL UNIQUE,
    owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Separated by spaces.
    scopes TEXT NOT NULL,
    -- Networks, a line each; none allows every address.
    networks TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_tokens_of_owner ON api_tokens (owner_id);

-- What was created for a request that may be sent again.
CREATE TABLE answered_requests (
    -- The keyed hash of the token and the key that it chose.
    key_hash TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- Sealed: what was created, written with it.
    outcome BLOB,
    -- Sealed: how that was told.
    answer BLOB
) STRICT;
CREATE INDEX answered_requests_by_end ON answered_requests (expires_at);

-- The trail and the outbox

-- What happened. No foreign keys: the trail outlives what it tells of.
CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    refusal TEXT,
    actor TEXT NOT NULL,
    actor_user TEXT,
    subject_user TEXT,
    device_id TEXT,
    detail TEXT,
    address TEXT,
    user_agent TEXT,
    -- The name of the API token by which it was done.
    api_token TEXT
) STRICT;
CREATE INDEX events_of_subject ON events (subject_user, id);
CREATE INDEX events_of_subject_and_kind ON events (subject_user, kind, id);
CREATE INDEX events_by_kind ON events (kind, id);
-- What people do to others is rare: two small indexes beside those of the subject.
CREATE INDEX events_of_actor ON events (actor_user, id)
    WHERE actor_user IS DISTINCT FROM subject_user;
CREATE INDEX events_of_actor_and_kind ON events (actor_user, kind, id)
    WHERE actor_user IS DISTINCT FROM subject_user;
CREATE INDEX events_refused ON events (at) WHERE refusal IS NOT NULL;

-- How often the same happened again that an event tells of, and when last.
CREATE TABLE event_repeats (
    event_id TEXT NOT NULL PRIMARY KEY,
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What is to be sent, until it is sent: written in the transaction of what it tells of.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL CHECK (channel IN ('mail')),
    -- Messages wait for those of their class alone: codes and links, which a user waits for, do not
    -- wait for notices.
    class TEXT NOT NULL DEFAULT 'notice' CHECK (class IN ('awaited', 'invitation', 'notice')),
    topic TEXT NOT NULL,
    -- What it is about, where what it says can lose its meaning before it is sent: it is withdrawn
    -- then.
    about TEXT,
    user_id TEXT,
    -- Where it goes, sealed, also after its content was forgotten.
    recipient BLOB,
    -- Sealed; forgotten at the end.
    content BLOB,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'withdrawn')),
    tries INTEGER NOT NULL,
    -- Not before this moment. The node that claims a row moves it on: a lease that runs out by itself.
    due_at INTEGER NOT NULL,
    lease TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    failure TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, class, due_at, id) WHERE state = 'waiting';
CREATE INDEX outbox_by_topic ON outbox (user_id, topic, created_at);
CREATE INDEX outbox_by_about ON outbox (about) WHERE about IS NOT NULL;
CREATE INDEX outbox_ended ON outbox (ended_at) WHERE ended_at IS NOT NULL;

-- Events out

-- Addresses to which events are sent as they happen.
CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    -- Kinds and families (`device.*`) with a space before and after each; empty for all.
    kinds TEXT NOT NULL,
    -- Sealed; the one before signs too until its moment.
    secret BLOB NOT NULL,
    former_secret BLOB,
    former_until INTEGER,
    is_enabled INTEGER NOT NULL CHECK (is_enabled IN (0, 1)),
    created_at INTEGER NOT NULL,
    delivered_at INTEGER,
    failed_at INTEGER,
    failure TEXT
) STRICT;

-- Events on their way to webhooks, in the order in which they happened. What was delivered is
-- removed; what was given up stays to be sent again.
CREATE TABLE webhook_deliveries (
    position INTEGER NOT NULL PRIMARY KEY,
    webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    event_id TEXT NOT NULL,
    -- Whose events are sent one after the other.
    user_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'dead')),
    tries INTEGER NOT NULL,
    -- Not before this moment. Whoever claims a row moves it on: a lease that runs out by itself.
    due_at INTEGER NOT NULL,
    lease TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER,
    failure TEXT
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_of_user ON webhook_deliveries (webhook_id, user_id, position)
    WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_dead ON webhook_deliveries (webhook_id, position)
    WHERE state = 'dead';
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id);

-- Other systems to which events go as they are committed, as long as a server has signed them up.
CREATE TABLE export_sinks (
    name TEXT NOT NULL PRIMARY KEY
) STRICT;

-- Events that are not out yet, for each of those.
CREATE TABLE export_queue (
    position INTEGER NOT NULL PRIMARY KEY,
    sink TEXT NOT NULL,
    event_id TEXT NOT NULL
) STRICT;
CREATE INDEX export_queue_of_sink ON export_queue (sink, position);

-- An event is written down for every webhook that wants it and every system that
-- gets all of them, in the transaction that records it.
CREATE TRIGGER events_go_out AFTER INSERT ON events BEGIN
    INSERT INTO webhook_deliveries
        (webhook_id, event_id, user_id, state, tries, due_at, created_at)
    SELECT id, NEW.id, COALESCE(NEW.subject_user, NEW.actor_user), 'waiting', 0, NEW.at, NEW.at
    FROM webhooks
    WHERE is_enabled AND (kinds = '' OR instr(kinds, ' ' || NEW.kind || ' ') > 0
        OR instr(kinds, ' ' || substr(NEW.kind, 1, instr(NEW.kind, '.')) || '* ') > 0);
    INSERT INTO export_queue (sink, event_id) SELECT name, NEW.id FROM export_sinks;
END;

-- The inventory: one row a key, a thing of hardware. An empty text is one that is not known.
CREATE TABLE keys (
    id TEXT NOT NULL PRIMARY KEY,
    maker TEXT NOT NULL,
    -- In capitals; with its maker, of one key alone.
    serial TEXT NOT NULL,
    model TEXT NOT NULL,
    firmware TEXT NOT NULL,
    form_factor TEXT NOT NULL,
    batch TEXT NOT NULL,
    order_number TEXT NOT NULL,
    place TEXT NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('stock', 'shipped', 'issued', 'active', 'lost', 'retired')),
    -- Whose it is; while it is in stock, whom it is kept for.
    owner_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    state_since INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_by_maker_and_serial ON keys (serial, lower(maker)) WHERE serial <> '';
CREATE INDEX keys_in_order ON keys (serial, id);
CREATE INDEX keys_by_state ON keys (state, serial, id);
CREATE INDEX keys_by_model ON keys (model, serial, id);
CREATE INDEX keys_by_firmware ON keys (maker, model, firmware, state);
CREATE INDEX keys_by_owner ON keys (owner_id, serial, id) WHERE owner_id IS NOT NULL;

-- The OTP slots of keys, by what their one-time passwords begin with; whether the secret is held here or not.
CREATE TABLE key_slots (
    public_id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX key_slots_of_key ON key_slots (key_id);

-- Devices that are on a key by an administrator's word.
CREATE TABLE key_devices (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX key_devices_of_key ON key_devices (key_id);

-- The history of keys: which events are about which.
CREATE TABLE key_events (
    event_id TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    PRIMARY KEY (key_id, event_id)
) STRICT;
CREATE INDEX key_events_of_event ON key_events (event_id);

-- What became of lost keys: a case is open until the key is back, replaced or written off.
CREATE TABLE key_cases (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    -- Who lost it.
    owner_id TEXT REFERENCES users (id) ON DELETE SET NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    outcome TEXT CHECK (outcome IN ('given-back', 'found', 'replaced', 'written-off')),
    -- The key that takes the place of the lost one.
    replacement_id TEXT REFERENCES keys (id) ON DELETE SET NULL,
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
) STRICT;
CREATE UNIQUE INDEX key_cases_open ON key_cases (key_id) WHERE closed_at IS NULL;
CREATE INDEX key_cases_of_key ON key_cases (key_id);
CREATE INDEX key_cases_of_owner ON key_cases (owner_id, opened_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX key_cases_in_order ON key_cases (opened_at, id);
CREATE INDEX key_cases_open_in_order ON key_cases (opened_at, id) WHERE closed_at IS NULL;
CREATE INDEX key_cases_by_replacement ON key_cases (replacement_id) WHERE replacement_id IS NOT NULL;

-- What a case has put out of use: devices in the state that they are lost, and OTP slots whose secrets are held
-- here and are out of use since. Both come back with the key, and with nothing else.
CREATE TABLE key_case_devices (
    device_id TEXT NOT NULL PRIMARY KEY REFERENCES devices (id) ON DELETE CASCADE,
    case_id TEXT NOT NULL REFERENCES key_cases (id) ON DELETE CASCADE,
    -- What it was before.
    state TEXT NOT NULL CHECK (state IN ('active', 'suspect'))
) STRICT;
CREATE INDEX key_case_devices_of_case ON key_case_devices (case_id);

CREATE TABLE key_case_slots (
    public_id TEXT NOT NULL PRIMARY KEY REFERENCES otp_keys (public_id) ON DELETE CASCADE,
    case_id TEXT NOT NULL REFERENCES key_cases (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX key_case_slots_of_case ON key_case_slots (case_id);

-- Found keys

-- What finders say of keys: strangers' words, of which nothing is proved.
CREATE TABLE found_reports (
    id TEXT NOT NULL PRIMARY KEY,
    -- A serial number, or the public id of an OTP slot: looked up, for a key may come into the inventory later.
    named TEXT NOT NULL,
    -- Whether it was known here then.
    is_known INTEGER NOT NULL CHECK (is_known IN (0, 1)),
    place TEXT NOT NULL,
    contact TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    closed_at INTEGER
) STRICT;
CREATE INDEX found_reports_in_order ON found_reports (reported_at, id);
CREATE INDEX found_reports_open_in_order ON found_reports (reported_at, id) WHERE closed_at IS NULL;
CREATE INDEX found_reports_by_name ON found_reports (named) WHERE closed_at IS NULL;

-- Enrolments

-- What was registered for the owners of keys, and opens nothing until they activate it.
CREATE TABLE key_enrolments (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key_id TEXT NOT NULL REFERENCES keys (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    credential_id BLOB NOT NULL UNIQUE,
    -- The credential with what it proved of its make, in JSON.
    registered TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    code_hash TEXT UNIQUE,
    code_expires_at INTEGER,
    -- How often the code was given.
    tries INTEGER NOT NULL,
    CHECK ((code_hash IS NULL) = (code_expires_at IS NULL))
) STRICT;
CREATE INDEX key_enrolments_of_user ON key_enrolments (user_id, id);
CREATE INDEX key_enrolments_of_key ON key_enrolments (key_id, id);

-- Reports

-- How many people are covered by which devices: a row a day and group, of which everybody's has no name.
CREATE TABLE coverage (
    group_name TEXT NOT NULL,
    -- In UTC, by its number since the Unix epoch.
    day INTEGER NOT NULL,
    users INTEGER NOT NULL,
    with_device INTEGER NOT NULL,
    two_devices INTEGER NOT NULL,
    phishing_resistant INTEGER NOT NULL,
    hardware_only INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (group_name, day)
) STRICT;
CREATE INDEX coverage_by_day ON coverage (day, group_name);
