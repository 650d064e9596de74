//! Where a person wanted to go before they had to sign in.

use serde::{Deserialize, Serialize};
use url::Url;

/// A path of this server with its query: never another origin, however it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NextPath(String);

impl NextPath {
    /// The longest path that is remembered, in bytes.
    pub const LONGEST: usize = 2048;

    /// Reads a `next` parameter; `None` for anything that a browser could take for another origin
    /// (open redirect), is too long, or would lead back into the sign-in or the step-up itself.
    pub fn parse(text: &str) -> Option<Self> {
        let base = Url::parse("http://keyward.invalid/").ok()?;
        // Browsers drop tabs and line ends and read a backslash as a slash before they resolve.
        let sound = text.starts_with('/')
            && text.len() <= Self::LONGEST
            && !text.contains('\\')
            && !text.chars().any(char::is_control);
        if !sound {
            return None;
        }
        let resolved = base.join(text).ok()?;
        if resolved.origin() != base.origin() || text.starts_with("//") {
            return None;
        }
        let path = resolved.path();
        let leads_back = path.starts_with("/sign-in") || path.starts_with("/step-up");
        if path.starts_with("//") || path == "/sign-out" || leads_back {
            return None;
        }
        let mut local = path.to_owned();
        if let Some(query) = resolved.query() {
            local.push('?');
            local.push_str(query);
        }
        Some(Self(local))
    }

    /// The page on which a first device is chosen.
    pub fn to_enrolment() -> Self {
        Self("/account/devices/add".to_owned())
    }

    /// The page on which a new password is chosen without the old one.
    pub fn to_new_password() -> Self {
        Self("/account/password/new".to_owned())
    }

    /// The page of the devices.
    pub fn to_devices() -> Self {
        Self("/account/devices".to_owned())
    }

    /// The path, for a `Location`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for NextPath {
    /// The account's overview.
    fn default() -> Self {
        Self("/account".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_server_are_kept_with_their_query() {
        for path in ["/", "/account/devices", "/console/users?q=a&after=b"] {
            assert_eq!(
                NextPath::parse(path).map(|next| next.0).as_deref(),
                Some(path)
            );
        }
    }

    #[test]
    fn an_open_redirect_in_any_writing_is_refused() {
        for text in [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "javascript:alert(1)",
            "account",
            "",
            "/./\\evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "/%2e//evil.example/..",
            "/sign-in?next=/account",
            "/sign-out",
            "/step-up?next=/account",
        ] {
            let parsed = NextPath::parse(text);
            assert!(
                parsed.as_ref().is_none_or(|next| !next.0.starts_with("//")),
                "{text} became {parsed:?}"
            );
            if !text.starts_with("/%2e") {
                assert_eq!(parsed, None, "{text}");
            }
        }
    }
}
