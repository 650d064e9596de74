//! The hosts of applications, and those that requests name.

use std::fmt;

use url::Host;

use super::invalid;
use crate::problem::Result;

/// A host, or all below one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    /// In lower case, internationalised names as A-labels.
    name: String,
    is_wildcard: bool,
}

impl HostPattern {
    /// Reads `app.example.org`, an address, or `*.apps.example.org`: whatever is below that name, however
    /// deep, but not the name itself.
    ///
    /// # Errors
    /// `application.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = || {
            invalid(format!(
                "\"{}\" is no host such as app.example.org or *.apps.example.org",
                text.chars().take(300).collect::<String>()
            ))
        };
        let (rest, is_wildcard) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        let host = RequestHost::parse(rest).ok_or_else(wrong)?;
        // A port is no part of it: rules are the same on all of them.
        if host.port.is_some() || rest.contains('*') || is_wildcard && !host.is_name {
            return Err(wrong());
        }
        Ok(Self {
            name: host.name,
            is_wildcard,
        })
    }

    /// The pattern of a row; `None` where it can be none.
    pub fn from_stored(text: &str) -> Option<Self> {
        let (name, is_wildcard) = match text.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        (!name.is_empty()).then(|| Self {
            name: name.to_owned(),
            is_wildcard,
        })
    }

    /// The name, without what stands for whatever is below it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it stands for whatever is below its name.
    pub fn is_wildcard(&self) -> bool {
        self.is_wildcard
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let front = if self.is_wildcard { "*." } else { "" };
        write!(f, "{front}{}", self.name)
    }
}

/// The host that a request names, in the one spelling that patterns have.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RequestHost {
    name: String,
    port: Option<u16>,
    is_name: bool,
}

impl RequestHost {
    /// The longest host that is read, in bytes (RFC 1035 §2.3.4, with a port).
    pub const LONGEST: usize = 262;

    /// Reads a host with or without a port; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::LONGEST {
            return None;
        }
        let (host, port) = split_port(text)?;
        // The root's dot, which browsers send where it was typed.
        let host = host.strip_suffix('.').unwrap_or(host);
        if is_plain_name(host) {
            return Some(Self {
                name: host.to_owned(),
                port,
                is_name: true,
            });
        }
        let host = Host::parse(host).ok()?;
        let is_name = match &host {
            // What browsers let pass beside letters, digits and hyphens is in no certificate.
            Host::Domain(name) if !name.bytes().all(is_of_names) => return None,
            Host::Domain(_) => true,
            Host::Ipv4(_) | Host::Ipv6(_) => false,
        };
        Some(Self {
            name: host.to_string(),
            port,
            is_name,
        })
    }

    /// In lower case, internationalised names as A-labels, without a port.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// With the port, where there was one.
    pub fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.name),
            None => self.name.clone(),
        }
    }

    /// Whether it is this domain or below it.
    pub fn is_within(&self, domain: &str) -> bool {
        let below = self.name.strip_suffix(domain);
        self.is_name && below.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }
}

fn is_of_names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    // An address of IPv6 has colons of its own, within brackets.
    let after_address = text.rfind(']').map_or(0, |end| end + 1);
    let tail = text.get(after_address..)?;
    match tail.split_once(':') {
        None => Some((text, None)),
        Some((_, "")) => None,
        Some((front, port)) => {
            let is_decimal = port.bytes().all(|byte| byte.is_ascii_digit());
            let number = port.parse().ok().filter(|_| is_decimal)?;
            let host = text.get(..after_address + front.len())?;
            Some((host, Some(number)))
        }
    }
}

/// Whether this is a name as it stands: of small letters, and of no form that means something else.
fn is_plain_name(host: &str) -> bool {
    let is_plain = |label: &str| {
        let mut bytes = label.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && bytes.all(|byte| byte.is_ascii_lowercase())
            && label.len() <= 63
    };
    host.len() <= 253 && host.split('.').all(is_plain)
}
