//! What went wrong, and whose fault it is.
//!
//! What an honest person causes by typing is an *outcome* of an action, never a `Problem`. A
//! problem has a stable code that machines can rely on; its text for people stands in the locale
//! files under `problem-<code>` with dots written as dashes.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Whose fault it is. `web::answer` is the only place that turns a fault into an HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request cannot be read (400).
    Malformed,
    /// The request is larger than any client needs (413).
    TooLarge,
    /// The address is longer than any client needs (414).
    TooLong,
    /// The headers are larger than any client needs (431).
    HeadTooLarge,
    /// The request took too long to arrive (408).
    Late,
    /// The body is of a kind that is not taken here (415).
    MediaType,
    /// The request was made for a user by another site, or was tampered with (403).
    Forged,
    /// The caller has not said who they are, or not truly (401).
    Unauthenticated,
    /// The caller may not do this (403).
    Denied,
    /// There is no such thing (404).
    Missing,
    /// The address does not know the method (405).
    Method,
    /// It was right once: used, expired or overtaken (409).
    Stale,
    /// It was changed since the caller looked at it (412).
    Overtaken,
    /// The caller must say which state they looked at (428).
    Unconditional,
    /// The request can be read, and contradicts an earlier one (422).
    Contradictory,
    /// Too many tries (429).
    TooMany,
    /// A server that we asked failed us (502).
    Partner,
    /// Our defect, or our database's (500).
    Ours,
    /// Nothing is wrong with the request, and it cannot be done at the moment (503).
    Unavailable,
}

impl Fault {
    /// Whether it is ours, and neither the caller's nor a partner's.
    pub fn is_ours(self) -> bool {
        matches!(self, Self::Ours | Self::Unavailable)
    }

    /// Whether a form is shown again with what was typed: it cannot be read, or something came in
    /// between.
    pub fn can_be_mended(self) -> bool {
        matches!(self, Self::Malformed | Self::Stale)
    }
}

/// A stable error code with its fault and its meaning for the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `area.reason`, never changed once released.
    pub name: &'static str,
    /// Whose fault it is.
    pub fault: Fault,
    /// One sentence for the reference of errors.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($ident:ident = $fault:ident $name:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $ident: Code = Code { name: $name, fault: Fault::$fault, meaning: $meaning };)*
        /// Every code, in the order of the reference.
        pub const ALL: &[Code] = &[$($ident),*];
    };
}

/// Every error code that Keyward can answer with.
pub mod codes {
    use super::{Code, Fault};

