//! Holding keys' secrets: adding, listing, taking out of use.

use crate::App;
use crate::grounds;
use keyward_core::domain::event::{EventDetail, EventKind};
use keyward_core::domain::otp_key::{LONGEST_NOTE, OtpKeyId};
use keyward_core::domain::spelling::seen_alone;
use keyward_core::factors::otp_key::{OtpKey, seal};
use keyward_core::flows::permit::{Administrator, MayAudit};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::{PublicId, SlotSecret, modhex};
use keyward_store::otp_keys::{self, NewOtpKey};

/// A page of held keys.
#[derive(Debug)]
pub struct OtpKeys {
    /// The keys, in the order of their public ids.
    pub keys: Vec<OtpKey>,
    /// Whether more follow.
    pub is_more: bool,
}

/// Holds the secret of a key from now on.
///
/// # Errors
/// `otp_key.taken` where there is one of this public id.
pub async fn hold_otp_key(
    app: &App,
    administrator: &Administrator,
    public_id: PublicId,
    secret: &SlotSecret,
    serial: Option<u64>,
    note: &str,
) -> Result<OtpKeyId> {
    let context = app.context();
    let id = OtpKeyId::generate(context.now, &*context.entropy);
    let event = administrator.does(EventKind::OtpKeyAdded);
    let event = event.detailed(EventDetail::Key {
        public_id: public_id.to_string(),
    });
    let new = NewOtpKey {
        id,
        sealed: seal(&app.master_key, &*app.entropy, &public_id, secret),
        public_id,
        serial,
        progress: None,
        nonce: String::new(),
        is_active: true,
        note: seen_alone(note.trim()).chars().take(LONGEST_NOTE).collect(),
        created_at: context.now,
    };
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !otp_keys::insert(connection, &new)? {
            let id = new.public_id.to_string();
            return Err(Problem::new(codes::OTP_KEY_TAKEN).detailed(id));
        }
        context.record(connection, &event)
    })
    .await?;
    Ok(id)
}

/// Takes a held key into use or out of it, which works from the next OTP on.
///
/// # Errors
/// `otp_key.unknown`
pub async fn switch_otp_key(
    app: &App,
    administrator: &Administrator,
    public_id: PublicId,
    is_active: bool,
) -> Result<()> {
    let event = administrator.does(if is_active {
        EventKind::OtpKeyActivated
    } else {
        EventKind::OtpKeyDeactivated
    });
    let (context, event) = (
        app.context(),
        event.detailed(EventDetail::Key {
            public_id: public_id.to_string(),
        }),
    );
    grounds::write_for(app, administrator.grounds(), move |connection| {
        if !otp_keys::set_active(connection, &public_id, is_active, context.now)? {
            let id = public_id.to_string();
            return Err(Problem::new(codes::OTP_KEY_UNKNOWN).detailed(id));
        }
        context.record(connection, &event)
    })
    .await
}

/// Held keys whose public ids begin with `prefix`, after `after`, at most `limit`.
///
/// # Errors
/// The store's.
pub async fn otp_keys(
    app: &App,
    _: &MayAudit,
    prefix: &str,
    after: Option<PublicId>,
    limit: usize,
) -> Result<OtpKeys> {
    let prefix = prefix.to_ascii_lowercase();
    if !modhex::is_modhex(&prefix) {
        let keys = Vec::new();
        return Ok(OtpKeys {
            keys,
            is_more: false,
        });
    }
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut keys = app
        .store
        .read(move |connection| otp_keys::list(connection, &prefix, after.as_ref(), one_more))
        .await?;
    let is_more = keys.len() > limit;
    keys.truncate(limit);
    Ok(OtpKeys { keys, is_more })
}
