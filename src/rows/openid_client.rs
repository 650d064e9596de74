//! Clients of the OpenID provider.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_core::domain::application::Access;
use keyward_core::domain::openid_client::{ClientKeys, OpenidClient};

row! {
    /// A client of the OpenID provider.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = OpenidClient)]
    pub struct OpenidClientRow {
        /// The id.
        pub id: String,
        /// What it calls itself by.
        pub client_id: String,
        /// What people read.
        pub name: String,
        /// How it proves that it is the one: `none`, `client_secret_basic`, `client_secret_post`,
        /// `private_key_jwt` or `tls_client_auth`.
        pub authentication: String,
        /// Its public keys, or their address; null unless it proves itself by them.
        pub keys: Option<String>,
        /// Of whom its certificate is; null unless it proves itself by one.
        pub certificate: Option<String>,
        /// Where browsers may be led with an answer.
        pub redirect_uris: Vec<String>,
        /// Where browsers may be led after signing out.
        pub post_logout_redirect_uris: Vec<String>,
        /// What is told that a session is over.
        pub backchannel_logout_uri: Option<String>,
        /// Its picture.
        pub logo_uri: Option<String>,
        /// In which ways it may ask for tokens.
        pub grants: Vec<String>,
        /// What it may ask for.
        pub scopes: Vec<String>,
        /// Who may sign in, and what they must have proved: `anyone`, or `group:staff hardware within 1h`.
        pub access: String,
        /// What it knows users by: `public` or `pairwise`.
        pub subject: String,
        /// What its access tokens are: `opaque` or `jwt`.
        pub access_token: String,
        /// How its ID tokens are signed.
        pub id_token_algorithm: String,
        /// Whether people are asked before it is told of them.
        pub asks_consent: bool,
        /// Whether codes are bound to whoever asked (RFC 7636).
        pub requires_pkce: bool,
        /// Whom to ask by people who may not go on.
        pub contact: String,
        /// When it was added.
        #[schema(format = "date-time")]
        pub created_at: String,
    }
}

impl From<&OpenidClient> for OpenidClientRow {
    fn from(client: &OpenidClient) -> Self {
        fn texts<T: ToString>(of: impl IntoIterator<Item = T>) -> Vec<String> {
            of.into_iter().map(|one| one.to_string()).collect()
        }
        let settings = &client.settings;
        let access = Access {
            who: settings.who.clone(),
            requires: settings.requires,
        };
        Self {
            id: client.id.to_string(),
            client_id: settings.client_id.to_string(),
            name: settings.name.clone(),
            authentication: settings.authentication.as_str().to_owned(),
            keys: settings.authentication.keys().map(ClientKeys::to_text),
            certificate: settings
                .authentication
                .certificate()
                .map(ToString::to_string),
            redirect_uris: texts(&settings.redirect_uris),
            post_logout_redirect_uris: texts(&settings.post_logout_redirect_uris),
            backchannel_logout_uri: settings
                .backchannel_logout_uri
                .as_ref()
                .map(ToString::to_string),
            logo_uri: settings.logo_uri.as_ref().map(ToString::to_string),
            grants: texts(settings.grants.iter().map(|grant| grant.as_str())),
            scopes: texts(&settings.scopes),
            access: access.to_string(),
            subject: settings.subject.as_str().to_owned(),
            access_token: settings.access_token.as_str().to_owned(),
            id_token_algorithm: settings.id_token_algorithm.as_str().to_owned(),
            asks_consent: settings.asks_consent,
            requires_pkce: settings.requires_pkce,
            contact: settings.contact.clone(),
            created_at: client.created_at.rfc3339(),
        }
    }
}
