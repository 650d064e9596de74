//! A stand-in for Twilio's REST interface. It checks requests as the documented interface does, and
//! keeps what it took.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::process;
use super::python::python;

/// The account.
pub const SID: &str = "AC0123456789abcdef0123456789abcdef";
/// Its auth token.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The number that it sends from.
pub const FROM: &str = "+15005550006";

/// What was asked for, and taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// `Messages` or `Calls`.
    pub what: String,
    /// The form.
    pub form: BTreeMap<String, String>,
}

/// How it answers what is in order.
#[derive(Clone, Copy, Debug)]
pub enum ProviderBehaviour {
    /// It takes it.
    Takes,
    /// It refuses with this status and code.
    Refuses(u16, u32),
}

/// A running stand-in.
pub struct Twilio {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    mood: ProviderBehaviour,
    asked: usize,
    taken: Vec<Taken>,
}

impl Twilio {
    /// Starts one.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State {
            mood: ProviderBehaviour::Takes,
            asked: 0,
            taken: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(stream, &shared));
            }
        });
        Self { address, state }
    }

    /// Settings that send through it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let text = |value: &str| format!("\"{value}\"");
        vec![
            ("phone.sms", text("twilio")),
            ("phone.call", text("twilio")),
            ("phone.default_region", text("NL")),
            ("phone.twilio.account_sid", text(SID)),
            ("phone.twilio.auth_token", text(TOKEN)),
            ("phone.twilio.caller_id", text(FROM)),
            (
                "phone.twilio.api_url",
                format!("\"http://{}\"", self.address),
            ),
        ]
    }

    /// How it answers from now on.
    pub fn becomes(&self, mood: ProviderBehaviour) {
        self.lock().mood = mood;
    }

    /// How often it was asked for something, whatever came of it.
    pub fn asked(&self) -> usize {
        self.lock().asked
    }

    /// What it took so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.lock().taken.clone()
    }

    /// The newest thing that it took, once that are more than `before`.
    pub async fn next(&self, before: usize) -> Taken {
        let start = Instant::now();
        loop {
            if let Some(newest) = self.taken().get(before..).and_then(<[Taken]>::last) {
                return newest.clone();
            }
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "nothing was sent"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// One field.
    pub fn field(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }

    /// The code of a message.
    pub fn code(&self) -> String {
        let body = self.field("Body");
        let code = body.rsplit_once('#').map(|(_, code)| code.to_owned());
        let code = code.unwrap_or_else(|| panic!("no code in: {body}"));
        assert!(body.starts_with(&code), "two codes in: {body}");
        code
    }
}

/// The digits that a document speaks, each time that it does.
pub fn spoken_digits(document: &str) -> String {
    let said = document.split("<Say").skip(1);
    let said = said.filter_map(|say| say.split_once('>')?.1.split('<').next());
    said.filter(|words| words.len() == 1).collect()
}

/// Signs as Twilio does, by Twilio's own library.
pub fn signs(token: &str, address: &str, form: &[(&str, &str)]) -> String {
    const SCRIPT: &str = "import sys, json\n\
        from twilio.request_validator import RequestValidator\n\
        print(RequestValidator(sys.argv[1]).compute_signature(sys.argv[2], json.loads(sys.argv[3])))";
    let form: BTreeMap<&str, &str> = form.iter().copied().collect();
    let form = serde_json::to_string(&form).expect("JSON");
    let mut command = Command::new(python());
    process::run(command.args(["-c", SCRIPT, token, address, &form]))
        .trim()
        .to_owned()
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let Some((head, body)) = read(&mut stream) else {
        return;
    };
    let (status, json) = judge(&head, &body, state);
    let text = json.to_string();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{text}",
        text.len()
    );
}

fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Some((head.to_owned(), body.to_owned()));
            }
        }
        match stream.read(&mut part) {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&part[..length]),
        }
    }
}

fn refused(status: u16, code: u32) -> (u16, serde_json::Value) {
    let message = "The 'To' number +31612345658 is not a valid phone number.";
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    let json = serde_json::json!(
        {"code": code, "message": message, "more_info": more, "status": status}
    );
    (status, json)
}

fn judge(head: &str, body: &str, state: &Mutex<State>) -> (u16, serde_json::Value) {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let header = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let expected = STANDARD.encode(format!("{SID}:{TOKEN}"));
    if header("authorization") != Some(format!("Basic {expected}").as_str()) {
        return refused(401, 20003);
    }
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let account = format!("/2010-04-01/Accounts/{SID}");
    if (method, path) == ("GET", format!("{account}.json").as_str()) {
        return (200, serde_json::json!({"sid": SID, "status": "active"}));
    }
    let what = match path.strip_prefix(account.as_str()) {
        Some("/Messages.json") => "Messages",
        Some("/Calls.json") => "Calls",
        _ => return refused(404, 20404),
    };
    state.asked += 1;
    if method != "POST" {
        return refused(405, 20004);
    }
    if header("content-type") != Some("application/x-www-form-urlencoded") {
        return refused(400, 20001);
    }
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let is_number = |text: &str| {
        text.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    if field("To").is_empty() {
        return refused(400, if what == "Calls" { 21201 } else { 21604 });
    }
    if !is_number(field("To")) {
        return refused(400, 21211);
    }
    if field("From") != FROM {
        return refused(400, if what == "Calls" { 21213 } else { 21606 });
    }
    match what {
        "Messages" if field("Body").is_empty() => return refused(400, 21602),
        "Messages" if field("Body").chars().count() > 1600 => return refused(400, 21617),
        "Calls" if !field("Url").starts_with("http") => return refused(400, 21205),
        _ => {}
    }
    if let ProviderBehaviour::Refuses(status, code) = state.mood {
        return refused(status, code);
    }
    let to = field("To").to_owned();
    state.taken.push(Taken {
        what: what.to_owned(),
        form,
    });
    let sid = if what == "Calls" { "CA" } else { "SM" };
    let sid = format!("{sid}0123456789abcdef0123456789abcdef");
    (
        201,
        serde_json::json!({"sid": sid, "status": "queued", "to": to}),
    )
}
