//! Applications on connections that stay open, each with one question under way.
//!
//! They never sleep, so that no server pays for waking them up.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::met::Met;
use super::subject::{Subject, Told};

/// What applications do over and over.
#[derive(Clone, Copy, PartialEq)]
pub enum Work {
    /// Each asks about the access token of its own user.
    Introspect,
    /// Each takes its refresh token for the next one.
    Refresh,
    /// Each has its user, who has a session, sent for a code, takes it for tokens and asks who that is.
    SignIn,
}

/// An application at work.
struct Caller {
    connection: TcpStream,
    told: Told,
    number: usize,
    work: Work,
    /// What it sends next.
    next: Vec<u8>,
    /// Whether what is under way ends a piece of work.
    is_last: bool,
    begun: Instant,
    heard: Vec<u8>,
}

/// Applications that do the same over and over.
pub struct Callers(Vec<Caller>);

impl Callers {
    /// Connects.
    pub fn open(subject: &Subject, work: Work) -> Self {
        let numbers = 0..subject.told.refresh_tokens.len();
        let caller = |number| Caller::new(&subject.address, subject.told.clone(), number, work);
        Self(numbers.map(caller).collect())
    }

    /// Works on all connections in turn for a while.
    pub fn work_for(&mut self, span: Duration, subject: &Subject) -> Met {
        let (busy, started) = (subject.cpu(), Instant::now());
        let mut waits = Vec::new();
        for caller in &mut self.0 {
            caller.begin();
        }
        while started.elapsed() < span {
            for caller in &mut self.0 {
                if caller.goes_on() {
                    waits.push(caller.begun.elapsed());
                    caller.begin();
                }
            }
        }
        for caller in &mut self.0 {
            while !caller.goes_on() {}
            waits.push(caller.begun.elapsed());
        }
        Met::of(waits, started.elapsed(), subject.cpu() - busy)
    }

    /// Each caller's newest access and refresh token.
    pub fn tokens(self) -> (Vec<String>, Vec<String>) {
        let newest = |mut caller: Caller| {
            let (access, refresh) = (
                &mut caller.told.access_tokens,
                &mut caller.told.refresh_tokens,
            );
            (
                access.swap_remove(caller.number),
                refresh.swap_remove(caller.number),
            )
        };
        self.0.into_iter().map(newest).unzip()
    }
}

impl Caller {
    fn new(address: &str, told: Told, number: usize, work: Work) -> Self {
        let connection = TcpStream::connect(address).expect("the server listens");
        connection.set_nodelay(true).expect("a socket");
        connection.set_nonblocking(true).expect("a socket");
        Self {
            connection,
            told,
            number,
            work,
            next: Vec::new(),
            is_last: false,
            begun: Instant::now(),
            heard: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.begun = Instant::now();
        let (access, refresh) = (
            &self.told.access_tokens[self.number],
            &self.told.refresh_tokens[self.number],
        );
        self.is_last = self.work != Work::SignIn;
        self.next = match self.work {
            Work::Introspect => self.post(&self.told.introspect, &format!("token={access}")),
            Work::Refresh => {
                self.post(&self.told.token, &format!("grant_type=refresh_token&refresh_token={refresh}"))
            }
            Work::SignIn => format!(
                "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Mode: navigate\r\nCookie: {}\r\n\r\n",
                self.told.authorize, self.told.cookies
            )
            .into_bytes(),
        };
        self.send();
    }

    fn post(&self, endpoint: &str, body: &str) -> Vec<u8> {
        format!(
            "POST {endpoint} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.told.proof,
            body.len()
        )
        .into_bytes()
    }

    fn send(&mut self) {
        self.connection.write_all(&self.next).expect("a question");
    }

    /// Takes what has come; `true` where a piece of work is done with it.
    fn goes_on(&mut self) -> bool {
        let Some((head, body)) = self.answer() else {
            return false;
        };
        let is_last = self.is_last;
        match self.work {
            Work::Introspect => {
                assert!(body.contains("\"active\":true"), "{head}\n{body}");
            }
            Work::Refresh => {
                let told = tokens(&head, &body);
                let token = |name: &str| told[name].as_str().expect("a token").to_owned();
                self.told.access_tokens[self.number] = token("access_token");
                self.told.refresh_tokens[self.number] = token("refresh_token");
            }
            Work::SignIn => self.follow(&head, &body),
        }
        is_last
    }

    /// The next step of a sign-in.
    fn follow(&mut self, head: &str, body: &str) {
        if self.is_last {
            assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
            return;
        }
        let code = head.lines().find_map(|line| {
            let (name, to) = line.split_once(": ")?;
            let (_, query) = name
                .eq_ignore_ascii_case("location")
                .then_some(to)?
                .split_once("?")?;
            query.split('&').find_map(|pair| pair.strip_prefix("code="))
        });
        self.next = match code {
            Some(code) => {
                let fields = &self.told.redeem;
                self.post(
                    &self.told.token,
                    &format!("grant_type=authorization_code&code={code}&{fields}"),
                )
            }
            None => {
                self.is_last = true;
                let told = tokens(head, body);
                let token = told["access_token"].as_str().expect("a token");
                let address = &self.told.userinfo;
                format!(
                    "GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
                )
                .into_bytes()
            }
        };
        self.send();
    }

    /// An answer, once all of it has come.
    fn answer(&mut self) -> Option<(String, String)> {
        let mut piece = [0; 8192];
        match self.connection.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => {
                let length = read.expect("an answer");
                assert_ne!(length, 0, "the server closed the connection");
                self.heard.extend_from_slice(&piece[..length]);
            }
        }
        let end = self.heard.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&self.heard[..end]).into_owned();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_length = name.eq_ignore_ascii_case("content-length");
            is_length.then(|| value.parse::<usize>().ok())?
        });
        let whole = end + length.expect("a length");
        if self.heard.len() < whole {
            return None;
        }
        let body = String::from_utf8_lossy(&self.heard[end..whole]).into_owned();
        self.heard.drain(..whole);
        Some((head, body))
    }
}

fn tokens(head: &str, body: &str) -> Value {
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{body}");
    serde_json::from_str(body).expect("JSON")
}
