//! Where browsers may be led back to.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::invalid;
use super::settings::has_plain_host;
use crate::problem::Result;

/// An address of a client to which browsers are led with an answer, as it was registered.
///
/// A request must give the same text, letter by letter (RFC 9700 §2.1, §4.1): no pattern stands for
/// several addresses. At an IP address of the browser's own machine the port may be another one (RFC 8252
/// §7.3), because programs there listen where there is room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The longest, in bytes.
    pub const LONGEST: usize = 2048;

    /// Checks one: `https`, `http` at the browser's own machine, or a private-use scheme such as
    /// `org.example.app:/callback` (RFC 8252 §7.1). Neither fragment nor user nor dots that lead up, no
    /// `*`, and in the one spelling that browsers make of it: what is compared as text must not have two.
    ///
    /// # Errors
    /// `openid_client.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |why: &str| {
            let shown: String = text.chars().take(200).collect();
            invalid(format!("\"{shown}\" {why}"))
        };
        if text.len() > Self::LONGEST {
            return Err(wrong("has more than 2048 bytes"));
        }
        // A backslash is a slash to some, and what is escaped may be read in two ways.
        let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"*\\\"<>^`{|}".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_plain) {
            return Err(wrong(
                "has characters that stand in no address, or a * that stands for nothing here",
            ));
        }
        let url = Url::parse(text)
            .map_err(|_| wrong("is no address such as https://app.example.org/callback"))?;
        if text.contains('#') {
            return Err(wrong("has a fragment, which an answer cannot have"));
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || authority(text).contains('@') {
            return Err(wrong("has a user in it"));
        }
        // The origin of an answer that is posted stands in the policy of the page (CSP3 §2.2.1).
        if url.host().is_some() && !has_plain_host(&url) {
            return Err(wrong("has a host with characters that no name has"));
        }
        let path = text.split('?').next().unwrap_or_default();
        if has_dots(path) {
            return Err(wrong("has a path that leads up, or nowhere"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_own_machine(&url) => {}
            "http" => {
                return Err(wrong(
                    "is without TLS, which only localhost, 127.0.0.1 and [::1] may be",
                ));
            }
            // Whoever may use a domain uses its scheme; `javascript:` and `data:` have no dot.
            scheme if scheme.contains('.') && is_below_scheme(text, scheme) => {}
            _ => {
                return Err(wrong(
                    "has a scheme other than https, http, or one of the application's own such as org.example.app",
                ));
            }
        }
        // Without a path, browsers add the slash; everything else would lead elsewhere than it reads.
        let canonical = url.as_str();
        if canonical != text && canonical.strip_suffix('/') != Some(text) {
            return Err(wrong(&format!("has to be written as {canonical}")));
        }
        Ok(Self(text.to_owned()))
    }

    /// The one of a row.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request that gives this address means this one.
    pub fn matches(&self, asked: &str) -> bool {
        if self.0 == asked {
            return true;
        }
        LOOPBACK.into_iter().any(|front| {
            let (ours, theirs) = (self.0.strip_prefix(front), asked.strip_prefix(front));
            let rests = ours
                .and_then(without_port)
                .zip(theirs.and_then(without_port));
            rests.is_some_and(|(ours, theirs)| ours == theirs)
        })
    }

    /// Whether a program of the browser's own machine receives it by a scheme of its own, which any
    /// other program there may claim too.
    pub fn is_private_use(&self) -> bool {
        !self.0.starts_with("https:") && !self.0.starts_with("http:")
    }

    /// Its host; `None` where it has none.
    pub fn host(&self) -> Option<String> {
        Url::parse(&self.0).ok()?.host_str().map(str::to_owned)
    }

    /// Its origin, such as `https://app.example.org`; `None` where it has none.
    pub fn origin(&self) -> Option<String> {
        let origin = Url::parse(&self.0).ok()?.origin();
        origin.is_tuple().then(|| origin.ascii_serialization())
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands before the port where that may differ. Names are not among them: what `localhost` is, a
/// resolver may decide (RFC 8252 §8.3).
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// What follows on the host, without the port; `None` where the host goes on, or the port is none.
fn without_port(rest: &str) -> Option<&str> {
    let Some(after) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest);
    };
    let end = after.find(['/', '?']).unwrap_or(after.len());
    let (port, rest) = after.split_at_checked(end)?;
    let is_decimal = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_port = is_decimal && port.parse::<u16>().is_ok_and(|port| port > 0);
    is_port.then_some(rest)
}

fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => false,
    }
}

/// Whether a path follows on a scheme (RFC 8252 §7.1).
fn is_below_scheme(text: &str, scheme: &str) -> bool {
    let rest = text.get(scheme.len()..).unwrap_or_default();
    rest.starts_with(":/")
}

fn authority(text: &str) -> &str {
    let rest = text.split_once("//").map_or("", |(_, rest)| rest);
    rest.split(['/', '?']).next().unwrap_or_default()
}

fn has_dots(path: &str) -> bool {
    path.split('/').any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    })
}
