//! A token endpoint of the tests' own, which knows one client (RFC 6749 §4.4).

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A running endpoint; it ends with the test's process.
pub struct TokenEndpoint {
    port: u16,
    granted: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}

impl TokenEndpoint {
    /// Starts one that writes each token into a file, where the mail server looks for it. Tokens
    /// last as long as `seconds` says.
    pub fn start(file: PathBuf, seconds: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let granted = Arc::new(AtomicUsize::new(0));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (count, questions) = (Arc::clone(&granted), Arc::clone(&asked));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(form) = form(&mut stream) else {
                    continue;
                };
                let is_ours = [
                    "client_credentials",
                    "keyward-client",
                    "se cret&",
                    "mail.send",
                ] == ["grant_type", "client_id", "client_secret", "scope"]
                    .map(|name| form.get(name).map_or("", String::as_str));
                let mut all = questions.lock().unwrap_or_else(PoisonError::into_inner);
                all.push(form);
                drop(all);
                let (status, body) = if is_ours {
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    let token = format!("token-{number}");
                    fs::write(&file, &token).expect("a file");
                    let body = format!(
                        "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":{seconds}}}"
                    );
                    ("200 OK", body)
                } else {
                    let body =
                        "{\"error\":\"invalid_client\",\"error_description\":\"no such secret\"}";
                    ("401 Unauthorized", body.to_owned())
                };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self {
            port,
            granted,
            asked,
        }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// How many tokens it gave.
    pub fn granted(&self) -> usize {
        self.granted.load(Ordering::SeqCst)
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

fn form(stream: &mut TcpStream) -> Option<BTreeMap<String, String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.trim().parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(url::form_urlencoded::parse(&body).into_owned().collect())
}
