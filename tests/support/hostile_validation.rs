//! A validation server that lies in one chosen way. It shares no code with Keyward: it reads the
//! request and signs the answer on its own.

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use ring::hmac;

/// What the server does with a question.
#[derive(Clone, Debug)]
pub enum Lie {
    /// Confirms everything, properly signed: a lie only in that it knows no key.
    Truth,
    /// Another status, properly signed and echoed.
    Status(&'static str),
    /// Another status, properly signed, without any echo, as reference servers do.
    BareStatus(&'static str),
    /// Confirms another OTP.
    OtherOtp,
    /// Confirms in capitals, which are not what was asked.
    CapitalOtp,
    /// Answers another request.
    OtherNonce,
    /// Confirms no OTP in particular.
    NoOtp,
    /// Answers no request in particular.
    NoNonce,
    /// Signs nothing.
    Unsigned,
    /// Signs with another key.
    OtherKey,
    /// Signs with the empty key.
    EmptyKey,
    /// Shows the beginning of the right signature.
    CutSignature,
    /// Shows a signature that is no base64.
    GarbledSignature,
    /// Turns a signed refusal into a confirmation.
    Turned,
    /// Says a replay without a signature.
    UnsignedReplay,
    /// Says that it knows no such client, without a signature, which it could not make.
    UnsignedNoSuchClient,
    /// Leaves the status out.
    NoStatus,
    /// A properly signed status that the protocol does not know.
    UnknownStatus,
    /// First refuses, then confirms; signed over the second.
    RefusedThenOk,
    /// First confirms, then refuses; signed over the first.
    OkThenRefused,
    /// Shows two signatures, a wrong one and a right one.
    TwoSignatures,
    /// A line too many, which the signature does not cover.
    ExtraLine,
    /// A line too many, properly signed.
    SignedExtraLine,
    /// A line that is no field.
    Chatter,
    /// An empty line among the fields.
    Gap,
    /// White space around the status.
    PaddedStatus,
    /// The page of a captive portal.
    Html,
    /// No body.
    Empty,
    /// Bytes that are no text.
    Binary,
    /// A proper confirmation under another HTTP status.
    HttpStatus(u16),
    /// Sends the client elsewhere.
    Redirect(String),
    /// Takes the question and never answers.
    Silence,
    /// A confirmation, one byte every 50 ms.
    Drip,
    /// A body without end.
    Huge,
    /// Header lines without end.
    HugeHead,
    /// Promises more body than it sends.
    Truncated,
    /// Hangs up on the question.
    Reset,
    /// Talks something else than HTTP.
    Noise,
    /// Waits until nobody listens any more, then behaves as told.
    AfterHangUp(Box<Lie>),
    /// Waits until as many questions came as this, to all servers that share the count, and then the
    /// other one.
    Together(Arc<AtomicUsize>, usize, Box<Lie>),
    /// Waits, then behaves as told.
    After(Duration, Box<Lie>),
}

/// A running server; it stops when this is dropped.
pub struct HostileServer {
    address: SocketAddr,
    is_slow: bool,
    seen: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
    stopped: Arc<AtomicBool>,
}

const KEY: &[u8; 20] = b"a key of 20 bytes ok";

impl HostileServer {
    /// Starts a server that tells this lie to everybody.
    pub fn start(lie: Lie) -> Self {
        Self::acting(lie, || {})
    }

    /// The same, with something that happens at each question before it is answered.
    pub fn acting(lie: Lie, act: impl Fn() + Send + Sync + 'static) -> Self {
        let act = Arc::new(act);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let is_slow = matches!(lie, Lie::Silence | Lie::Drip | Lie::AfterHangUp(_));
        let server = (Arc::clone(&seen), Arc::clone(&stopped));
        thread::spawn(move || {
            let (seen, stopped) = server;
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (lie, seen, stopped) = (lie.clone(), Arc::clone(&seen), Arc::clone(&stopped));
                let act = Arc::clone(&act);
                // A client that goes away in the middle is no failure of the server.
                thread::spawn(move || {
                    let asked = question(&stream)?;
                    let mut all = seen.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(asked.clone());
                    drop(all);
                    act();
                    tell(&lie, &asked, &stream, &stopped)
                });
            }
        });
        Self {
            address,
            is_slow,
            seen,
            stopped,
        }
    }

    /// Its verify address.
    pub fn url(&self) -> String {
        format!("http://{}/wsapi/2.0/verify", self.address)
    }

    /// Whether its answer does not come before whoever asks has gone away.
    pub fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// It as one table of the setting `yubikey.services`, asked for as long as `timeout` says.
    pub fn as_table(&self, name: &str, timeout: &str) -> String {
        format!(
            "{{ name = \"{name}\", urls = [\"{}\"], client_id = {}, api_key = \"{}\", \
             timeout = \"{timeout}\" }}",
            self.url(),
            self.client_id(),
            Self::api_key_base64()
        )
    }

    /// The client that it pretends to know.
    pub fn client_id(&self) -> u64 {
        7
    }

    /// The key with which it signs what it signs properly.
    pub fn api_key_base64() -> String {
        data_encoding::BASE64.encode(KEY)
    }

    /// The fields of every question so far.
    pub fn questions(&self) -> Vec<BTreeMap<String, String>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

impl Drop for HostileServer {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

/// Whether a question bears the signature that the protocol asks of a client with our key.
pub fn is_signed(question: &BTreeMap<String, String>) -> bool {
    let mut fields = question.clone();
    let signature = fields.remove("h");
    signature.is_some_and(|signature| signature == sign(KEY, &fields))
}

fn question(mut stream: &TcpStream) -> std::io::Result<BTreeMap<String, String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (_, query) = target.split_once('?').unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    Ok(pairs.into_owned().collect())
}

fn sign(key: &[u8], fields: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    data_encoding::BASE64.encode(hmac::sign(&key, pairs.join("&").as_bytes()).as_ref())
}

fn tell(
    lie: &Lie,
    question: &BTreeMap<String, String>,
    mut stream: &TcpStream,
    stopped: &AtomicBool,
) -> std::io::Result<()> {
    match lie {
        Lie::After(wait, then) => {
            thread::sleep(*wait);
            tell(then, question, stream, stopped)
        }
        Lie::AfterHangUp(then) => {
            // Nothing more is sent by whoever asks; the end is read once they are gone.
            while stream.read(&mut [0]).is_ok_and(|bytes| bytes > 0) {}
            tell(then, question, stream, stopped)
        }
        Lie::Together(asked, all, then) => {
            asked.fetch_add(1, Ordering::SeqCst);
            while asked.load(Ordering::SeqCst) < *all && !stopped.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(1));
            }
            tell(then, question, stream, stopped)
        }
        Lie::Silence => {
            while !stopped.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(20));
            }
            Ok(())
        }
        Lie::Drip => {
            for byte in http(200, "", &body(&Lie::Truth, question)) {
                stream.write_all(&[byte])?;
                thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
        Lie::Huge => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(b"sl=100\r\n")?;
            }
        }
        Lie::HugeHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
            loop {
                stream.write_all(b"X-More: and more\r\n")?;
            }
        }
        Lie::Truncated => {
            let body = body(&Lie::Truth, question);
            let length = body.len() + 1;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(&body)?;
            stream.shutdown(Shutdown::Both)
        }
        Lie::Reset => stream.shutdown(Shutdown::Both),
        Lie::Noise => stream.write_all(b"220 mail.example ESMTP\r\n"),
        Lie::Redirect(elsewhere) => {
            let location = format!("Location: {elsewhere}\r\n");
            stream.write_all(&http(302, &location, b""))
        }
        Lie::HttpStatus(status) => {
            stream.write_all(&http(*status, "", &body(&Lie::Truth, question)))
        }
        other => stream.write_all(&http(200, "", &body(other, question))),
    }
}

