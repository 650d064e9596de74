//! A client of our own validation server: who may ask it whether a one-time password is good.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;

use ipnet::{IpNet, Ipv4Net};

use super::edition::Edition;
use super::spelling::typed_note;
use crate::clock::Timestamp;
use crate::problem::{Problem, Result, codes};

/// The number that a client gives as `id`: 1 to 2⁶³ - 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ValidationClientId(i64);

impl ValidationClientId {
    /// The greatest number that a client can be added with: questions with more than ten digits are
    /// refused, as the reference server refuses them.
    pub const GREATEST: Self = Self(9_999_999_999);

    /// Reads decimal digits; `None` for anything else and for zero.
    pub fn parse(text: &str) -> Option<Self> {
        let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_decimal).and_then(Self::new)
    }

    /// A positive number; `None` for any other.
    pub fn new(number: i64) -> Option<Self> {
        (number > 0).then_some(Self(number))
    }

    /// The number, which is positive.
    pub fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ValidationClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A client of the validation server, without its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationClient {
    /// Its number.
    pub id: ValidationClientId,
    /// What an administrator decided about it.
    pub settings: ValidationClientSettings,
    /// Whether it is answered at all.
    pub is_active: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it last had an OTP confirmed, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// What an administrator decides about a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValidationClientSettings {
    /// What it is, for people: up to 256 characters.
    pub note: String,
    /// Who answers for it, for people: up to 128 characters.
    pub owner: String,
    /// The networks from which it may ask; empty where it may from anywhere.
    pub addresses: Vec<IpNet>,
    /// How many requests a minute are answered; `None` for any number.
    pub rate_limit: Option<NonZeroU32>,
    /// Whether requests without a signature are refused. The protocol leaves it to the client.
    pub must_sign: bool,
    /// Whether it is told which user a key belongs to.
    pub may_see_user: bool,
}

impl ValidationClient {
    /// The edition of everything about it that administrators change.
    pub fn edition(&self) -> Edition {
        let settings = &self.settings;
        let fixed = [
            "validation client".to_owned(),
            self.id.to_string(),
            self.is_active.to_string(),
            settings.note.clone(),
            settings.owner.clone(),
            format!("{:?}", settings.rate_limit),
            settings.must_sign.to_string(),
            settings.may_see_user.to_string(),
        ];
        let networks: Vec<String> = settings.addresses.iter().map(ToString::to_string).collect();
        Edition::of(fixed.iter().chain(&networks).map(String::as_str))
    }
}

impl ValidationClientSettings {
    /// The longest note, in characters.
    pub const LONGEST_NOTE: usize = 256;
    /// The longest owner, in characters.
    pub const LONGEST_OWNER: usize = 128;
    /// The most networks.
    pub const MOST_ADDRESSES: usize = 64;
    /// The highest limit, in requests a minute.
    pub const HIGHEST_RATE: u32 = 1_000_000;

    /// Checks what types alone do not, and drops white space around the texts.
    ///
    /// # Errors
    /// `validation_client.invalid` with the reason.
    pub fn checked(mut self) -> Result<Self> {
        let invalid = |why: &str| Err(Problem::new(codes::CLIENT_INVALID).detailed(why));
        let Some(note) = typed_note(&self.note, Self::LONGEST_NOTE) else {
            return invalid(
                "the note has at most 256 characters on one line, and none that cannot be seen",
            );
        };
        let Some(owner) = typed_note(&self.owner, Self::LONGEST_OWNER) else {
            return invalid(
                "the owner has at most 128 characters on one line, and none that cannot be seen",
            );
        };
        (self.note, self.owner) = (note, owner);
        if self.addresses.len() > Self::MOST_ADDRESSES {
            return invalid("at most 64 networks can be allowed");
        }
        if self
            .rate_limit
            .is_some_and(|rate| rate.get() > Self::HIGHEST_RATE)
        {
            return invalid("the rate limit lies between 1 and 1000000 a minute");
        }
        Ok(self)
    }

    /// Whether the client may ask from this address. IPv4 in IPv6's clothes is IPv4.
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.addresses.is_empty() || self.addresses.iter().any(|net| net.contains(&address))
    }
}

/// The networks of a row, a line each.
///
/// # Errors
/// The line that is none.
pub fn addresses_from_stored(text: &str) -> Result<Vec<IpNet>, ipnet::AddrParseError> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(str::parse).collect()
}

/// Reads networks such as `192.0.2.0/24` or single addresses, apart by lines, commas or spaces.
///
/// # Errors
/// `validation_client.invalid`, naming the one that cannot be read.
pub fn parse_addresses(text: &str) -> Result<Vec<IpNet>> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .map(|word| {
            word.parse::<IpNet>()
                .map(|net| unmapped(net.trunc()))
                .or_else(|_| {
                    word.parse::<IpAddr>()
                        .map(|address| address.to_canonical().into())
                })
                .map_err(|_| {
                    Problem::new(codes::CLIENT_INVALID)
                        .detailed(format!("\"{word}\" is neither an address nor a network"))
                })
        })
        .collect()
}

/// A network of IPv4 in IPv6's clothes as what it is: addresses are compared without them.
fn unmapped(net: IpNet) -> IpNet {
    let length = net.prefix_len().checked_sub(96);
    match (net.addr().to_canonical(), net, length) {
        (IpAddr::V4(address), IpNet::V6(_), Some(length)) => {
            Ipv4Net::new(address, length).map_or(net, IpNet::V4)
        }
        _ => net,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_ask_from_its_networks_alone() {
        let settings = ValidationClientSettings {
            addresses: parse_addresses("192.0.2.7/24, 2001:db8::1\n198.51.100.4")
                .expect("networks"),
            ..Default::default()
        };
        for (address, allowed) in [
            ("192.0.2.200", true),
            ("::ffff:192.0.2.200", true),
            ("198.51.100.4", true),
            ("2001:db8::1", true),
            ("192.0.3.1", false),
            ("198.51.100.5", false),
            ("2001:db8::2", false),
            ("::1", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(settings.allows(address), allowed, "{address}");
        }
        let anywhere = ValidationClientSettings::default();
        assert!(anywhere.allows("203.0.113.1".parse().expect("an address")));
    }

    #[test]
    fn networks_of_ipv4_may_be_written_as_ipv6() {
        let networks = parse_addresses("::ffff:192.0.2.0/120, ::ffff:198.51.100.4, ::/0");
        let networks = networks.expect("networks");
        let written: Vec<String> = networks.iter().map(IpNet::to_string).collect();
        assert_eq!(written, ["192.0.2.0/24", "198.51.100.4/32", "::/0"]);
    }

    #[test]
    fn an_id_is_a_positive_number_in_decimal_digits() {
        for text in ["1", "0016", "9223372036854775807"] {
            assert!(ValidationClientId::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "0",
            "-1",
            "+1",
            "1 ",
            "0x1",
            "1.0",
            "9223372036854775808",
            "١",
        ] {
            assert!(ValidationClientId::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_network() {
        for text in ["localhost", "192.0.2.0/33", "192.0.2", "/24"] {
            assert!(parse_addresses(text).is_err(), "{text}");
        }
    }
}
