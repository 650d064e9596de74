//! What browsers are told of a user's passkeys.

use serde::Serialize;
use serde_json::json;

use keyward_core::domain::credential::Credential;
use keyward_core::domain::user::User;
use keyward_core::protocols::webauthn::encode;

/// What a page says of the passkeys of the user who is signed in, for the signal methods of
/// WebAuthn Level 3 §5.1.10.3 and §5.1.10.4, as JSON: so password managers forget what was removed
/// here.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct AcceptedPasskeys(String);

impl AcceptedPasskeys {
    /// Of this user, who has these credentials and no others: what is missing is forgotten there.
    pub fn of(rp_id: &str, user: &User, credentials: &[Credential]) -> Self {
        let ids: Vec<String> = credentials
            .iter()
            .map(|one| encode(&one.credential_id))
            .collect();
        let names = (user.name.as_str(), user.called());
        Self::new(rp_id, user.handle.as_bytes(), names, &ids)
    }

    fn new(rp_id: &str, handle: &[u8], names: (&str, &str), accepted: &[String]) -> Self {
        let told = json!({
            "rpId": rp_id,
            "userId": encode(handle),
            "name": names.0,
            "displayName": names.1,
            "accepted": accepted,
        });
        Self(told.to_string())
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        let ids = [encode(&[1; 16])];
        Self::new(
            "login.example.org",
            &[7; 32],
            ("anna", "o'anna <\"&>"),
            &ids,
        )
    }
}
