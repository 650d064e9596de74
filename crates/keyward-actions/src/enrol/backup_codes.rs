//! Backup codes: a new set in place of the one before.

use super::{Naming, NewDevice, add};
use crate::App;
use crate::grounds;
use crate::sign_in::Opened;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::session::{Client, Methods};
use keyward_core::domain::user::UserId;
use keyward_core::factors::backup_codes::{BackupCode, BackupCodeSet};
use keyward_core::flows::permit::{SignedIn, SteppedUp};
use keyward_core::problem::{Result, codes};
use keyward_store::{backup_codes, devices, users};

/// What is left of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupCodesLeft {
    /// Codes that were not used.
    pub left: usize,
    /// Codes that it had.
    pub of: usize,
}

/// What is left of one's own set; `None` where there is none.
///
/// # Errors
/// The store's.
pub async fn backup_codes_left(app: &App, signed_in: &SignedIn) -> Result<Option<BackupCodesLeft>> {
    let user = signed_in.user().id;
    let set = backup_code_set(app, user).await?;
    Ok(set.map(|set| BackupCodesLeft {
        left: set.left(),
        of: set.codes.len(),
    }))
}

pub(crate) async fn backup_code_set(app: &App, user: UserId) -> Result<Option<BackupCodeSet>> {
    app.store
        .look(move |connection| backup_codes::of_user(connection, user))
        .await
}

/// Makes a new set, which is shown this once, and removes the one before; the session goes on
/// under a new identifier. A set alone is no second factor: there must be another device.
///
/// # Errors
/// `backup_codes.alone`, `session.required`; `policy.…` where policy does not count codes.
pub async fn make_backup_codes(
    app: &App,
    permit: SteppedUp,
    name: DeviceName,
    client: &Client,
) -> Result<(Vec<BackupCode>, Opened)> {
    let permit = permit.may_enrol();
    let owner = permit.user().id;
    let id = super::new_device_id(app);
    let count = app.settings.backup_codes.count;
    let set: Vec<BackupCode> = (0..count)
        .map(|_| BackupCode::generate(&*app.entropy))
        .collect();
    let hashes: Vec<String> = set
        .iter()
        .map(|code| code.hash(&app.master_key, id))
        .collect();
    let (context, client) = (app.context(), client.clone());
    let opened = grounds::write_for(app, permit.grounds(), move |connection| {
        users::hold(connection, owner)?;
        let others = devices::of_user(connection, owner)?;
        if others.iter().all(|device| device.kind.is_stand_in()) {
            return Err(codes::BACKUP_CODES_ALONE.into());
        }
        for before in others {
            if before.kind == DeviceKind::BackupCodes {
                devices::remove(connection, owner, before.id)?;
            }
        }
        let new = NewDevice {
            id,
            kind: DeviceKind::BackupCodes,
            naming: Naming {
                typed: None,
                usual: name,
            },
            model: None,
            methods: Methods::second_factor(DeviceKind::BackupCodes, false),
            credential: None,
            which: None,
        };
        let added = add(connection, &context, &permit, new, &client, |connection| {
            backup_codes::insert(connection, id, &hashes)
        })?;
        Ok(added.opened)
    })
    .await?;
    Ok((set, opened))
}
