//! Addresses that mail can be sent to.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};

use super::spelling::has_unseen;
use crate::problem::{Result, codes};

/// An address that a mail server can take (RFC 5321 §4.1.2, RFC 6531 §3.3); that its user reads it,
/// only a mail proves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
    pub const LONGEST: usize = 254;
    /// The longest part before the `@`, in bytes (RFC 5321 §4.5.3.1.1).
    const LONGEST_LOCAL: usize = 64;

    /// Checks an address that a user types. White space around it is not part of it.
    ///
    /// # Errors
    /// `user.email_invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let address = text.trim();
        let sound = address.len() <= Self::LONGEST
            && !has_unseen(address)
            && address.rsplit_once('@').is_some_and(|(local, domain)| {
                local.len() <= Self::LONGEST_LOCAL
                    && (is_dotted(local) || is_quoted(local))
                    && ascii_domain(domain)
                        .is_some_and(|domain| local.len() + 1 + domain.len() <= Self::LONGEST)
            });
        if !sound {
            return Err(codes::USER_EMAIL_INVALID.into());
        }
        Ok(Self(address.to_owned()))
    }

    /// An address of a row, whatever the rule for typed ones is today. Mail to one that no server
    /// can take is given up.
    pub fn from_stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Part before the `@`, and domain in A-labels (RFC 5890 §2.3.2.1), which every mail server
    /// takes. `None` for an address that no server can take.
    pub fn on_the_wire(&self) -> Option<(&str, Cow<'_, str>)> {
        Self::parse(&self.0).ok()?;
        let (local, domain) = self.0.rsplit_once('@')?;
        Some((local, ascii_domain(domain)?))
    }
}

/// Atoms with single dots between them (RFC 5322 §3.2.3), also in other letters than ASCII's.
fn is_dotted(local: &str) -> bool {
    let is_atom = |c: char| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
    };
    local
        .split('.')
        .all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

/// A quoted string without spaces (RFC 5321 §4.1.2).
fn is_quoted(local: &str) -> bool {
    let inner = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
        return false;
    };
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        let good = match c {
            '\\' => characters.next().is_some_and(|c| c.is_ascii_graphic()),
            '"' => false,
            c => c.is_ascii_graphic(),
        };
        if !good {
            return false;
        }
    }
    true
}

/// A domain in A-labels, or an address literal (RFC 5321 §4.1.3).
fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    if let Some(literal) = domain
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        let is_number = match literal.strip_prefix("IPv6:") {
            Some(number) => number.parse::<Ipv6Addr>().is_ok(),
            None => literal.parse::<Ipv4Addr>().is_ok(),
        };
        return is_number.then_some(Cow::Borrowed(domain));
    }
    let (deny, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    let ascii = Uts46::new()
        .to_ascii(domain.as_bytes(), deny, hyphens, DnsLength::Verify)
        .ok()?;
    // A last label of digits is a number, which stands in brackets (RFC 3696 §2).
    let last = ascii.rsplit('.').next()?;
    (!last.bytes().all(|byte| byte.is_ascii_digit())).then_some(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_can_take_is_taken() {
        for text in [
            "anna@example.org",
            " anna@example.org ",
            "anna.b+tag@mail.example.org",
            "o'brien@example.org",
            "anna@localhost",
            "änna@example.org",
            "anna@bücher.example",
            "anna@xn--bcher-kva.example",
            "雨@例え.jp",
            "\"a@b\"@example.org",
            "anna@[192.0.2.1]",
            "anna@[IPv6:2001:db8::1]",
            "anna@r3---sn.example.org",
        ] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_no_server_can_take_is_refused() {
        let long = "a".repeat(65);
        for text in [
            "",
            "anna",
            "@example.org",
            "anna@",
            "anna..b@example.org",
            ".anna@example.org",
            "anna.@example.org",
            "anna b@example.org",
            "anna@example..org",
            "anna@.example.org",
            "anna@example.org.",
            "anna@-example.org",
            "anna@example-.org",
            "anna@exa_mple.org",
            "anna@exa mple.org",
            "anna@192.0.2.1",
            "anna@[192.0.2]",
            "anna@[anna]",
            "anna@ben@example.org",
            "<anna@example.org>",
            "Anna <anna@example.org>",
            "anna@example.org, ben@example.org",
            "anna;ben@example.org",
            "\"anna@example.org",
            "\"\"@example.org",
            "\"a\"b\"@example.org",
            "an\u{200b}na@example.org",
            "anna@exam\u{200b}ple.org",
            "an\u{202e}na@example.org",
            "anna@example.org\r\nBcc: ben@example.org",
            "an\u{0}na@example.org",
            &format!("{long}@example.org"),
            &format!("anna@{}.org", "a".repeat(64)),
            &format!("anna@{}org", "aaaaaaaaa.".repeat(26)),
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn domains_travel_in_a_labels() {
        for (text, domain) in [
            ("anna@bücher.example", "xn--bcher-kva.example"),
            ("anna@Example.ORG", "example.org"),
            ("anna@[192.0.2.1]", "[192.0.2.1]"),
        ] {
            let address = EmailAddress::parse(text).expect(text);
            let (local, ascii) = address.on_the_wire().expect(text);
            assert_eq!((local, ascii.as_ref()), ("anna", domain));
        }
        let old = EmailAddress::from_stored("anna..b@example.org");
        assert_eq!(old.on_the_wire(), None);
    }
}