    codes! {
        REQUEST_MALFORMED = Malformed "request.malformed" "The body, a field or a parameter cannot be read.";
        REQUEST_TOO_LARGE = TooLarge "request.too_large" "The body is larger than this address accepts.";
        REQUEST_ADDRESS_TOO_LONG = TooLong "request.address_too_long" "Path and query have more than 8 KiB.";
        REQUEST_HEADERS_TOO_LARGE = HeadTooLarge "request.headers_too_large" "The headers have more than 16 KiB together, cookies included.";
        REQUEST_LATE = Late "request.late" "The body did not arrive within `server.body_timeout`.";
        REQUEST_ENCODING = MediaType "request.encoding" "The body is compressed, which is not taken here.";
        REQUEST_MEDIA_TYPE = MediaType "request.media_type" "The body is of another type than this address takes.";
        REQUEST_OVERTAKEN = Stale "request.overtaken" "Something that this needs was removed meanwhile; nothing was changed.";
        REQUEST_TOO_MANY = TooMany "request.too_many" "This address has as many requests under way as `server.connections_per_address` allows.";
        REQUEST_CROSS_SITE = Forged "request.cross_site" "A page of another site sent this request.";
        REQUEST_ORIGIN_HIDDEN = Forged "request.origin_hidden" "The browser says neither from which site nor from which origin this came: something adds `Referrer-Policy: no-referrer`.";
        REQUEST_NOT_FOUND = Missing "request.not_found" "There is nothing at this address.";
        REQUEST_METHOD = Method "request.method" "This address does not know this method.";
        SETUP_LINK_USED = Stale "setup.link_used" "The set-up link was used, replaced or is not one of ours.";
        RECOVERY_LINK_USED = Stale "recovery.link_used" "The link for a new password expired, was used or replaced, or is not one of ours.";
        INVITATION_LINK_USED = Stale "invitation.link_used" "The invitation expired, was used, revoked or sent again, or is not one of ours.";
        INVITATION_OPEN = Stale "invitation.open" "There is an open invitation to this address already.";
        INVITATION_HAS_ACCOUNT = Stale "invitation.has_account" "Somebody with this address has an account already.";
        INVITATION_UNKNOWN = Missing "invitation.unknown" "There is no such invitation, or it has ended.";
        RECOVERY_OTHER_DEVICE = Denied "recovery.other_device" "A password that was forgotten is not replaced by mail alone: the account has no device but mailboxes.";
        PASS_TOO_LONG = Malformed "pass.too_long" "A pass lasts a whole number of minutes, at most `pass.longest`.";
        PASS_NONE = Missing "pass.none" "This user has no temporary pass that works.";
        SIGN_IN_TURN_USED = Stale "sign_in.turn_used" "This step of the sign-in was already answered, here or in another tab.";
        SIGN_IN_EXPIRED = Stale "sign_in.expired" "Too much time passed since the password was entered.";
        SIGN_IN_TOO_MANY = TooMany "sign_in.too_many" "Too many failed tries from this network address; wait and try again.";
        SIGN_IN_LOCKED = TooMany "sign_in.locked" "Too many failed tries at this way into the account; wait, or use another.";
        SIGN_IN_ENDED = TooMany "sign_in.ended" "As many failed tries in a row as there may be: this way into the account stays closed until another proof or an administrator opens it.";
        SIGN_IN_BUSY = TooMany "sign_in.busy" "Too many passwords are being checked at once; try again in a moment.";
        PASSWORD_TOO_OFTEN = TooMany "password.too_often" "This address asked too often how strong a password is.";
        SESSION_REQUIRED = Denied "session.required" "Nobody is signed in here.";
        SESSION_UNVERIFIED = Denied "session.unverified" "This needs a sign-in with a second factor.";
        SESSION_STEP_UP = Denied "session.step_up" "This needs a fresh proof of who you are; the last one is older than `session.step_up`.";
        CONSOLE_ROLE = Denied "console.role" "Your role at the console does not reach this far.";
        CONSOLE_STAFF = Denied "console.staff" "The help desk may do this for ordinary users, and for nobody who has a role at the console. Ask a superuser.";
        CONSOLE_SUPERUSER = Denied "console.superuser" "Only a superuser with a second factor may do this.";
        CEREMONY_NOT_STARTED = Stale "ceremony.not_started" "No ceremony is in progress: its options expired, were already answered, or were never asked for.";
        CEREMONY_MALFORMED = Malformed "ceremony.malformed" "The authenticator's answer cannot be read.";
        CEREMONY_REFUSED = Forged "ceremony.refused" "The authenticator's answer does not fit what was asked, or its signature is wrong.";
        CEREMONY_UNKNOWN_CREDENTIAL = Forged "ceremony.unknown_credential" "The answer came from a credential that this user does not have here.";
        CEREMONY_ALREADY_REGISTERED = Stale "ceremony.already_registered" "This authenticator is already registered.";
        CEREMONY_COUNTER = Forged "ceremony.counter" "The signature counter went back: there may be a copy of this key.";
        CEREMONY_USER_VERIFICATION = Forged "ceremony.user_verification" "The authenticator did not verify its user, and policy asks for that.";
        ENROLMENT_NOT_STARTED = Stale "enrolment.not_started" "No enrolment is in progress: it expired or was finished.";
        ENROLMENT_NEEDS_PASSKEY = Denied "enrolment.needs_passkey" "Without a password, a passkey or security key that checks its user comes first.";
        DEVICE_UNKNOWN = Missing "device.unknown" "There is no such device, or it belongs to somebody else.";
        DEVICE_LAST = Denied "device.last" "Policy asks for a second factor, and this is the last one.";
        DEVICE_ONLY_WAY_IN = Denied "device.only_way_in" "There is no password, and nothing else signs this user in.";
        DEVICE_WEAKER = Denied "device.weaker" "Codes that are delivered, and backup codes, are asked for after every other device, so they cannot be the default beside one.";
        BACKUP_CODES_ALONE = Denied "backup_codes.alone" "Backup codes stand in for a device, and there is none.";
        DEVICE_TOO_MANY = Denied "device.too_many" "This user has 64 devices, the most that anybody may have.";
        DEVICE_TAKEN = Stale "device.taken" "This key belongs to a user already.";
        CODE_PAUSE = TooMany "code.pause" "A code was sent there a moment ago; the next one waits for `codes.pause`.";
        CODE_LIMIT = TooMany "code.limit" "As many codes as `codes.per_address` or `codes.per_user` allows were sent within a day.";
        CODE_NO_NUMBER = Malformed "code.no_number" "This is no telephone number of a person.";
        CODE_NUMBER = Malformed "code.number" "The telephone service does not reach this number.";
        CODE_BUSY = TooMany "code.busy" "The telephone service takes no more messages at the moment.";
        CODE_GATEWAY = Partner "code.gateway" "The telephone service did not take the code.";
        CODE_UNSIGNED = Forged "code.unsigned" "Whoever asks what a call says has not signed the question.";
        RECEIVER_TAKEN = Stale "receiver.taken" "Codes are sent there already.";
        CODE_STOPPED = Denied "code.stopped" "An administrator has stopped text messages and calls for the time being.";
        CODE_PHONE_LIMIT = TooMany "code.phone_limit" "As many messages and calls were sent within a day as `phone.per_day`, `phone.per_dial_code` or `phone.per_network` allows.";
        CODE_OFF = Denied "code.off" "Codes are not sent this way here.";
        ACCOUNT_FIXED = Denied "account.fixed" "Administrators alone change this.";
        ACCOUNT_TOO_OFTEN = TooMany "account.too_often" "This was changed 60 times within an hour, which is as often as its owner is told of it; wait and try again.";
        USER_UNKNOWN = Missing "user.unknown" "There is no such user.";
        USER_DISABLED = Denied "user.disabled" "The account is switched off.";
        USER_NAME_TAKEN = Stale "user.name_taken" "There is a user of this name already.";
        USER_NAME_INVALID = Malformed "user.name_invalid" "A user name has 1 to 64 characters, no spaces at its ends and none that cannot be seen. It is no id, and does not begin with `deleted user`.";
        USER_DISPLAY_NAME_INVALID = Malformed "user.display_name_invalid" "A display name has 1 to 128 characters on one line, and none that cannot be seen.";
        USER_EMAIL_IS_NAME = Stale "user.email_is_name" "This address is somebody else's user name.";
        USER_EMAIL_INVALID = Malformed "user.email_invalid" "This is not an e-mail address.";
        USER_PASSWORD_WEAK = Malformed "user.password_weak" "The password has fewer than 8 characters, more than 1024 bytes, or is among those that are tried first.";
        USER_PASSWORD_BREACHED = Malformed "user.password_breached" "The password is among those that leaked somewhere, which are tried first.";
        USER_PASSWORD_SHORT = Malformed "user.password_short" "Where no second factor is asked for, a password has at least 15 characters.";
        USER_LAST_SUPERUSER = Denied "user.last_superuser" "There must always be one enabled superuser.";
        USER_SELF = Denied "user.self" "You cannot do this to your own account.";
        GROUP_NAME_INVALID = Malformed "group.name_invalid" "A group name has 1 to 64 characters without spaces or commas, and none that cannot be seen. It is not `.` or `..`.";
        OTP_KEY_UNKNOWN = Missing "otp_key.unknown" "The secret of this key is not held here.";
        OTP_KEY_TAKEN = Stale "otp_key.taken" "The secret of a key of this public id is held here already.";
        KEY_UNKNOWN = Missing "key.unknown" "There is no such key in the inventory.";
        KEY_AMBIGUOUS = Malformed "key.ambiguous" "Keys of several makers have this serial number: say whose, or use the id.";
        KEY_TAKEN = Stale "key.taken" "A key of this maker with this serial number is in the inventory already.";
        KEY_INVALID = Malformed "key.invalid" "What is said of a key is too long, has characters that cannot be seen, or is no serial number.";
        KEY_MOVE = Stale "key.move" "This cannot be done to a key in its state.";
        KEY_OWNER_NEEDED = Malformed "key.owner_needed" "It must be said whose the key shall be.";
        KEY_ANOTHER_OWNER = Stale "key.another_owner" "The key is kept for somebody else.";
        KEY_CHANGED = Stale "key.changed" "The key was changed since it was looked at.";
        KEY_LOST = Stale "key.lost" "This key was reported lost. It works again when it was found and given back to its owner.";
        KEY_CASE_CLOSED = Stale "key.case_closed" "No case of this lost key is open.";
        KEY_SPARE = Stale "key.spare" "A key that is to take the place of a lost one must be in stock and for nobody, or for whom lost it.";
        KEY_FOUND_LIMIT = TooMany "key.found_limit" "As many found keys were reported within a day as are taken: from one network, of one key, or in all.";
        KEY_REPORT_CLOSED = Stale "key.report_closed" "There is no such report of a found key, or it was dealt with.";
        KEY_NOT_THIS = Stale "key.not_this" "The key's certificate says that it is another key than the one that was chosen.";
        ENROLMENT_UNKNOWN = Missing "enrolment.unknown" "There is no such enrolment, or it was activated or withdrawn.";
        ACTIVATION_CODE = Stale "activation.code" "This is no activation code, or it expired, was used, or was replaced by another one.";
        KEY_LINKED = Stale "key.linked" "This is on another key already.";
        KEY_NOT_LINKED = Missing "key.not_linked" "This is not on the key by anybody's word.";
        API_TOKEN_REQUIRED = Unauthenticated "api_token.required" "This address asks for an API token: `Authorization: Bearer kw_...`.";
        API_TOKEN_REFUSED = Unauthenticated "api_token.refused" "This API token is unknown, revoked or over, may not be used from this address, or its owner may not sign in.";
        API_TOKEN_SCOPE = Denied "api_token.scope" "The API token has no scope for this.";
        API_TOKEN_OWNER = Denied "api_token.owner" "The owner of the API token may not do this.";
        API_TOKEN_TOO_MANY = TooMany "api_token.too_many" "Too many wrong API tokens came from this network address; wait and try again.";
        API_TOKEN_UNKNOWN = Missing "api_token.unknown" "There is no such API token.";
        API_TOKEN_NAME_TAKEN = Stale "api_token.name_taken" "There is an API token of this name already.";
        API_TOKEN_INVALID = Malformed "api_token.invalid" "An API token of this kind is impossible.";
        RESOURCE_UNCONDITIONAL = Unconditional "resource.unconditional" "A change needs `If-Match` with the `ETag` of what is changed.";
        RESOURCE_OVERTAKEN = Overtaken "resource.overtaken" "This was changed since it was read; nothing was changed now.";
        REQUEST_PAGE = Malformed "request.page" "The `page_token` is none of ours, or of another list or filter.";
        REQUEST_KEY_REUSED = Contradictory "request.key_reused" "The `Idempotency-Key` was used for another request.";
        REQUEST_KEY_RACED = Stale "request.key_raced" "A request with this `Idempotency-Key` was a moment faster; ask again for its answer.";
        CLIENT_UNKNOWN = Missing "validation_client.unknown" "There is no such client of the validation server.";
        CLIENT_TAKEN = Stale "validation_client.taken" "There is a client of this id already.";
        CLIENT_INVALID = Malformed "validation_client.invalid" "A setting of this client is impossible.";
        APPLICATION_UNKNOWN = Missing "application.unknown" "There is no such application.";
        APPLICATION_TAKEN = Stale "application.taken" "There is an application of this name, or with this host, already.";
        APPLICATION_INVALID = Malformed "application.invalid" "A host, a rule or another setting of this application is impossible.";
        APPLICATION_CHANGED = Stale "application.changed" "This application was changed meanwhile.";
        APPLICATION_NO_HOST = Denied "application.no_host" "No application has this host.";
        APPLICATION_DENIED = Denied "application.denied" "The application's rules do not let this user go there.";
        OPENID_CLIENT = Malformed "openid.client" "The application that sent this request is not known here.";
        OPENID_REDIRECT = Malformed "openid.redirect_uri" "The address to which the answer of this sign-in would go is not one of the application's.";
        OPENID_TOO_LONG = Malformed "openid.too_long" "The sign-in request is too long to be led on with; the application pushes such requests (RFC 9126).";
        OPENID_PUSHED = Stale "openid.request_uri" "The pushed request was used, is too old, or is not the application's.";
        OPENID_CLIENT_TOO_MANY = TooMany "openid.too_many" "Too many wrong proofs of OpenID clients came from this network address; wait and try again.";
        APPLICATION_HAND_OVER = Stale "application.hand_over" "The code that leads back to the application was used, is too old or belongs to another browser.";
        OPENID_CLIENT_UNKNOWN = Missing "openid_client.unknown" "There is no such OpenID client.";
        OPENID_CLIENT_TAKEN = Stale "openid_client.taken" "There is an OpenID client of this name, or with this client id, already.";
        OPENID_CLIENT_INVALID = Malformed "openid_client.invalid" "An address, a scope or another setting of this OpenID client is impossible.";
        OPENID_CLIENT_CHANGED = Stale "openid_client.changed" "This OpenID client was changed meanwhile.";
        OPENID_KEY_ROTATED = Stale "openid_key.rotated" "Another rotation of this key was a moment faster.";
        OPENID_KEY_NOT_OFFERED = Malformed "openid_key.not_offered" "Tokens are not signed by this algorithm: `openid.algorithms` does not name it.";
        GROUP_UNKNOWN = Missing "group.unknown" "There is no such group.";
        GROUP_NAME_TAKEN = Stale "group.name_taken" "There is a group of this name already.";
        GROUP_BEING_REMOVED = Stale "group.being_removed" "A group of this name is being removed.";
        POLICY_INVALID = Malformed "policy.invalid" "A rule of this policy is impossible.";
        POLICY_UNKNOWN = Missing "policy.unknown" "There is no such policy.";
        POLICY_NO_DRAFT = Missing "policy.no_draft" "This policy has no draft.";
        POLICY_DRY_RUN_BUSY = Stale "policy.dry_run_busy" "Another dry run is under way.";
        POLICY_CHANGED = Stale "policy.changed" "This policy was changed meanwhile.";
        POLICY_KIND = Denied "policy.kind" "Policy does not count devices of this kind.";
        POLICY_HARDWARE_ONLY = Denied "policy.hardware_only" "Policy counts hardware keys only.";
        POLICY_INVENTORY_ONLY = Denied "policy.inventory_only" "Policy counts keys of the inventory only, and this device did not prove that it is one of them.";
        POLICY_OWN_KEYS = Denied "policy.own_keys" "Policy counts only keys that the inventory has for their user, and this is none, or did not prove it.";
        POLICY_DEVICE_BOUND = Denied "policy.device_bound" "Policy counts no passkeys that are copied to other devices.";
        POLICY_MODEL = Denied "policy.model" "Policy does not count this model of authenticator.";
        POLICY_MODEL_UNVERIFIED = Denied "policy.model_unverified" "Policy counts authenticators only whose model was verified, and this one did not prove its model.";
        POLICY_MODEL_REPORTED = Denied "policy.model_reported" "Something was reported about this model of authenticator under which policy does not count it.";
        POLICY_TOO_MANY_DEVICES = Denied "policy.too_many_devices" "Policy allows no more devices.";
        POLICY_DEVICE_STOPPED = Denied "policy.device_stopped" "This device does not satisfy policy, and the time to replace it is over.";
        METADATA_MALFORMED = Malformed "metadata.malformed" "This is not a blob of the FIDO Metadata Service, or a broken one.";
        METADATA_SIGNATURE = Forged "metadata.signature" "The metadata is not signed by anybody whom the roots vouch for.";
        METADATA_OVERDUE = Stale "metadata.overdue" "The metadata is out of date: the next edition was due already.";
        METADATA_OLDER = Stale "metadata.older" "The metadata is older than what is there; serial numbers never go back.";
        METADATA_NO_ADDRESS = Stale "metadata.no_address" "No address is set from which metadata could be fetched.";
        METADATA_UNREACHABLE = Partner "metadata.unreachable" "The metadata could not be fetched.";
        METADATA_UNKNOWN_MODEL = Missing "metadata.unknown_model" "There is no metadata about this model.";
        SERVICE_UNKNOWN = Missing "validation_service.unknown" "There is no such validation service.";
        SERVICE_NAME_TAKEN = Stale "validation_service.name_taken" "There is a validation service of this name already.";
        SERVICE_INVALID = Malformed "validation_service.invalid" "A setting of this validation service is impossible.";
        SERVICE_NONE = Partner "validation_service.none" "No validation service is configured.";
        SERVICE_UNREACHABLE = Partner "validation_service.unreachable" "No server of the validation service gave a trustworthy answer.";
        SIEM_UNREACHABLE = Partner "siem.unreachable" "Events could not be handed to the syslog server, or written into the file; they wait.";
        WEBHOOK_UNKNOWN = Missing "webhook.unknown" "There is no such webhook.";
        WEBHOOK_NAME_TAKEN = Stale "webhook.name_taken" "There is a webhook of this name already.";
        WEBHOOK_INVALID = Malformed "webhook.invalid" "A setting of this webhook is impossible.";
        WEBHOOK_TOO_MANY = Stale "webhook.too_many" "There are as many webhooks as there may be.";
        WEBHOOK_REFUSED = Partner "webhook.refused" "A webhook's receiver did not take the event.";
        SERVICE_REFUSES = Partner "validation_service.refuses" "A validation service does not take our requests: it knows another client id or API key.";
        UPSTREAM_UNKNOWN = Missing "upstream.unknown" "No OpenID provider of this name is set up.";
        UPSTREAM_UNREACHABLE = Partner "upstream.unreachable" "An OpenID provider does not answer, or with something that cannot be used.";
        UPSTREAM_ANSWER = Stale "upstream.answer" "The answer of an OpenID provider belongs to no sign-in of this browser, came too late, or was given before.";
        UPSTREAM_MIX_UP = Forged "upstream.mix_up" "Another OpenID provider answered than the one that was asked.";
        UPSTREAM_REFUSED = Denied "upstream.refused" "The OpenID provider did not sign this user in.";
        UPSTREAM_TOKEN = Forged "upstream.token" "The token of the OpenID provider is not believed.";
        UPSTREAM_TENANT = Denied "upstream.tenant" "The user belongs to another tenant than the one that is set up.";
        UPSTREAM_GUEST = Denied "upstream.guest" "The user is a guest of the tenant, and guests are not admitted.";
        UPSTREAM_LINK_UNKNOWN = Missing "upstream.link_unknown" "The user is not linked so with a user of an OpenID provider.";
        UPSTREAM_NOT_LINKED = Denied "upstream.not_linked" "No account here is linked with the user of the OpenID provider.";
        UPSTREAM_TAKEN = Stale "upstream.taken" "The user of the OpenID provider is linked with another account, or the account with another user there.";
        UPSTREAM_NOT_ANEW = Denied "upstream.not_anew" "The OpenID provider does not say that its user proved themselves anew.";
        UPSTREAM_ONLY_WAY_IN = Denied "upstream.only_way_in" "There is no password, and nothing else signs this user in.";
        UPSTREAM_SIGN_OUT = Malformed "upstream.sign_out" "The token that ends sessions is none of the OpenID provider's, or was sent before.";
        SESSION_UNKNOWN = Missing "session.unknown" "There is no such session.";
        MAIL_REFUSED = Partner "mail.refused" "The mail server did not take a mail.";
        IMPORT_UNREADABLE = Malformed "import.unreadable" "A file cannot be read.";
        IMPORT_FORMAT = Malformed "import.format" "A file is of no format that this command imports.";
        IMPORT_GPG = Partner "import.gpg" "A file cannot be decrypted, or its signature does not hold.";
        IMPORT_ROWS = Malformed "import.rows" "Some rows cannot be taken over, so none were.";
        OTP_KEY_GENERATE = Malformed "otp_key.generate" "No such keys can be made.";
        EXPORT_UNWRITABLE = Malformed "export.unwritable" "The file to write is there already, or cannot be written.";
        OBJECTION_LINK_USED = Stale "objection.link_used" "The link in the mail was used, is too old or is not one of ours.";
        TRUSTED_BROWSER_UNKNOWN = Missing "trusted_browser.unknown" "There is no such trusted browser, or it belongs to somebody else.";
        COMMAND_INPUT = Malformed "command.input" "What a command should read from standard input is not there.";
        COMMAND_OUTPUT = Ours "command.output" "What a command prints cannot be written.";
        COMMAND_UNCONFIRMED = Denied "command.unconfirmed" "A command that cannot be undone was not confirmed.";
        DECLARED_INVALID = Malformed "declared.invalid" "A file of declared configuration cannot be read, or something in it is unknown, impossible, said twice or taken.";
        SETTINGS_INVALID = Malformed "settings.invalid" "A setting is unknown or has an impossible value.";
        SERVER_LISTEN = Ours "server.listen" "The server cannot listen at the address of its settings.";
        DATA_UNUSABLE = Ours "data.unusable" "A file or folder of Keyward's own cannot be made, read or written.";
        MASTER_KEY_READABLE = Ours "master_key.readable" "Everybody on this machine can read the master key.";
        MASTER_KEY_MISSING = Ours "master_key.missing" "The database holds sealed secrets, but the master key is not there.";
        MASTER_KEY_WRONG = Ours "master_key.wrong" "The master key does not open this database.";
        MASTER_KEY_OLDER_SEAL = Ours "master_key.older_seal" "The database was sealed by a version from before the first release, which this one cannot read. Start with a new database.";
        DATABASE_EMPTY = Ours "database.empty" "There is a master key, and the database that belongs to it is not there or empty.";
        DATABASE_BUSY = Unavailable "database.busy" "A statement or a lock in the database took too long, or all connections are in use.";
        DATABASE_FULL = Unavailable "database.full" "The disk of the database is full, or cannot be written.";
        DATABASE_READ_ONLY = Unavailable "database.read_only" "The database takes no changes.";
        DATABASE_REPLACED = Unavailable "database.replaced" "The file of the database was moved away or replaced while the server has it open.";
        DATABASE_DAMAGED = Unavailable "database.damaged" "The file of the database is damaged, or is none.";
        DATABASE_UNREACHABLE = Unavailable "database.unreachable" "The database cannot be reached.";
        DATABASE_MIGRATIONS = Ours "database.migrations" "The database's schema is not the one that this program needs.";
        DATABASE_FAILED = Ours "database.failed" "A statement failed in the database.";
        DATABASE_ROW = Ours "database.row" "A row cannot be read as what it should be.";
        INTERNAL = Ours "internal" "A defect of ours.";
    }
}

