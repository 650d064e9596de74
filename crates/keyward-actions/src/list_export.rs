//! Lists that leave the console as files.

use crate::App;
use crate::grounds;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::Result;

/// Records that a list is exported into a file of this name. It comes first: an export that breaks off
/// has told some.
///
/// # Errors
/// The store's; `session.required`
pub async fn begin(app: &App, auditor: &MayAudit, name: &str) -> Result<()> {
    let event = auditor.does(EventKind::ListExported);
    let event = event.detailed(EventDetail::Named {
        name: name.to_owned(),
    });
    let context = app.context();
    grounds::write_for(app, auditor.grounds(), move |connection| {
        context.record(connection, &event)
    })
    .await
}

/// Whether an export may go on: a long one must not outlast the session that began it.
///
/// # Errors
/// `session.required` where it ended meanwhile, or its user may not open the console any more.
pub async fn may_go_on(app: &App, auditor: &MayAudit) -> Result<()> {
    grounds::ask_again(app, auditor.grounds()).await
}
