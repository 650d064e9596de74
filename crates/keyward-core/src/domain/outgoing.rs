//! Where calls may go out to, and why one did not get there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a server was not reached: what an operator has to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The address belongs to this machine's surroundings: see [`is_surroundings`].
    ForbiddenAddress,
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
            Self::UnknownName => "has a name that no address is known for",
            Self::Refused => "refuses the connection: nothing listens there",
            Self::NoRoute => "cannot be reached over this network",
            Self::Silent => "does not answer in time",
            Self::UnknownAuthority => {
                "has a certificate of an authority that is not trusted: give that authority's certificate \
                 (`ca_file` of a validation service, `mail.ca` for mail)"
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
