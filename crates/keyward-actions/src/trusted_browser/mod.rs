//! Trusted browsers: beginning the trust, standing in for the second factor, and ending it.

mod end;
mod list;
mod stand_in;
mod trust;
pub use end::end;
pub use end::end_own;
pub use list::list;
pub use list::own;
pub(crate) use stand_in::cookie_of;
pub(crate) use stand_in::next_key;
pub(crate) use stand_in::recognise;
pub use trust::trust;

pub use trust::Trusted;

pub(super) use stand_in::{Recognised, stand_in};

use super::{App, policy};
use keyward_core::domain::trusted_browser::TrustTerms;
use keyward_core::domain::user::UserId;
use keyward_core::factors::trusted_browser::BrowserKey;
use keyward_core::problem::Result;
use keyward_core::secret::KeyPurpose;
use keyward_store::AnyConnection;

/// The strictest of the settings and of the policies that concern a user.
fn terms_of(
    connection: &mut AnyConnection,
    settings: &keyward_settings::TrustedBrowser,
    user: UserId,
) -> Result<Option<TrustTerms>> {
    let Some(age) = settings.age else {
        return Ok(None);
    };
    let effective = policy::effective(connection, user)?;
    let most = settings.max_per_user;
    Ok(TrustTerms { age, most }.under(effective.rules()))
}

/// On which terms browsers of this user are trusted; `None` where they are not.
///
/// # Errors
/// The store's.
pub async fn terms(app: &App, user: UserId) -> Result<Option<TrustTerms>> {
    if app.settings.trusted_browser.age.is_none() {
        return Ok(None);
    }
    let settings = app.settings.clone();
    app.store
        .look(move |connection| terms_of(connection, &settings.trusted_browser, user))
        .await
}

/// What tells the cookies of several users of one browser apart, without saying who they are.
pub fn mark(app: &App, user: UserId) -> String {
    let mark = app
        .master_key
        .tag::<8>(KeyPurpose::BrowserMark, &[&user.to_string()]);
    data_encoding::HEXLOWER.encode(mark.as_slice())
}

/// Reads a cookie; `None` for what we have not signed.
pub fn read_key(app: &App, cookie: &str) -> Option<BrowserKey> {
    BrowserKey::read(cookie, &app.master_key)
}
