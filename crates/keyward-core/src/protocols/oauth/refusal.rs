//! Why a request is refused, in the words that clients know.

use std::borrow::Cow;

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// An error code of OAuth 2.0 or of what builds on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum OauthError { $($(#[$doc])* $variant,)* }

        impl OauthError {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The code as it is sent.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

errors! {
    /// A parameter is missing, doubled or cannot be read (RFC 6749 §4.1.2.1, §5.2).
    InvalidRequest = "invalid_request",
    /// The client is unknown or did not prove itself (RFC 6749 §5.2).
    InvalidClient = "invalid_client",
    /// The code, refresh token or device code is none, is over or is another client's (RFC 6749 §5.2).
    InvalidGrant = "invalid_grant",
    /// This client may not do this (RFC 6749 §4.1.2.1, §5.2).
    UnauthorizedClient = "unauthorized_client",
    /// The kind of grant is not known (RFC 6749 §5.2).
    UnsupportedGrantType = "unsupported_grant_type",
    /// The kind of response is not known (RFC 6749 §4.1.2.1).
    UnsupportedResponseType = "unsupported_response_type",
    /// A scope is unknown, or more than was granted (RFC 6749 §5.2).
    InvalidScope = "invalid_scope",
    /// The user or a rule said no (RFC 6749 §4.1.2.1).
    AccessDenied = "access_denied",
    /// Something of ours failed (RFC 6749 §4.1.2.1).
    ServerError = "server_error",
    /// Too much at the moment (RFC 6749 §4.1.2.1).
    TemporarilyUnavailable = "temporarily_unavailable",
    /// The user would have to do something, and must not be asked (OpenID Connect Core 1.0 §3.1.2.6).
    InteractionRequired = "interaction_required",
    /// The user would have to sign in, and must not be asked (OpenID Connect Core 1.0 §3.1.2.6).
    SignInRequired = "login_required",
    /// The user would have to choose an account, and must not be asked (OpenID Connect Core 1.0 §3.1.2.6).
    AccountSelectionRequired = "account_selection_required",
    /// The user would have to consent, and must not be asked (OpenID Connect Core 1.0 §3.1.2.6).
    ConsentRequired = "consent_required",
    /// The user cannot prove as much as was demanded (OpenID Connect Core Error Code
    /// `unmet_authentication_requirements` 1.0 §2).
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// Request objects are not taken (OpenID Connect Core 1.0 §6).
    RequestNotSupported = "request_not_supported",
    /// Addresses of request objects are not taken (OpenID Connect Core 1.0 §6).
    RequestUriNotSupported = "request_uri_not_supported",
    /// What a client says of itself in a request is not taken (OpenID Connect Core 1.0 §7.2.1).
    RegistrationNotSupported = "registration_not_supported",
    /// The address of a pushed request is none, is over or is another client's (RFC 9126 §4).
    InvalidRequestUri = "invalid_request_uri",
    /// The user has not answered yet (RFC 8628 §3.5).
    AuthorizationPending = "authorization_pending",
    /// The device asks too often (RFC 8628 §3.5).
    SlowDown = "slow_down",
    /// The device code is over (RFC 8628 §3.5).
    ExpiredToken = "expired_token",
    /// The access token is none, or is over (RFC 6750 §3.1).
    InvalidToken = "invalid_token",
    /// The access token is for something else (RFC 6750 §3.1).
    InsufficientScope = "insufficient_scope",
}

/// A refusal: the code, and words for the people who write clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub error: OauthError,
    /// What is wrong, in characters that RFC 6749 §5.2 allows: no quotes, no backslash.
    pub description: Cow<'static, str>,
}

impl Refusal {
    /// A refusal.
    pub const fn new(error: OauthError, description: &'static str) -> Self {
        Self {
            error,
            description: Cow::Borrowed(description),
        }
    }

    /// A parameter that is missing, doubled or cannot be read.
    pub const fn request(description: &'static str) -> Self {
        Self::new(OauthError::InvalidRequest, description)
    }

    /// The same about a parameter by its name, which is one of ours.
    pub fn parameter(name: &'static str, what: &'static str) -> Self {
        Self {
            error: OauthError::InvalidRequest,
            description: Cow::Owned(format!("{name}: {what}")),
        }
    }
}
