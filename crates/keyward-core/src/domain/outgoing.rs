//! Where calls may go out to, and why one did not get there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a server was not reached: what an operator has to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The address belongs to this machine's surroundings: see [`is_surroundings`].
    ForbiddenAddress,
    /// The address is not public, and no setting allows its network.
    InnerAddress,
    /// It is asked without TLS, and its network is none for that.
    PlainText,
    /// No address is known for the name.
    UnknownName,
    /// Nothing listens there.
    Refused,
    /// The network leads nowhere.
    NoRoute,
    /// It does not answer.
    Silent,
    /// Its certificate is signed by no authority that we trust.
    UnknownAuthority,
    /// Its certificate names another host.
    OtherName,
    /// Its certificate is over, or not valid yet.
    CertificateExpired,
    /// It shows the certificate of an authority as its own.
    CertificateOfAuthority,
    /// Its certificate is wrong in some other way.
    CertificateUnsound,
    /// It does not speak TLS as we do.
    NoTls,
    /// The connection broke, or what came was no HTTP.
    Broken,
}

impl ConnectFailure {
    /// A stable word for the log, the trail and the locale files.
    pub fn reason(self) -> &'static str {
        match self {
            Self::ForbiddenAddress => "forbidden_address",
            Self::InnerAddress => "inner_address",
            Self::PlainText => "plain_text",
            Self::UnknownName => "unknown_name",
            Self::Refused => "connection_refused",
            Self::NoRoute => "no_route",
            Self::Silent => "too_slow",
            Self::UnknownAuthority => "unknown_authority",
            Self::OtherName => "other_name",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateOfAuthority => "certificate_of_authority",
            Self::CertificateUnsound => "certificate_unsound",
            Self::NoTls => "no_tls",
            Self::Broken => "connection_broken",
        }
    }

    /// What it is in words, for operators: the end of a sentence that begins with the server.
    pub fn words(self) -> &'static str {
        match self {
            Self::ForbiddenAddress => {
                "has a link-local address or one of a cloud's metadata service, which is never asked"
            }
            Self::InnerAddress => {
                "has an address that is not public; `webhooks.networks` may allow its network"
            }
            Self::PlainText => {
                "is asked by plain http, which is for the networks of `webhooks.networks` alone"
            }
            Self::UnknownName => "has a name that no address is known for",
            Self::Refused => "refuses the connection: nothing listens there",
            Self::NoRoute => "cannot be reached over this network",
            Self::Silent => "does not answer in time",
            Self::UnknownAuthority => {
                "has a certificate of an authority that is not trusted: give that authority's certificate \
                 (`ca_file` of a validation service, `webhooks.ca_file`, `mail.ca` for mail)"
            }
            Self::OtherName => "has a certificate for another name",
            Self::CertificateExpired => {
                "has a certificate that has expired or is not valid yet; look at its dates and at this \
                 machine's clock"
            }
            Self::CertificateOfAuthority => {
                "shows a certificate authority's certificate as its own, which proves no server; make \
                 one with `openssl req -x509 -newkey rsa:3072 -nodes -subj /CN=HOST -addext \
                 subjectAltName=DNS:HOST -addext basicConstraints=critical,CA:FALSE`"
            }
            Self::CertificateUnsound => "has a certificate that cannot be used",
            Self::NoTls => "does not speak TLS 1.2 or 1.3 at that port",
            Self::Broken => "broke the connection, or speaks something else",
        }
    }
}

/// Metadata services of clouds outside the link-local networks: what they tell a client that asks from
/// this machine are the machine's own credentials.
const METADATA_V4: [Ipv4Addr; 3] = [
    // Alibaba, Oracle, Azure.
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
    Ipv4Addr::new(168, 63, 129, 16),
];
const METADATA_V6: [Ipv6Addr; 4] = [
    // Amazon, for machines and for pods; Scaleway, Google.
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

/// Whether an address means this machine's surroundings, which trust it for where it stands:
/// link-local networks (RFC 3927, RFC 4291 §2.5.6) and metadata services of clouds, also where an
/// IPv6 address carries an IPv4 one.
pub fn is_surroundings(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local() || METADATA_V4.contains(&address),
        IpAddr::V6(address) => {
            let is_link_local = address.segments()[0] & 0xffc0 == 0xfe80;
            // Site-local, long deprecated (RFC 3879), and still some network's neighbourhood.
            let is_site_local = address.segments()[0] & 0xffc0 == 0xfec0;
            is_link_local
                || is_site_local
                || METADATA_V6.contains(&address)
                || carried(address).is_some_and(|carried| is_surroundings(carried.into()))
        }
    }
}

