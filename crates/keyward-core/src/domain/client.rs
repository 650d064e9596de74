//! From where a user asks.

use std::net::IpAddr;

/// The network of an address, roughly: as far as one provider or office reaches.
fn network(address: IpAddr) -> [u8; 5] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, _, _] = address.octets();
            [4, a, b, 0, 0]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.octets();
            [6, a, b, c, d]
        }
    }
}

/// From where a request comes, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address, read through the trusted proxies.
    pub address: IpAddr,
    /// The browser's name for itself, cut at 256 characters.
    pub user_agent: String,
}

impl Client {
    /// The longest part of the browser's name that is kept, in characters.
    pub const LONGEST_USER_AGENT: usize = 256;

    /// Whether it comes from a network that is none of these: the first 16 bits of an IPv4 address,
    /// the first 32 of an IPv6 one. Where there are none, it is unknown what is usual.
    pub fn is_elsewhere(&self, known: &[IpAddr]) -> bool {
        let here = network(self.address);
        !known.is_empty() && known.iter().all(|address| network(*address) != here)
    }

    /// A client at `address`.
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        Self {
            address,
            user_agent: user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(Self::LONGEST_USER_AGENT)
                .collect(),
        }
    }
}
