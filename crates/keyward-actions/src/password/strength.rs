//! How hard a password is to guess. The estimate takes up to some tens of milliseconds of a
//! processor: it is made off the async threads and in a seat.

use std::num::NonZeroU32;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::App;
use keyward_core::domain::attempt::AttemptScope;
use keyward_core::domain::password::Strength;
use keyward_core::domain::session::Client;
use keyward_core::domain::user::{NewPassword, UserName};
use keyward_core::problem::{Problem, Result, codes};

/// How often one address may ask within a minute. The page asks when its user stops typing.
const SHARE: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);

/// The strength of what a user is typing. Nothing of it is kept. Any client may ask, so it is
/// bounded by the address, and one is answered at a time.
///
/// # Errors
/// `password.too_often` where the address asked too often, `sign_in.busy` where too many ask.
pub async fn strength(
    app: &App,
    typed: SecretString,
    name: String,
    client: &Client,
) -> Result<Strength> {
    let address = AttemptScope::address(client.address).key();
    if !app.passwords.strength_rates.take(address, SHARE, app.now()) {
        let wait = Duration::from_secs(60) / SHARE.get();
        return Err(Problem::new(codes::PASSWORD_TOO_OFTEN).retry_after(wait));
    }
    let service = app.settings.relying_party.name.clone();
    let estimate = move || Strength::of_at(typed.expose_secret(), &name, &service);
    app.passwords.strength_seats.work(estimate).await
}

/// Checks a new password in a seat, off the async threads. The caller has looked at the link or the
/// session by which it is set.
///
/// # Errors
/// `user.password_weak`, `sign_in.busy`
pub async fn judge(app: &App, typed: SecretString, name: &UserName) -> Result<NewPassword> {
    let (name, service) = (name.clone(), app.settings.relying_party.name.clone());
    app.passwords
        .with_seat(move |_| NewPassword::parse(typed, &name)?.for_service(&service))
        .await?
}