/// Whether everybody on the internet may be meant by an address, and nobody's inside: it is neither
/// loopback, link-local, private, shared (RFC 6598), multicast nor kept for some other use (RFC 6890),
/// also where an IPv6 address carries an IPv4 one.
pub fn is_public(address: IpAddr) -> bool {
    if is_surroundings(address) {
        return false;
    }
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            let is_reserved = match first {
                0 | 10 | 127 => true,
                100 => second & 0xc0 == 64,
                172 => second & 0xf0 == 16,
                192 => {
                    second == 168
                        || (second == 0 && (third == 0 || third == 2))
                        || (second, third) == (88, 99)
                }
                198 => second & 0xfe == 18 || (second, third) == (51, 100),
                203 => (second, third) == (0, 113),
                other => other >= 224,
            };
            !is_reserved
        }
        IpAddr::V6(address) => {
            if let Some(carried) = carried(address) {
                return is_public(carried.into());
            }
            let [first, second, ..] = address.segments();
            let is_documentation = (first, second) == (0x2001, 0xdb8) || first & 0xfff0 == 0x3ff0;
            // Global unicast is all that was ever given out (RFC 4291 §2.4).
            first & 0xe000 == 0x2000 && !is_documentation && (first, second & 0xfe00) != (0x2001, 0)
        }
    }
}

/// Where calls may go out to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anywhere but into this machine's surroundings: see [`is_surroundings`].
    BeyondSurroundings,
    /// To public addresses, and into these networks.
    PublicAnd(Vec<IpNet>),
    /// Into these networks alone.
    Only(Vec<IpNet>),
}

impl Reach {
    /// Why an address is not connected to that this does not allow.
    pub fn obstacle(&self) -> ConnectFailure {
        match self {
            Self::BeyondSurroundings => ConnectFailure::ForbiddenAddress,
            Self::PublicAnd(_) => ConnectFailure::InnerAddress,
            Self::Only(_) => ConnectFailure::PlainText,
        }
    }

    /// Whether this address may be connected to. What an IPv6 address carries counts as what it is.
    pub fn allows(&self, address: IpAddr) -> bool {
        let within = |networks: &[IpNet]| {
            let inner = match address {
                IpAddr::V4(_) => None,
                IpAddr::V6(address) => carried(address).map(IpAddr::V4),
            };
            let is_in = |address: IpAddr| networks.iter().any(|network| network.contains(&address));
            is_in(address) || inner.is_some_and(is_in)
        };
        match self {
            Self::BeyondSurroundings => !is_surroundings(address),
            Self::PublicAnd(networks) => is_public(address) || within(networks),
            Self::Only(networks) => within(networks),
        }
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped and compatible (RFC 4291 §2.5.5), translated
/// (RFC 6052 §2.1, RFC 8215, RFC 2765 §2.1), of 6to4 (RFC 3056 §2), of Teredo, which turns its bits
/// around (RFC 4380 §4), or of ISATAP (RFC 5214 §6.1).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, high, low] = address.segments();
    let join = |high: u16, low: u16| {
        let ([p, q], [r, s]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(p, q, r, s)
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0 | 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => {
            Some(join(high, low))
        }
        // A prefix of 48 bits is followed by the address, around a byte that is zero; one of 96 may
        // be cut from the same network, and is followed by nothing (RFC 6052 §2.2).
        [0x64, 0xff9b, 1, ..] if (high, low) == (0, 0) => Some(join(d, e << 8 | f >> 8)),
        [0x64, 0xff9b, 1, ..] => Some(join(high, low)),
        [0x2002, ..] => Some(join(b, c)),
        [0x2001, 0, ..] => Some(join(!high, !low)),
        [_, _, _, _, 0 | 0x200, 0x5efe] => Some(join(high, low)),
        _ => None,
    }
}

/// Certificates of authorities in PEM, given by an operator.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorityCertificates(String);

impl AuthorityCertificates {
    /// The most that is taken, in bytes.
    pub const LONGEST: usize = 64 * 1024;
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";

    /// Takes one or more certificates; what stands between them is left out. `None` where there is
    /// none, one is no base64, or it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > Self::LONGEST {
            return None;
        }
        let mut kept = String::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once(Self::BEGIN) {
            let (body, after) = after.split_once(Self::END)?;
            let body: String = body.split_whitespace().collect();
            STANDARD.decode(&body).ok().filter(|der| !der.is_empty())?;
            kept.push_str(&format!("{}\n", Self::BEGIN));
            for at in (0..body.len()).step_by(64) {
                kept.push_str(body.get(at..body.len().min(at + 64))?);
                kept.push('\n');
            }
            kept.push_str(&format!("{}\n", Self::END));
            rest = after;
        }
        (!kept.is_empty()).then_some(Self(kept))
    }

