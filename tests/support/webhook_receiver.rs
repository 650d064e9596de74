//! A receiver of webhooks that behaves as it is told: well, slowly, or with ill will. It shares no code
//! with Keyward; what it got is verified by the scheme's own library.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::python::python;

/// What the receiver does with a message.
#[derive(Clone, Debug)]
pub enum Manner {
    /// Answers this status.
    Status(u16),
    /// Never answers.
    Silence,
    /// Leads elsewhere.
    Redirect(String),
    /// Hangs up as soon as it has heard the request.
    HangUp,
    /// Hangs up in the middle of the status line.
    HangUpWithin,
    /// Takes the event, and talks without end.
    EndlessBody,
    /// Sends header lines without end.
    EndlessHead,
    /// Talks something else than HTTP.
    Noise,
}

/// A message that arrived.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its headers, by their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

impl Message {
    /// The id under which it came.
    pub fn id(&self) -> &str {
        self.headers.get("webhook-id").map_or("", String::as_str)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// What happened, by the body; empty where it is no event.
    pub fn kind(&self) -> String {
        let read: Value = serde_json::from_str(&self.body).unwrap_or_default();
        read["type"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether the scheme's own library believes it under this secret.
    pub fn is_believed(&self, secret: &str) -> bool {
        let case = serde_json::json!({
            "secret": secret, "headers": self.headers, "body": self.body,
        });
        let script = "import json, sys\n\
             from standardwebhooks.webhooks import Webhook, WebhookVerificationError\n\
             case = json.load(sys.stdin)\n\
             try:\n    Webhook(case['secret']).verify(case['body'], case['headers'])\n\
             except WebhookVerificationError:\n    sys.exit(3)\n";
        let mut child = Command::new(python())
            .args(["-c", script])
            .stdin(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(case.to_string().as_bytes())
            .expect("it reads");
        drop(input);
        match child.wait().expect("it ends").code() {
            Some(0) => true,
            Some(3) => false,
            other => panic!("the library ended with {other:?}"),
        }
    }
}

/// A running receiver; it ends when this is dropped.
pub struct Receiver {
    port: u16,
    manner: Arc<Mutex<Manner>>,
    messages: Arc<Mutex<Vec<Message>>>,
    over: Arc<AtomicBool>,
}

impl Receiver {
    /// Starts a receiver of this manner.
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let receiver = Self {
            port,
            manner: Arc::new(Mutex::new(manner)),
            messages: Arc::default(),
            over: Arc::default(),
        };
        let (manner, messages) = (receiver.manner.clone(), receiver.messages.clone());
        let over = receiver.over.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (manner, messages, over) = (manner.clone(), messages.clone(), over.clone());
                thread::spawn(move || drop(answer(stream, &manner, &messages, &over)));
            }
        });
        receiver
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes its manner.
    pub fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }

    /// What arrived, in the order in which it did.
    pub fn messages(&self) -> Vec<Message> {
        let messages = self.messages.lock();
        messages.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until this holds of what arrived, and gives that.
    pub async fn until(&self, enough: impl Fn(&[Message]) -> bool) -> Vec<Message> {
        let start = std::time::Instant::now();
        loop {
            let messages = self.messages();
            if enough(&messages) {
                return messages;
            }
            let kinds: Vec<String> = messages.iter().map(Message::kind).collect();
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "it has {kinds:?}"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn answer(
    stream: TcpStream,
    manner: &Mutex<Manner>,
    messages: &Mutex<Vec<Message>>,
    over: &AtomicBool,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let Some(message) = read(&mut reader)? else {
            return Ok(());
        };
        messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
        let manner = manner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        match manner {
            Manner::Status(status) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
                stream.write_all(head.as_bytes())?;
            }
            Manner::Silence => {
                while !over.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
                return Ok(());
            }
            Manner::Redirect(to) => {
                let head = format!("HTTP/1.1 307 X\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(head.as_bytes())?;
            }
            Manner::HangUp => return Ok(()),
            Manner::HangUpWithin => return stream.write_all(b"HTTP/1.1 20"),
            Manner::EndlessBody => {
                stream.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
                while !over.load(Ordering::SeqCst) {
                    stream.write_all(b"4\r\nmore\r\n")?;
                }
                return Ok(());
            }
            Manner::EndlessHead => {
                stream.write_all(b"HTTP/1.1 200 X\r\n")?;
                while !over.load(Ordering::SeqCst) {
                    stream.write_all(b"x-more: and more\r\n")?;
                }
                return Ok(());
            }
            Manner::Noise => {
                stream.write_all(b"220 mail.example.org ESMTP\r\n")?;
                return Ok(());
            }
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Message>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8(body).map_err(std::io::Error::other)?;
    Ok(Some(Message { headers, body }))
}
