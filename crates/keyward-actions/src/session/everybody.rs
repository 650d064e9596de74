//! Ending everybody's sessions, for the day on which they may have been stolen (NIST SP 800-63B-4 §5.1,
//! ASVS 5.0, 7.4.5).

use crate::App;
use crate::grounds;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::event_detail::EndedSessions;
use keyward_core::domain::session::SessionId;
use keyward_core::flows::permit::{Administrator, Grounds};
use keyward_core::problem::Result;
use keyward_store::{AnyConnection, journeys, recoveries, session_limits, trusted_browsers};

/// How many rows one transaction removes: others' sign-ins go on between two of them.
const AT_ONCE: i64 = 500;

/// Ends everybody's sessions but the one that asks, the sign-ins in progress, the trust in browsers
/// and the links for forgotten passwords, and counts the sessions. What begins while it works
/// stays.
///
/// # Errors
/// The store's.
pub async fn end_everybodys(app: &App, administrator: &Administrator) -> Result<usize> {
    let here = match administrator.grounds() {
        Grounds::Console(grounds) => Some(grounds.session.session),
        Grounds::Server | Grounds::Own(_) | Grounds::Token(_) => None,
    };
    // Ids rise with time: newer sessions are those of people who have just proved themselves.
    let last = SessionId::generate(app.now(), &*app.entropy);
    until_none(app, administrator, |connection| {
        recoveries::forget_some(connection, AT_ONCE)
    })
    .await?;
    until_none(app, administrator, |connection| {
        journeys::abandon_some(connection, AT_ONCE)
    })
    .await?;
    until_none(app, administrator, |connection| {
        trusted_browsers::end_some(connection, AT_ONCE)
    })
    .await?;
    let count = until_none(app, administrator, move |connection| {
        session_limits::end_some(connection, last, here, AT_ONCE)
    })
    .await?;
    let event = administrator.does(EventKind::SessionEnded);
    let event = event.detailed(EventDetail::SessionsEnded {
        whose: EndedSessions::Everybody,
        sessions: count,
    });
    let context = app.context();
    grounds::write_for(app, administrator.grounds(), move |connection| {
        context.record(connection, &event)
    })
    .await?;
    Ok(count)
}

/// Removes in pieces until a piece is not full, and counts.
async fn until_none(
    app: &App,
    administrator: &Administrator,
    some: impl Fn(&mut AnyConnection) -> Result<usize> + Clone + Send + 'static,
) -> Result<usize> {
    let mut count = 0;
    loop {
        let piece = some.clone();
        let removed = grounds::write_batch_for(app, administrator.grounds(), move |connection| {
            piece(connection)
        })
        .await?;
        count += removed;
        if removed < usize::try_from(AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(count);
        }
    }
}