    /// The certificates of a row, whatever the rule for given ones is today.
    pub fn from_stored(pem: String) -> Self {
        Self(pem)
    }

    /// The certificates as PEM, and nothing else.
    pub fn as_pem(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for AuthorityCertificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.0.matches(Self::BEGIN).count();
        write!(f, "AuthorityCertificates({count})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machines_surroundings_are_known_in_every_spelling() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "168.63.129.16",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fd00:ec2::23",
            "fd00:42::42",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "64:ff9b:1:a9fe:a9:fe00::",
            "64:ff9b:1:0:0:0:a9fe:a9fe",
            "2001:0:c000:201:0:0:5601:5601",
            "2001:db8::5efe:a9fe:a9fe",
            "fd00::200:5efe:a9fe:a9fe",
        ] {
            assert!(
                is_surroundings(address.parse().expect(address)),
                "{address}"
            );
        }
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.1.1",
            "169.253.255.255",
            "169.255.0.0",
            "::1",
            "fd00::1",
            "fd00:ec2::253",
            "::ffff:127.0.0.1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
            "2001:db8::1",
            "64:ff9b:1:808:8:800::",
            "2001:0:c000:201::f7f7:f7f7",
            "2001:db8::5efe:808:808",
        ] {
            assert!(
                !is_surroundings(address.parse().expect(address)),
                "{address}"
            );
        }
    }

    #[test]
    fn nothing_inside_is_public_in_any_spelling() {
        for address in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "192.0.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001:db8::5efe:10.0.0.1",
            "2001::1",
            "100::1",
            "64:ff9b:1::1",
        ] {
            assert!(!is_public(address.parse().expect(address)), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(is_public(address.parse().expect(address)), "{address}");
        }
    }

    #[test]
    fn a_network_that_is_allowed_is_reached_in_every_spelling_and_no_other() {
        let loopback = vec!["127.0.0.0/8".parse().expect("a network")];
        let reach = Reach::PublicAnd(loopback.clone());
        for (address, allowed) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("::1", false),
            ("10.0.0.1", false),
            ("169.254.169.254", false),
            ("1.1.1.1", true),
        ] {
            assert_eq!(
                reach.allows(address.parse().expect(address)),
                allowed,
                "{address}"
            );
        }
        assert!(!Reach::Only(loopback).allows("1.1.1.1".parse().expect("an address")));
    }

    #[test]
    fn certificates_are_taken_from_among_other_lines() {
        let one = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----";
        let read = AuthorityCertificates::parse(&format!("subject=x\r\n{one}\nmore\n{one}"));
        let read = read.expect("certificates");
        assert_eq!(read.as_pem(), format!("{one}\n{one}\n"));
        for text in [
            "",
            "AAEC",
            "-----BEGIN CERTIFICATE-----\nAAEC",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        ] {
            assert!(AuthorityCertificates::parse(text).is_none(), "{text}");
        }
    }
}
