//! Backup codes.

use serde::Serialize;

use crate::views::Page;

/// `GET /account/backup-codes`.
#[derive(Clone, Serialize)]
pub struct BackupCodesPage {
    /// How many are left; `None` where there is no set.
    pub left: Option<usize>,
    /// How many a new set has.
    pub count: usize,
    /// Whether there is a device that they could stand in for.
    pub has_other_device: bool,
    /// Whether policy lets codes stand in for a device.
    pub is_allowed: bool,
}

impl Page for BackupCodesPage {
    const TEMPLATE: &'static str = "account/backup-codes.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [
            (None, false, true),
            (None, true, true),
            (None, true, false),
            (Some(10), true, true),
            (Some(1), true, false),
            (Some(0), true, true),
        ]
        .map(|(left, has_other_device, is_allowed)| Self {
            left,
            count: 10,
            has_other_device,
            is_allowed,
        })
        .into()
    }
}

/// The answer that shows a new set, once.
#[derive(Clone, Serialize)]
pub struct NewBackupCodesPage {
    /// Whose they are.
    pub username: String,
    /// The codes, as they are written down.
    pub codes: Vec<String>,
}

impl Page for NewBackupCodesPage {
    const TEMPLATE: &'static str = "account/new-backup-codes.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        vec![Self {
            username: "anna".to_owned(),
            codes: [
                "ABCD-EFGH-JKMN-PQRS",
                "0123-4567-89AB-CDEF",
                "PQRS-TVWX-YZ01-2345",
            ]
            .map(str::to_owned)
            .into(),
        }]
    }
}
