//! Judging one-time passwords for Keyward's own sign-in and enrolment: by itself for the keys whose
//! secrets it holds, without any network, and by the configured services for the rest.

use std::time::Duration;

use crate::App;
use crate::validation_service;
use keyward_core::domain::otp_key::OtpOrder;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::factors::yubikey::Verdict;
use keyward_core::problem::Result;
use keyward_core::protocols::yubico::{Otp, Touch};
use keyward_store::otp_keys;

/// What stands in the place of a service's name where Keyward judged by itself.
const OURSELVES: &str = "built-in";

/// What our own counters make of an OTP whose key we hold.
enum Own {
    /// Another secret made it, or the key is out of use.
    Wrong,
    Replayed,
    Good(Touch),
}

/// Judges an OTP. What is confirmed must still be spent, in the transaction that uses it.
///
/// # Errors
/// The store's; `master_key.wrong` where a secret does not open.
pub(crate) async fn judge_otp(app: &App, otp: &Otp) -> Result<Verdict> {
    let own = judge_by_ourselves(app, otp).await?;
    if app.settings.yubikey.order == OtpOrder::BuiltinFirst
        && let Some(own) = own
    {
        return Ok(verdict(own, otp));
    }
    let services = validation_service::list(app).await?;
    let started = std::time::Instant::now();
    let theirs = app.gateways.validation.verify(&services, otp).await;
    count(app, &theirs, started.elapsed());
    let theirs = still_trusted(app, theirs, &services).await?;
    Ok(match (theirs, own) {
        // A key that we hold counts here too, or the OTP would be good at our own server.
        (Verdict::Confirmed { service, .. }, Some(Own::Good(touch))) => Verdict::Confirmed {
            otp: touch.confirm(otp),
            service,
        },
        (Verdict::Refused { .. } | Verdict::Unavailable { .. }, Some(own)) => verdict(own, otp),
        (theirs, _) => theirs,
    })
}

fn count(app: &App, verdict: &Verdict, took: Duration) {
    let (service, said) = match verdict {
        Verdict::Confirmed { service, .. } => (service.as_str(), "confirmed"),
        Verdict::Replayed { service } => (service.as_str(), "replayed"),
        Verdict::Refused { service } => (service.as_str(), "refused"),
        Verdict::Unavailable { .. } => ("any", "unavailable"),
    };
    app.metrics.validated(service, said, took);
}

/// What a service confirmed that was removed, switched off or changed while it was asked says
/// nothing any more: that is how an administrator shuts out one that lies.
async fn still_trusted(app: &App, said: Verdict, asked: &[ValidationService]) -> Result<Verdict> {
    let Verdict::Confirmed { service, .. } = &said else {
        return Ok(said);
    };
    let now = validation_service::list(app).await?;
    let was = asked.iter().find(|asked| asked.settings.name == *service);
    let is = now.iter().find(|now| now.settings.name == *service);
    let stands = was
        .zip(is)
        .is_some_and(|(was, is)| is.settings.asks_as(&was.settings));
    Ok(match stands {
        true => said,
        false => Verdict::Unavailable {
            reports: Vec::new(),
        },
    })
}

/// Whether there is anything that could say of a one-time password that it is good: a service in
/// use, or a key in use whose secret is held here.
///
/// # Errors
/// The store's; `master_key.wrong` where a service's API key does not open.
pub(crate) async fn can_judge_otps(app: &App) -> Result<bool> {
    let services = validation_service::list(app).await?;
    if services.iter().any(|service| service.settings.is_enabled) {
        return Ok(true);
    }
    Ok(app.settings.yubikey.builtin && app.store.look(otp_keys::is_any_active).await?)
}

async fn judge_by_ourselves(app: &App, otp: &Otp) -> Result<Option<Own>> {
    if !app.settings.yubikey.builtin {
        return Ok(None);
    }
    let public_id = otp.public_id();
    let held = app
        .store
        .look(move |connection| otp_keys::held(connection, &public_id))
        .await?;
    let Some(held) = held else {
        return Ok(None);
    };
    Ok(Some(match held.open(otp, &app.master_key)? {
        None => Own::Wrong,
        Some(touch) if held.is_replay(&touch) => Own::Replayed,
        Some(touch) => Own::Good(touch),
    }))
}

fn verdict(own: Own, otp: &Otp) -> Verdict {
    let service = OURSELVES.to_owned();
    match own {
        Own::Wrong => Verdict::Refused { service },
        Own::Replayed => Verdict::Replayed { service },
        Own::Good(touch) => Verdict::Confirmed {
            otp: touch.confirm(otp),
            service,
        },
    }
}