/// Which of a code's sentences fits, where people are better told more than machines need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// The answer was made at another address.
    Origin,
    /// The credential is another one than it was when it was registered.
    Changed,
    /// What the authenticator says of its make does not fit.
    Statement,
    /// The authenticator chose what was not offered.
    NotOffered,
}

impl Wording {
    /// Every wording, with the code that it words.
    pub const ALL: [(Code, Self); 4] = [
        (codes::CEREMONY_REFUSED, Self::Origin),
        (codes::CEREMONY_REFUSED, Self::Changed),
        (codes::CEREMONY_REFUSED, Self::Statement),
        (codes::CEREMONY_REFUSED, Self::NotOffered),
    ];

    /// The word behind the code's name in the locale files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Changed => "changed",
            Self::Statement => "statement",
            Self::NotOffered => "not_offered",
        }
    }
}

/// Something that stops an action and is not what an honest user typed.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    wording: Option<Wording>,
    detail: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem of this code.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            wording: None,
            detail: None,
            retry_after: None,
            source: None,
        }
    }

    /// A defect of ours, with the error that shows it.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(codes::INTERNAL).caused_by(source)
    }

    /// Adds the particulars: for machines and the log, in English, without secrets.
    pub fn detailed(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says it to people in these words.
    pub fn worded(mut self, wording: Wording) -> Self {
        self.wording = Some(wording);
        self
    }

    /// Adds the error beneath, for the log only.
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds how long to wait before another try makes sense.
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// In which words people are told, where the code's own do not fit.
    pub fn wording(&self) -> Option<Wording> {
        self.wording
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        self.code.fault
    }

    /// The particulars, if there are any.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The error beneath, where it is one of this type.
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.source
            .as_deref()
            .and_then(|error| error.downcast_ref())
    }

    /// How long to wait, if that is known.
    pub fn wait(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name, self.code.meaning)?;
        if let Some(detail) = &self.detail {
            write!(f, " ({detail})")?;
        }
        Ok(())
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

/// What an action gives back.
pub type Result<T, E = Problem> = std::result::Result<T, E>;
