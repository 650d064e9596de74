//! Where codes are delivered: a mailbox, or whatever else a user is reached by.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::device::DeviceKind;
use super::email_address::EmailAddress;
use super::phone_number::PhoneNumber;
use super::spelling::fold;

/// By what a code travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryMethod {
    /// E-mail.
    Mail,
    /// A text message.
    Sms,
    /// A call, in which it is spoken.
    Call,
}

impl DeliveryMethod {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
            Self::Call => "call",
        }
    }

    /// Reads a stable name.
    pub fn from_stored(text: &str) -> Option<Self> {
        match text {
            "mail" => Some(Self::Mail),
            "sms" => Some(Self::Sms),
            "call" => Some(Self::Call),
            _ => None,
        }
    }

    /// The kind of device that is reached by it.
    pub fn kind(self) -> DeviceKind {
        match self {
            Self::Mail => DeviceKind::Email,
            Self::Sms | Self::Call => DeviceKind::Phone,
        }
    }
}

/// Whom a code is delivered to, and by what. It prints masked: it is personal data, and a person
/// who sees a log or a screen has no need for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", content = "to", rename_all = "kebab-case")]
pub enum DeliveryAddress {
    /// A mailbox.
    Mail(EmailAddress),
    /// A phone that takes text messages.
    Sms(PhoneNumber),
    /// A phone that is called.
    Call(PhoneNumber),
}

impl DeliveryAddress {
    /// A delivery address as the database gives it back.
    pub fn from_stored(method: DeliveryMethod, address: &str) -> Self {
        match method {
            DeliveryMethod::Mail => Self::Mail(EmailAddress::from_stored(address)),
            DeliveryMethod::Sms => Self::Sms(PhoneNumber::from_stored(address)),
            DeliveryMethod::Call => Self::Call(PhoneNumber::from_stored(address)),
        }
    }

    /// The number, where it is a phone.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Mail(_) => None,
            Self::Sms(number) | Self::Call(number) => Some(number),
        }
    }

    /// By what.
    pub fn method(&self) -> DeliveryMethod {
        match self {
            Self::Mail(_) => DeliveryMethod::Mail,
            Self::Sms(_) => DeliveryMethod::Sms,
            Self::Call(_) => DeliveryMethod::Call,
        }
    }

    /// All of the address.
    pub fn address(&self) -> &str {
        match self {
            Self::Mail(address) => address.as_str(),
            Self::Sms(number) | Self::Call(number) => number.as_str(),
        }
    }

    /// The form in which two spellings of one address are the same.
    pub fn folded(&self) -> String {
        match self {
            Self::Mail(address) => fold(address.as_str()),
            Self::Sms(number) | Self::Call(number) => number.as_str().to_owned(),
        }
    }

    /// All of the address, as its owner reads it in the moment of adding it.
    pub fn shown(&self) -> String {
        match self {
            Self::Mail(address) => address.as_str().to_owned(),
            Self::Sms(number) | Self::Call(number) => number.international(),
        }
    }

    /// As much of the address as its owner needs to know it again: `a***@example.org`,
    /// `+31 * ******58`.
    pub fn masked(&self) -> String {
        match self {
            Self::Mail(address) => masked_mailbox(address.as_str()),
            Self::Sms(number) | Self::Call(number) => number.masked(),
        }
    }
}

impl fmt::Debug for DeliveryAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeliveryAddress({})", self.masked())
    }
}

/// Always three stars: how long a name is says something about it too.
fn masked_mailbox(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_shows_its_first_letter_and_its_domain() {
        for (address, masked) in [
            ("anna@example.org", "a***@example.org"),
            ("a@example.org", "a***@example.org"),
            ("änna@example.org", "ä***@example.org"),
            ("\"a@b\"@example.org", "\"***@example.org"),
        ] {
            let delivery_address = DeliveryAddress::from_stored(DeliveryMethod::Mail, address);
            assert_eq!(delivery_address.masked(), masked);
            assert_eq!(
                format!("{delivery_address:?}"),
                format!("DeliveryAddress({masked})")
            );
        }
    }
}
