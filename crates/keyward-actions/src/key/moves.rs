//! What becomes of keys: each move is judged by `flows/key.rs`, and written by one statement.

use super::case::{close, hold_owners};
use super::found::names_of;
use super::lost::{LossReport, report_lost};
use super::{judge_owners, note, record};
use crate::App;
use crate::grounds;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::key::{CaseOutcome, KeyId, KeyMove, KeyState};
use keyward_core::domain::user::UserId;
use keyward_core::flows::key::KeyStage;
use keyward_core::flows::permit::MayHelp;
use keyward_core::problem::{Result, codes};
use keyward_store::{keys, users};

/// What shall become of a key.
#[derive(Clone, Debug)]
pub struct WantedMove {
    /// What.
    pub what: KeyMove,
    /// Whose it becomes, where that is to be said.
    pub owner: Option<UserId>,
    /// Of which version of the key it is thought; `None` for whichever there is.
    pub version: Option<i64>,
    /// What there is to say about it, at most 256 characters.
    pub note: String,
}

/// Does it to a key. Of two at once for one version of it, one is done.
///
/// # Errors
/// `console.role` and `console.staff` for what the help desk may not do, `key.unknown`, `key.changed` where it is of another version, `key.move`, `key.owner_needed`,
/// `key.another_owner`, `key.invalid` for a note that cannot be kept, `user.unknown`, `user.disabled`
pub async fn make_move(app: &App, helper: &MayHelp, id: KeyId, wanted: WantedMove) -> Result<()> {
    let note = note(&wanted.note)?;
    if !wanted.what.is_for_help_desk() && helper.grounds().is_bound_to_role() {
        return Err(codes::CONSOLE_ROLE.into());
    }
    if wanted.what == KeyMove::ReportLost {
        let report = LossReport {
            version: wanted.version,
            note,
            ..LossReport::default()
        };
        return report_lost(app, helper, id, report).await.map(drop);
    }
    let event = helper.does(wanted.what.event());
    let removed = helper.does(EventKind::DeviceRemoved);
    let by = helper.grounds();
    let context = app.context();
    grounds::write_for(app, by.clone(), move |connection| {
        let owner = wanted.owner.filter(|_| wanted.what.takes_owner());
        if let Some(owner) = owner {
            users::hold(connection, owner)?;
            if !users::expect(connection, owner)?.is_enabled {
                return Err(codes::USER_DISABLED.into());
            }
        }
        let key = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        if wanted.version.is_some_and(|version| version != key.version) {
            return Err(codes::KEY_CHANGED.into());
        }
        if let Some(owner) = key.owner {
            grounds::may_help(connection, &by, owner)?;
        }
        let case = match key.state {
            KeyState::Lost => {
                for owner in hold_owners(connection, &key)? {
                    grounds::may_change(connection, &by, owner)?;
                }
                keys::open_case_of(connection, id)?
            }
            _ => None,
        };
        let moved = KeyStage::of(key).take(wanted.what, owner)?;
        if !keys::make_move(connection, &moved, context.now)? {
            return Err(codes::KEY_CHANGED.into());
        }
        if let Some(case) = case {
            let outcome = match wanted.what {
                KeyMove::GiveBack => CaseOutcome::GivenBack,
                KeyMove::Found => CaseOutcome::Found,
                _ => CaseOutcome::WrittenOff,
            };
            close(connection, &context, &case, outcome, &removed)?;
        }
        // Whoever has it again, or ends its use, has dealt with what finders said.
        if matches!(
            wanted.what,
            KeyMove::Found | KeyMove::GiveBack | KeyMove::Retire
        ) {
            let row = id.to_string();
            let mut slots = keys::public_ids(connection, std::slice::from_ref(&row))?;
            let slots = slots.remove(&row).unwrap_or_default();
            let names = names_of(moved.before(), &slots);
            keys::close_found_reports_of(connection, &names, context.now)?;
        }
        // What was registered on it was for its owner until now.
        let after = keys::by_id(connection, id)?.ok_or(codes::KEY_UNKNOWN)?;
        if after.owner != moved.before().owner || after.state == KeyState::Retired {
            keys::withdraw_enrolments_on(connection, id)?;
        }
        let event = match moved.concerns() {
            Some(user) => event.about(user),
            None => event,
        };
        record(&context, connection, moved.before(), event, &note)?;
        let links = keys::links_of(connection, id)?;
        judge_owners(connection, &context, &links)
    })
    .await
}
