//! What browsers are told of somebody's passkeys.

use serde::Serialize;

use crate::domain::credential::Credential;
use crate::domain::user::User;
use crate::protocols::webauthn::encode;

/// What a page says of the passkeys of whoever is signed in, for the signal methods of WebAuthn
/// Level 3 §5.1.10.3 and §5.1.10.4: so password managers forget what was removed here.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedPasskeys {
    /// The relying party id.
    pub rp_id: String,
    /// The user handle, in base64url.
    pub user_id: String,
    /// The user's name.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// The ids of all their credentials, in base64url. What is missing here is forgotten there.
    pub accepted: Vec<String>,
}

impl AcceptedPasskeys {
    /// Of this user, who has these credentials and no others.
    pub fn of(rp_id: &str, user: &User, credentials: &[Credential]) -> Self {
        let name = user.name.as_str();
        let ids = credentials.iter();
        Self {
            rp_id: rp_id.to_owned(),
            user_id: encode(user.handle.as_bytes()),
            name: name.to_owned(),
            display_name: name.to_owned(),
            accepted: ids.map(|one| encode(&one.credential_id)).collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn sample() -> Self {
        Self {
            rp_id: "login.example.org".to_owned(),
            user_id: encode(&[7; 32]),
            name: "o'anna <\"&>".to_owned(),
            display_name: "o'anna <\"&>".to_owned(),
            accepted: vec![encode(&[1; 16])],
        }
    }
}
