//! Certificates by which clients prove themselves (RFC 8705 §2.1).

use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};

use crate::clock::Timestamp;
use crate::domain::openid_client::CertificateSubject;

/// A certificate that the client of a connection has shown, and proved to have the key of. Whether its chain
/// ends at an authority of ours is judged before it is read here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// As RFC 4514 §2 writes it; `None` where that has no words for it.
    subject: Option<String>,
    dns_names: Vec<String>,
    valid_from: Timestamp,
    valid_until: Timestamp,
}

impl ClientCertificate {
    /// Reads one in DER; `None` where it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map(|names| &names.value.general_names);
        let dns_names = names.into_iter().flatten().filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let validity = certificate.validity();
        Some(Self {
            subject: written(certificate.subject()),
            dns_names: dns_names.collect(),
            valid_from: Timestamp::from_seconds(validity.not_before.timestamp()),
            valid_until: Timestamp::from_seconds(validity.not_after.timestamp()),
        })
    }

    /// Whether it is of this subject, at this moment: a connection may last longer than what it began with.
    pub fn is_of(&self, subject: &CertificateSubject, now: Timestamp) -> bool {
        if now < self.valid_from || now > self.valid_until {
            return false;
        }
        match subject {
            CertificateSubject::DistinguishedName(name) => self.subject.as_ref() == Some(name),
            CertificateSubject::DnsName(name) => {
                let mut names = self.dns_names.iter();
                names.any(|known| known.eq_ignore_ascii_case(name))
            }
        }
    }
}

/// The types of attributes that have a short name (RFC 4514 §3).
const SHORT: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// A distinguished name as text (RFC 4514 §2), the last part first; `None` where it is empty, or has an
/// attribute without a short name or that is no text.
fn written(name: &X509Name<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for part in name.iter_rdn() {
        let mut attributes = Vec::new();
        for attribute in part.iter() {
            let kind = attribute.attr_type().to_id_string();
            let (_, short) = SHORT.into_iter().find(|(id, _)| *id == kind)?;
            attributes.push(format!("{short}={}", escaped(attribute.as_str().ok()?)));
        }
        parts.push(attributes.join("+"));
    }
    parts.reverse();
    (!parts.is_empty()).then(|| parts.join(","))
}

/// A value with what has a meaning of its own marked (§2.4).
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (at, letter) in value.chars().enumerate() {
        let is_edge = letter == ' ' && (at == 0 || at == last) || letter == '#' && at == 0;
        if is_edge || "\"+,;<>\\".contains(letter) {
            text.push('\\');
        }
        match letter {
            '\0' => text.push_str("\\00"),
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_of_its_own_is_marked() {
        for (value, expected) in [
            ("payroll", "payroll"),
            (
                "Before, Inc. + \"after\"",
                "Before\\, Inc. \\+ \\\"after\\\"",
            ),
            (" a ", "\\ a\\ "),
            ("#1", "\\#1"),
            ("a#b", "a#b"),
            ("a\\b", "a\\\\b"),
        ] {
            assert_eq!(escaped(value), expected);
        }
    }
}
