//! Callers on connections that stay open, each with one question under way.
//!
//! They never sleep: whoever sends to a process that sleeps pays for waking it up, and the quicker of two
//! servers, whose callers are busy, would be spared what the other one pays.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::met::Met;
use super::subject::Subject;

/// Connections on which the same is asked over and over.
pub struct Callers {
    connections: Vec<TcpStream>,
    request: Vec<u8>,
}

impl Callers {
    /// Connects.
    pub fn open(subject: &Subject, count: usize) -> Self {
        let request = format!(
            "GET /forward-auth/caddy HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/140.0.0.0 Safari/537.36\r\n\
             Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
             Accept-Language: en-GB,en;q=0.9\r\nSec-Fetch-Mode: navigate\r\n\
             X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\n\
             X-Forwarded-Host: wiki.example.org\r\nX-Forwarded-Uri: /pages/today?tab=2\r\n\
             Cookie: theme=dark; {}\r\n\r\n",
            subject.cookies
        );
        let connect = |_| {
            let stream = TcpStream::connect(&subject.address).expect("the server listens");
            stream.set_nodelay(true).expect("a socket");
            stream.set_nonblocking(true).expect("a socket");
            stream
        };
        Self {
            connections: (0..count).map(connect).collect(),
            request: request.into_bytes(),
        }
    }

    /// Asks on all connections in turn for a while.
    pub fn ask_for(&mut self, span: Duration, subject: &Subject) -> Met {
        let (busy, started) = (subject.cpu(), Instant::now());
        let mut waits = Vec::new();
        let mut sent = vec![started; self.connections.len()];
        for (connection, sent) in self.connections.iter_mut().zip(&mut sent) {
            *sent = Instant::now();
            connection.write_all(&self.request).expect("a question");
        }
        while started.elapsed() < span {
            for (connection, sent) in self.connections.iter_mut().zip(&mut sent) {
                if !take_answer(connection) {
                    continue;
                }
                waits.push(sent.elapsed());
                *sent = Instant::now();
                connection.write_all(&self.request).expect("a question");
            }
        }
        for connection in &mut self.connections {
            while !take_answer(connection) {}
        }
        let (spent, busy) = (started.elapsed(), subject.cpu() - busy);
        Met::of(waits, spent, busy)
    }
}

/// Takes an answer; `false` where none has come yet.
fn take_answer(connection: &mut TcpStream) -> bool {
    let mut answer = [0; 4096];
    let mut length = 0;
    loop {
        let read = match connection.read(&mut answer[length..]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock && length == 0 => return false,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            read => read.expect("an answer"),
        };
        assert_ne!(read, 0, "the server closed the connection");
        length += read;
        if answer[..length].ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let text = String::from_utf8_lossy(&answer[..length]);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(text.contains("remote-user: anna"), "{text}");
    true
}
