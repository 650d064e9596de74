//! A client that publishes its keys at an address, and counts who asks for them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A server of one document.
pub struct KeyPublisher {
    port: u16,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl KeyPublisher {
    /// One that publishes this.
    pub fn start(document: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let answer = Arc::new(Mutex::new(answer_of(document)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (given, counted) = (Arc::clone(&answer), Arc::clone(&asked));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = BufReader::new(stream.try_clone().expect("a socket")).lines();
                while head
                    .next()
                    .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
                {}
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // Whoever hears enough hangs up.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self {
            port,
            answer,
            asked,
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/keys", self.port)
    }

    /// Publishes another document from now on.
    pub fn publishes(&self, document: &str) {
        self.answers(&answer_of(document));
    }

    /// Answers with these very bytes from now on.
    pub fn answers(&self, answer: &str) {
        let mut given = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.clone_into(&mut given);
    }

    /// How often it was asked.
    pub fn times(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn answer_of(document: &str) -> String {
    let length = document.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/jwk-set+json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{document}"
    )
}
