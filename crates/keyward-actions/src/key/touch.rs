//! Whose key is this? A touch names it to an administrator, and opens nothing.

use serde_json::Value;

use crate::App;
use crate::device;
use crate::grounds;
use crate::sign_in::challenges_last;
use keyward_core::domain::key::Key;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{User, UserId};
use keyward_core::factors::webauthn::{Owner, PasswordlessChallenge};
use keyward_core::flows::permit::{Grounds, MayHelp};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::webauthn::answer::AuthenticationAnswer;
use keyward_core::secret::Token;
use keyward_store::{credentials, devices, keys, spent_challenges, users};

/// What a touch has told.
#[derive(Clone, Debug)]
pub struct Touched {
    /// What its owner calls the device that answered.
    pub device: String,
    /// Whose that is.
    pub owner: User,
    /// The key that it is on, where the inventory knows that.
    pub key: Option<Key>,
}

/// The options for the touch of a key (WebAuthn L3 §7.2): any that keeps its credentials by itself, or with a user
/// also one of theirs that does not. The challenge is bound to the administrator's session, and none of a sign-in.
///
/// # Errors
/// `session.required` for whoever has no session at the console, `user.unknown`
pub async fn touch_options(app: &App, helper: &MayHelp, of: Option<UserId>) -> Result<Value> {
    let browser = binding(helper)?;
    let (folded, theirs) = match of {
        None => (None, Vec::new()),
        Some(user) => {
            let (user, theirs) = app
                .store
                .look(move |connection| {
                    let theirs = credentials::of_user(connection, user, true)?;
                    Ok((users::expect(connection, user)?, theirs))
                })
                .await?;
            (Some(user.name.folded()), theirs)
        }
    };
    let (key, entropy) = (&app.master_key, &*app.entropy);
    let challenge =
        PasswordlessChallenge::issue(key, entropy, &browser, folded.as_deref(), app.now());
    Ok(app
        .ceremonies
        .relying_party
        .touch_options(&challenge, &theirs))
}

/// Verifies what a touched key answers, and tells which one it is, whatever state it or its device is in.
///
/// # Errors
/// `session.required` for whoever has no session at the console; `ceremony.…`, of these
/// `ceremony.unknown_credential` for a key that nobody has added
pub async fn touched(
    app: &App,
    helper: &MayHelp,
    answer: &[u8],
    client: &Client,
) -> Result<Touched> {
    let browser = binding(helper)?;
    let id = AuthenticationAnswer::read(answer)?.credential_id;
    let challenge = PasswordlessChallenge::of_answer(&app.master_key, &browser, answer)
        .ok_or(codes::CEREMONY_NOT_STARTED)?;
    spend(app, helper, &challenge).await?;
    let found = app
        .store
        .look(move |connection| credentials::by_credential_id(connection, &id))
        .await?
        .ok_or(codes::CEREMONY_UNKNOWN_CREDENTIAL)?;
    let owner = Owner {
        handle: found.user.handle.clone(),
        folded_name: found.user.name.folded(),
    };
    let (key, credential) = (&app.master_key, &found.credential);
    let relying_party = &app.ceremonies.relying_party;
    let touch = match relying_party.finish_touch(key, challenge, answer, credential, &owner) {
        Ok(touch) => touch,
        Err(refusal) => {
            if let Some(suspicion) = device::suspicion(app, &refusal, client) {
                device::suspect(app, found.user.id, suspicion).await?;
            }
            return Err(Problem::from(refusal));
        }
    };
    let device = touch.device_id;
    let told = grounds::write_for(app, helper.grounds(), move |connection| {
        let (count, backed_up) = (touch.sign_count, touch.backed_up);
        if !credentials::raise_counter(connection, device, count, backed_up)? {
            return Ok(None);
        }
        let name = devices::by_id(connection, device)?.map(|device| device.name.to_string());
        let key = keys::of_devices(connection, &[device])?.remove(&device);
        Ok(name.map(|name| (name, key)))
    })
    .await?;
    match told {
        Some((device, key)) => Ok(Touched {
            device,
            owner: found.user,
            key,
        }),
        None => {
            let (owner, count) = (found.user.id, touch.sign_count);
            Err(device::overtaken(app, owner, device, count, client).await?)
        }
    }
}

/// What binds challenges to the session that asked for them. A challenge of a sign-in is bound to a cookie and no
/// answer to it is one here, nor the other way round.
fn binding(helper: &MayHelp) -> Result<Token> {
    match helper.grounds() {
        Grounds::Console(at) => Ok(Token::derived("touch", &at.session.identifier)),
        Grounds::Server | Grounds::Own(_) | Grounds::Token(_) => {
            Err(codes::SESSION_REQUIRED.into())
        }
    }
}

/// Spends a challenge, before anything is looked at that answers it.
async fn spend(app: &App, helper: &MayHelp, challenge: &PasswordlessChallenge) -> Result<()> {
    let (now, expires_at) = (app.now(), challenge.issued_at() + challenges_last(app));
    let digest = challenge.digest();
    let is_first = grounds::write_for(app, helper.grounds(), move |connection| {
        spent_challenges::spend(connection, &digest, expires_at)
    })
    .await?;
    match is_first && expires_at > now && challenge.issued_at() <= now {
        true => Ok(()),
        false => Err(codes::CEREMONY_NOT_STARTED.into()),
    }
}
