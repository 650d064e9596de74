//! Sessions that were opened at other OpenID providers.

use diesel::prelude::*;

use super::connection::{AnyConnection, failed, unreadable};
use super::schema::sessions;
use super::upstream_schema::{upstream_links, upstream_sessions};
use keyward_core::domain::session::SessionId;
use keyward_core::domain::upstream::{UpstreamLinkId, UpstreamSession};
use keyward_core::domain::user::UserId;
use keyward_core::problem::Result;

/// Which sessions a provider ends (OpenID Connect Back-Channel Logout 1.0 §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended<'a> {
    /// The one there of this `sid`.
    Session(&'a str),
    /// All those of this `sub`.
    Subject(&'a str),
    /// The one of this `sid`, where it is of this `sub`.
    Both(&'a str, &'a str),
}

/// Writes down on which session there a session here hangs.
pub fn insert(
    connection: &mut AnyConnection,
    session: SessionId,
    upstream: &UpstreamSession,
) -> Result<()> {
    diesel::insert_into(upstream_sessions::table)
        .values((
            upstream_sessions::session_id.eq(session.to_string()),
            upstream_sessions::link_id.eq(upstream.link.to_string()),
            upstream_sessions::sub.eq(&upstream.sub),
            upstream_sessions::sid.eq(upstream.sid.as_deref()),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// On which session there a session here hangs, if it does on any.
pub fn of_session(
    connection: &mut AnyConnection,
    session: SessionId,
) -> Result<Option<UpstreamSession>> {
    let row = upstream_sessions::table
        .find(session.to_string())
        .get_result::<(String, String, String, Option<String>)>(connection)
        .optional()
        .map_err(failed)?;
    row.map(|(id, link, sub, sid)| {
        let bad = || unreadable("upstream_sessions", &id, "link_id");
        let link = UpstreamLinkId::from_stored(&link).ok_or_else(bad)?;
        Ok(UpstreamSession { link, sub, sid })
    })
    .transpose()
}

/// Ends the sessions that a link opened, but `besides`, and counts them.
pub fn end_opened_by(
    connection: &mut AnyConnection,
    link: UpstreamLinkId,
    besides: Option<SessionId>,
) -> Result<usize> {
    let besides = besides.map(|id| id.to_string()).unwrap_or_default();
    let ids = upstream_sessions::table
        .filter(upstream_sessions::link_id.eq(link.to_string()))
        .filter(upstream_sessions::session_id.ne(besides))
        .select(upstream_sessions::session_id)
        .load::<String>(connection)
        .map_err(failed)?;
    diesel::delete(sessions::table.filter(sessions::id.eq_any(ids)))
        .execute(connection)
        .map_err(failed)
}

/// Ends the sessions that hang on one that ended at this issuer, and says whose they were.
pub fn end(
    connection: &mut AnyConnection,
    issuer: &str,
    ended: Ended<'_>,
) -> Result<Vec<(SessionId, UserId)>> {
    let mut those = upstream_sessions::table
        .inner_join(upstream_links::table)
        .filter(upstream_links::issuer.eq(issuer))
        .select((upstream_sessions::session_id, upstream_links::user_id))
        .into_boxed();
    those = match ended {
        Ended::Session(sid) => those.filter(upstream_sessions::sid.eq(sid)),
        Ended::Subject(sub) => those.filter(upstream_sessions::sub.eq(sub)),
        Ended::Both(sid, sub) => those
            .filter(upstream_sessions::sid.eq(sid))
            .filter(upstream_sessions::sub.eq(sub)),
    };
    let rows = those.load::<(String, String)>(connection).map_err(failed)?;
    let mut gone = Vec::new();
    for (session, user) in rows {
        let bad = |what| unreadable("upstream_sessions", &session, what);
        let id = SessionId::from_stored(&session).ok_or_else(|| bad("session_id"))?;
        let user = UserId::from_stored(&user).ok_or_else(|| bad("user_id"))?;
        if super::sessions::end(connection, id)? {
            gone.push((id, user));
        }
    }
    Ok(gone)
}