fn http(status: u16, header: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Whatever\r\n{header}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The body of an answer with this lie in it.
pub fn body(lie: &Lie, question: &BTreeMap<String, String>) -> Vec<u8> {
    match lie {
        Lie::Html => return b"<!DOCTYPE html><title>status=OK</title>\n".to_vec(),
        Lie::Empty => return Vec::new(),
        Lie::Binary => return vec![0xff, 0xfe, b's', b'=', 0],
        _ => {}
    }
    let asked = |name: &str| question.get(name).cloned().unwrap_or_default();
    let mut fields = BTreeMap::from(
        [
            ("otp", asked("otp")),
            ("nonce", asked("nonce")),
            ("status", "OK".to_owned()),
            ("t", "2026-11-22T03:57:15Z0229".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    let mut set = |name: &str, value: &str| fields.insert(name.to_owned(), value.to_owned());
    match lie {
        Lie::Status(status) | Lie::BareStatus(status) => set("status", status),
        Lie::UnsignedReplay => set("status", "REPLAYED_OTP"),
        Lie::UnsignedNoSuchClient => set("status", "NO_SUCH_CLIENT"),
        Lie::UnknownStatus => set("status", "FINE"),
        Lie::PaddedStatus => set("status", " OK "),
        Lie::Turned => set("status", "BAD_OTP"),
        Lie::OtherOtp => set("otp", "ccccccccccccbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
        Lie::CapitalOtp => set("otp", &asked("otp").to_uppercase()),
        Lie::OtherNonce => set("nonce", "0123456789abcdef0123456789abcdef"),
        Lie::SignedExtraLine => set("note", "hello"),
        _ => None,
    };
    let dropped: &[&str] = match lie {
        Lie::NoOtp => &["otp"],
        Lie::NoNonce => &["nonce"],
        Lie::NoStatus => &["status"],
        Lie::BareStatus(_) => &["otp", "nonce"],
        _ => &[],
    };
    fields.retain(|name, _| !dropped.contains(&name.as_str()));
    let signature = match lie {
        Lie::OtherKey => sign(b"another key", &fields),
        Lie::EmptyKey => sign(b"", &fields),
        Lie::CutSignature => sign(KEY, &fields)[..4].to_owned(),
        Lie::GarbledSignature => "!".to_owned(),
        _ => sign(KEY, &fields),
    };
    if matches!(lie, Lie::Turned) {
        fields.insert("status".to_owned(), "OK".to_owned());
    }
    let mut lines: Vec<String> = fields.iter().map(|(k, v)| format!("{k}={v}")).collect();
    if !matches!(
        lie,
        Lie::Unsigned | Lie::UnsignedReplay | Lie::UnsignedNoSuchClient
    ) {
        lines.insert(0, format!("h={signature}"));
    }
    let (place, line) = match lie {
        Lie::RefusedThenOk => (1, "status=BAD_OTP"),
        Lie::OkThenRefused => (lines.len(), "status=BAD_OTP"),
        Lie::TwoSignatures => (0, "h=AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        Lie::ExtraLine => (lines.len(), "sl=100"),
        Lie::Chatter => (lines.len(), "have a nice day"),
        Lie::Gap => (2, ""),
        _ => return format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes(),
    };
    lines.insert(place, line.to_owned());
    format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
}
