//! The ways in which a client comes by tokens.

/// A grant type. There is no implicit one and none by password (RFC 9700 §2.1.2, §2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GrantType {
    /// By a code that a browser brings along (RFC 6749 §4.1).
    AuthorizationCode,
    /// By a refresh token (RFC 6749 §6).
    RefreshToken,
    /// By a code that a person types on another device (RFC 8628).
    DeviceCode,
    /// For itself, and nobody else (RFC 6749 §4.4).
    ClientCredentials,
}

impl GrantType {
    /// Every grant type.
    pub const ALL: [Self; 4] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::DeviceCode,
        Self::ClientCredentials,
    ];

    /// The name that people and rows call it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "device_code",
            Self::ClientCredentials => "client_credentials",
        }
    }

    /// The registered name, as it stands in `grant_type`.
    pub fn registered(self) -> &'static str {
        match self {
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::AuthorizationCode | Self::RefreshToken | Self::ClientCredentials => self.as_str(),
        }
    }

    /// Reads either name.
    pub fn parse(text: &str) -> Option<Self> {
        let is_called = |one: &Self| one.as_str() == text || one.registered() == text;
        Self::ALL.into_iter().find(is_called)
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// Whether a user stands behind its tokens.
    pub fn is_for_users(self) -> bool {
        self != Self::ClientCredentials
    }
}
