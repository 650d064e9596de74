//! Where a person wanted to go before they had to sign in.

use serde::{Deserialize, Serialize};
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

/// The page that leads on to applications.
const ENTER: &str = "/applications/enter";
/// The page that leads on to OpenID clients.
const AUTHORIZE: &str = "/oauth2/authorize";

/// A path of this server with its query: never another origin, however it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NextPath(String);

impl NextPath {
    /// The longest path that is remembered, in bytes.
    pub const LONGEST: usize = 4096;

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

    /// Reads a `next` parameter as [`Self::parse`] does. The address of another host leads to the page
    /// that asks the rules of applications whether there is anything behind it, and refuses where
    /// there is not.
    pub fn parse_wanted(text: &str) -> Option<Self> {
        let is_elsewhere = text.starts_with("https://") || text.starts_with("http://");
        match is_elsewhere {
            true => Self::to_application(text),
            false => Self::parse(text),
        }
    }

    /// The page that leads to an address of an application.
    fn to_application(address: &str) -> Option<Self> {
        let address: String = byte_serialize(address.as_bytes()).collect();
        Self::parse(&format!("{ENTER}?to={address}"))
    }

    /// Whether it leads on to an application.
    pub fn is_to_application(&self) -> bool {
        self.0.split('?').next() == Some(ENTER)
    }

    /// Whether it leads on to an OpenID client.
    pub fn is_to_client(&self) -> bool {
        self.0.split('?').next() == Some(AUTHORIZE)
    }

    /// Whether what has to be proved on the way is judged where it leads.
    pub fn is_judged_there(&self) -> bool {
        self.is_to_application() || self.is_to_client()
    }

    /// The client to which it leads on, as it calls itself.
    pub fn client_id(&self) -> Option<String> {
        self.value_of("client_id").filter(|_| self.is_to_client())
    }

    /// Whom that client expects, as it was told.
    pub fn login_hint(&self) -> Option<String> {
        self.value_of("login_hint").filter(|_| self.is_to_client())
    }

    fn value_of(&self, name: &str) -> Option<String> {
        let (_, query) = self.0.split_once('?')?;
        let mut fields = parse(query.as_bytes());
        let (_, value) = fields.find(|(given, _)| given == name)?;
        Some(value.into_owned())
    }

    /// The address of an application to which it leads on, as it was asked for.
    pub fn application_address(&self) -> Option<String> {
        self.field("to")
    }

    /// The method by which that was asked for, where it is not GET.
    pub fn application_method(&self) -> Option<String> {
        self.field("method")
    }

    fn field(&self, name: &str) -> Option<String> {
        self.value_of(name).filter(|_| self.is_to_application())
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

    /// The page of who one is at other OpenID providers.
    pub fn to_providers() -> Self {
        Self("/account/upstream".to_owned())
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
    fn the_address_of_another_host_leads_to_the_page_that_knows_applications() {
        let next = NextPath::parse_wanted("https://wiki.example.org/a?b=c");
        let next = next.expect("a path");
        let expected = "/applications/enter?to=https%3A%2F%2Fwiki.example.org%2Fa%3Fb%3Dc";
        assert_eq!(next.as_str(), expected);
        assert!(next.is_to_application());
        let address = next.application_address();
        assert_eq!(address.as_deref(), Some("https://wiki.example.org/a?b=c"));
        let bare = NextPath::parse("/applications/enter").expect("a path");
        assert_eq!(bare.application_address(), None);
        let other = NextPath::parse("/account?to=https%3A%2F%2Fwiki.example.org").expect("a path");
        assert_eq!(other.application_address(), None);
        for text in [
            "//evil.example/",
            "javascript:alert(1)",
            "/\\evil.example",
            "ftp://a/",
        ] {
            assert_eq!(NextPath::parse_wanted(text), None, "{text}");
        }
        assert!(!NextPath::default().is_to_application());
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
