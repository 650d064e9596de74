//! What a client's certificate has to be of.

use std::fmt;

use super::invalid;
use crate::problem::Result;

/// Of whom a certificate must be by which a client proves itself (RFC 8705 §2.1.2): one of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateSubject {
    /// Its subject, as RFC 4514 §2 writes it (`tls_client_auth_subject_dn`).
    DistinguishedName(String),
    /// A name of the DNS among its alternative names (`tls_client_auth_san_dns`).
    DnsName(String),
}

/// Before a distinguished name.
const DN: &str = "dn:";
/// Before a name of the DNS.
const DNS: &str = "dns:";

impl CertificateSubject {
    /// The longest, in bytes.
    pub const LONGEST: usize = 1024;

    /// Reads one as it is typed: `dns:payroll.example.org`, or `dn:CN=payroll,O=Example`.
    ///
    /// # Errors
    /// `openid_client.invalid` for anything else, a name with a `*`, and a distinguished name that no
    /// certificate is compared as: with a space after a comma.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = || {
            invalid(
                "a client's certificate is known by dns:payroll.example.org, or by dn:CN=payroll,O=Example \
                 as RFC 4514 writes it, the last part first and without spaces after the commas",
            )
        };
        if text.len() > Self::LONGEST || text.chars().any(char::is_control) {
            return Err(wrong());
        }
        if let Some(name) = text.strip_prefix(DNS) {
            let is_label = |label: &str| {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                !label.is_empty() && label.len() <= 63 && label.bytes().all(is_plain)
            };
            return match name.len() <= 253 && name.split('.').all(is_label) {
                true => Ok(Self::DnsName(name.to_ascii_lowercase())),
                false => Err(wrong()),
            };
        }
        let name = text.strip_prefix(DN).ok_or_else(wrong)?;
        match is_distinguished(name) {
            true => Ok(Self::DistinguishedName(name.to_owned())),
            false => Err(wrong()),
        }
    }

    /// The one of a row; `None` where it is none.
    pub fn from_stored(text: &str) -> Option<Self> {
        match (text.strip_prefix(DNS), text.strip_prefix(DN)) {
            (Some(name), _) => Some(Self::DnsName(name.to_owned())),
            (None, Some(name)) => Some(Self::DistinguishedName(name.to_owned())),
            (None, None) => None,
        }
    }
}

/// Whether a text can be what a distinguished name is written as: parts `TYPE=value` between commas and plus
/// signs that are not marked, without a space around them.
fn is_distinguished(name: &str) -> bool {
    let (mut is_kind, mut is_marked) = (true, false);
    let mut kind = 0_usize;
    for letter in name.chars() {
        match letter {
            'A'..='Z' if is_kind => kind = kind.saturating_add(1),
            '=' if is_kind && kind > 0 => (is_kind, kind) = (false, 0),
            _ if is_kind => return false,
            _ if is_marked => is_marked = false,
            '\\' => is_marked = true,
            ',' | '+' => is_kind = true,
            _ => {}
        }
    }
    !is_kind && !is_marked
}

impl fmt::Display for CertificateSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DistinguishedName(name) => write!(f, "{DN}{name}"),
            Self::DnsName(name) => write!(f, "{DNS}{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_written_as_it_is_read_and_stands_for_one() {
        for text in [
            "dns:payroll.example.org",
            "dn:CN=payroll,O=Example",
            "dn:CN=payroll,O=Example\\, Inc.",
            "dn:CN=payroll+UID=7,DC=example,DC=org",
        ] {
            let subject = CertificateSubject::parse(text).expect(text);
            assert_eq!(subject.to_string(), text);
            assert_eq!(CertificateSubject::from_stored(text), Some(subject));
        }
        let upper = CertificateSubject::parse("dns:Payroll.Example.ORG").expect("a name");
        assert_eq!(upper.to_string(), "dns:payroll.example.org");
        for text in [
            "",
            "payroll",
            "dns:",
            "dns:*.example.org",
            "dns:a..b",
            "dns:a/b",
            "dn:",
            "dn:payroll",
            "dn:CN=a, O=b",
            "dn:/CN=a/O=b",
            "dn:CN=a\nb",
            "CN=a",
            "DN:CN=a",
            "dn:CN=a,",
            "dn:CN=a\\",
            "dn:=a",
            "dn:CN = a",
        ] {
            assert!(CertificateSubject::parse(text).is_err(), "{text}");
        }
    }
}
