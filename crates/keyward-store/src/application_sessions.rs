//! What browsers hold of a session at the hosts of applications, and the codes that lead there.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, prepared};
use super::pieces::{self, Over};
use super::schema::{application_sessions, hand_overs, sessions};
use keyward_core::clock::Timestamp;
use keyward_core::domain::session::SessionId;
use keyward_core::problem::Result;
use keyward_core::secret::TokenHash;

/// How many a session has at most: one more ends the oldest.
const MOST: i64 = 64;

/// What a token opens.
#[derive(Debug)]
pub struct ApplicationSession {
    /// The hash of the identifier that opens the session here.
    pub identifier: TokenHash,
    /// The one host that it is good for.
    pub host: Option<String>,
}

/// Adds a token of a session, and forgets the oldest where there are too many.
pub fn insert(
    connection: &mut AnyConnection,
    token: &TokenHash,
    session: SessionId,
    host: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    diesel::insert_into(application_sessions::table)
        .values((
            application_sessions::token_hash.eq(token.as_str()),
            application_sessions::session_id.eq(session.to_string()),
            application_sessions::host.eq(host),
            application_sessions::opened_at.eq(now.millis()),
        ))
        .execute(connection)
        .map_err(failed)?;
    let beyond: Vec<String> = application_sessions::table
        .filter(application_sessions::session_id.eq(session.to_string()))
        .order(application_sessions::opened_at.desc())
        .select(application_sessions::token_hash)
        .offset(MOST)
        .limit(MOST)
        .load(connection)
        .map_err(failed)?;
    if beyond.is_empty() {
        return Ok(());
    }
    diesel::delete(
        application_sessions::table.filter(application_sessions::token_hash.eq_any(beyond)),
    )
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// What this token opens, whether its session is over or not.
pub fn by_token(
    connection: &mut AnyConnection,
    token: &TokenHash,
) -> Result<Option<ApplicationSession>> {
    prepared!(connection, |c| application_sessions::table
        .inner_join(sessions::table)
        .filter(application_sessions::token_hash.eq(token.as_str()))
        .select((sessions::identifier_hash, application_sessions::host))
        .get_result::<(String, Option<String>)>(c))
    .optional()
    .map(|row| {
        row.map(|(identifier, host)| ApplicationSession {
            identifier: TokenHash::from_stored(&identifier),
            host,
        })
    })
    .map_err(failed)
}

/// A code that leads a browser to the host of an application.
#[derive(Debug)]
pub struct HandOver<'a> {
    /// The hash of the code.
    pub code: &'a TokenHash,
    /// The session that it hands over.
    pub session: SessionId,
    /// The host that it is good for.
    pub host: &'a str,
    /// The hash of what the browser shows beside it.
    pub browser: &'a TokenHash,
    /// When it is too old.
    pub expires_at: Timestamp,
}

/// Adds a code.
pub fn insert_hand_over(connection: &mut AnyConnection, hand_over: &HandOver<'_>) -> Result<()> {
    diesel::insert_into(hand_overs::table)
        .values((
            hand_overs::code_hash.eq(hand_over.code.as_str()),
            hand_overs::session_id.eq(hand_over.session.to_string()),
            hand_overs::host.eq(hand_over.host),
            hand_overs::browser_hash.eq(hand_over.browser.as_str()),
            hand_overs::expires_at.eq(hand_over.expires_at.millis()),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// The session that a code hands over, whatever else there is about it.
pub fn session_of_hand_over(
    connection: &mut AnyConnection,
    code: &TokenHash,
) -> Result<Option<SessionId>> {
    let session = prepared!(connection, |c| hand_overs::table
        .find(code.as_str())
        .select(hand_overs::session_id)
        .get_result::<String>(c));
    let session = session.optional().map_err(failed)?;
    Ok(session.and_then(|id| SessionId::from_stored(&id)))
}

/// Spends a code, at this host and in this browser: the session, once. `None` where it was spent, is
/// too old, or is another host's or browser's; then it stays for the right one.
pub fn spend_hand_over(
    connection: &mut AnyConnection,
    code: &TokenHash,
    host: &str,
    browser: &TokenHash,
    now: Timestamp,
) -> Result<Option<SessionId>> {
    let session = session_of_hand_over(connection, code)?;
    let spent = diesel::delete(
        hand_overs::table
            .find(code.as_str())
            .filter(hand_overs::host.eq(host))
            .filter(hand_overs::browser_hash.eq(browser.as_str()))
            .filter(hand_overs::expires_at.gt(now.millis())),
    )
    .execute(connection)
    .map_err(failed)?;
    Ok(session.filter(|_| spent == 1))
}

/// Removes codes that are too old: at most `limit`, counted.
pub fn sweep_hand_overs(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: i64,
) -> Result<usize> {
    let over = Over {
        table: "hand_overs",
        key: "code_hash",
        condition: "expires_at <= $1",
    };
    pieces::delete(connection, &over, now, limit)
}
