//! Who users are at other OpenID providers.

use serde::Serialize;
use utoipa::ToSchema;

use super::row;
use keyward_actions::upstream::UserUpstream;

row! {
    /// Who a user is at another OpenID provider.
    #[derive(Clone, Debug, Serialize, ToSchema)]
    #[schema(as = UpstreamLink)]
    pub struct UpstreamLinkRow {
        /// The id.
        pub id: String,
        /// What the provider is called in the settings; null where they do not name it any more.
        pub provider: Option<String>,
        /// The issuer.
        pub issuer: String,
        /// The `sub` there; at Entra the `oid`.
        pub subject: String,
        /// What they were called there when the link was made.
        pub called: String,
        /// When it was made.
        #[schema(format = "date-time")]
        pub created_at: String,
        /// When it was last signed in by.
        #[schema(format = "date-time")]
        pub last_used_at: Option<String>,
    }
}

impl From<&UserUpstream> for UpstreamLinkRow {
    fn from(found: &UserUpstream) -> Self {
        let link = &found.link;
        Self {
            id: link.id.to_string(),
            provider: found.provider.as_ref().map(ToString::to_string),
            issuer: link.identity.issuer.clone(),
            subject: link.identity.subject.clone(),
            called: link.called.clone(),
            created_at: link.created_at.rfc3339(),
            last_used_at: link
                .last_used_at
                .map(keyward_core::clock::Timestamp::rfc3339),
        }
    }
}
