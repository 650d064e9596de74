//! One caller: a thread with keys of its own, which asks about one touch after the other.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use ring::hmac;

use keyward_test_support::soft_yubikey::SoftYubikey;

/// A caller of one server.
pub struct Caller {
    address: String,
    api_key: hmac::Key,
    keeps: bool,
    connection: Option<TcpStream>,
    keys: Vec<SoftYubikey>,
    asked: usize,
    body: Vec<u8>,
}

impl Caller {
    /// A caller of the server at `address`, which keeps its connection or not.
    pub fn new(address: &str, api_key: &[u8], keeps: bool, keys: Vec<SoftYubikey>) -> Self {
        Self {
            address: address.to_owned(),
            api_key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, api_key),
            keeps,
            connection: None,
            keys,
            asked: 0,
            body: Vec::with_capacity(4096),
        }
    }

    /// Gives the keys back, as far as they have come.
    pub fn into_keys(self) -> Vec<SoftYubikey> {
        self.keys
    }

    /// Asks about a fresh touch, and gives back how long the answer took, where it was OK.
    pub fn ask(&mut self) -> Option<Duration> {
        let at = self.asked % self.keys.len();
        self.asked += 1;
        let otp = self.keys[at].touch();
        let fields = format!("id=1&nonce={:032}&otp={otp}", self.asked);
        let tag = hmac::sign(&self.api_key, fields.as_bytes());
        let signature = data_encoding::BASE64.encode(tag.as_ref());
        let signature = signature
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let close = if self.keeps {
            ""
        } else {
            "Connection: close\r\n"
        };
        let request = format!(
            "GET /wsapi/2.0/verify?{fields}&h={signature} HTTP/1.1\r\nHost: {}\r\n{close}\r\n",
            self.address
        );
        let started = Instant::now();
        let is_ok = self.exchange(request.as_bytes()).unwrap_or(false);
        is_ok.then(|| started.elapsed())
    }

    fn exchange(&mut self, request: &[u8]) -> std::io::Result<bool> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let connection = TcpStream::connect(&self.address)?;
                connection.set_nodelay(true)?;
                connection
            }
        };
        connection.write_all(request)?;
        self.body.clear();
        let mut piece = [0; 4096];
        loop {
            let read = connection.read(&mut piece)?;
            self.body.extend_from_slice(&piece[..read]);
            // The protocol's answers end with an empty line, as the head does.
            let is_whole =
                self.body.ends_with(b"\r\n\r\n") && find(&self.body, b"status=").is_some();
            if read == 0 || is_whole {
                break;
            }
        }
        if self.keeps {
            self.connection = Some(connection);
        }
        Ok(find(&self.body, b"status=OK").is_some())
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
