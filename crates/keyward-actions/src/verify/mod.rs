//! Verifying a user for another program: the same devices, policies, locks and events as at the
//! sign-in, and no session at the end.

mod code;
mod webauthn;
pub use code::{AskedCode, with_code};
pub use webauthn::{WebauthnOffer, options, with_ceremony};

use crate::sign_in::level_of;
use crate::{App, WriteContext};
use keyward_core::clock::Timestamp;
use keyward_core::domain::authentication_context::{AuthenticationContext, ContextClass};
use keyward_core::domain::device::Device;
use keyward_core::domain::session::{Assurance, Client, Methods};
use keyward_core::domain::user::{User, UserId, UserName, fold};
use keyward_core::flows::sign_in::SecondFactorVerified;
use keyward_core::problem::{Result, codes};
use keyward_store::{AnyConnection, devices, passwords, users};

/// Whether a user proved themselves.
#[must_use]
#[derive(Debug)]
pub enum Verification {
    /// They did.
    Verified(Box<Verified>),
    /// They did not. There may be no such user.
    Not(WhyNot),
}

/// Why a user is not verified, as far as a program is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// The code or the answer is wrong, the user is switched off, or there is none.
    Wrong,
    /// The code was right, and was used before.
    Used,
}

/// A user who proved themselves to a program.
#[derive(Debug)]
pub struct Verified {
    /// Who.
    pub user: User,
    /// By which device.
    pub device: Device,
    /// By what, and how strong that is by itself: what the program asked for before is its own to add.
    pub context: AuthenticationContext,
    /// When.
    pub at: Timestamp,
}

/// Whom a program means: by user name, or by an e-mail address that is one user's.
struct Meant {
    folded: String,
    /// The user and whether they may sign in; `None` for a name that no user has.
    user: Option<(UserId, bool)>,
}

async fn meant(app: &App, name: &str) -> Result<Meant> {
    let folded: String = fold(name).chars().take(UserName::LONGEST_TYPED).collect();
    let wanted = folded.clone();
    let named = app
        .store
        .look(move |connection| passwords::by_sign_in(connection, &wanted))
        .await?;
    let user = named
        .user
        .map(|(stored, enabled)| (stored.user_id, enabled));
    Ok(Meant { folded, user })
}

/// What a proof shows, in the caller's transaction, which accepted it.
fn shown(
    connection: &mut AnyConnection,
    context: &WriteContext,
    proof: &SecondFactorVerified,
) -> Result<Verified> {
    let (user, device) = (proof.user_id(), proof.device_id());
    let methods = Methods::alone(proof.kind(), proof.user_verified() == Some(true));
    let level = level_of(
        connection,
        user,
        Assurance::Verified,
        &methods,
        Some(device),
    )?;
    Ok(Verified {
        user: users::expect(connection, user)?,
        device: devices::by_id(connection, device)?.ok_or(codes::DEVICE_UNKNOWN)?,
        context: AuthenticationContext {
            class: ContextClass::of(&methods, level),
            methods,
            level,
            proved_at: Some(context.now),
        },
        at: context.now,
    })
}

/// From where the user's tries come: as the program saw them, or from the program itself.
fn client_of(call: &Client, address: Option<std::net::IpAddr>) -> Client {
    match address {
        Some(address) => Client::new(address, &call.user_agent),
        None => call.clone(),
    }
}
