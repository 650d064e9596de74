//! A network between two programs that loses what it carries when a test says so.
//!
//! It goes on to take bytes, so that neither end is told by its own system.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::process;

/// A relay to a port of this machine. It works as long as the test process does.
pub struct Relay {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// How many connections there were.
    made: AtomicU64,
    /// Connections with a number below this are swallowed.
    swallowed: AtomicU64,
    open: Mutex<Vec<TcpStream>>,
}

impl Relay {
    /// Begins to relay to this port.
    pub fn to(port: u16) -> Self {
        let own = process::free_port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, own)).expect("the port is free");
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let number = shared.made.fetch_add(1, Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
                    continue;
                };
                if let (Ok(mut open), Ok(client)) = (shared.open.lock(), client.try_clone()) {
                    open.push(client);
                }
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone(), to.try_clone());
                    let (from, to) = (from.expect("a socket"), to.expect("a socket"));
                    let state = Arc::clone(&shared);
                    thread::spawn(move || carry(from, to, number, &state));
                }
            }
        });
        Self { port: own, state }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Loses everything on the connections that there are; new ones work.
    pub fn swallow_what_is_open(&self) {
        let made = self.state.made.load(Ordering::SeqCst);
        self.state.swallowed.store(made, Ordering::SeqCst);
    }

    /// Loses everything from now on.
    pub fn swallow(&self) {
        self.state.swallowed.store(u64::MAX, Ordering::SeqCst);
    }

    /// Lets new connections through again.
    pub fn recover(&self) {
        self.swallow_what_is_open();
    }
}

/// Whoever still waits is told, so that its threads can end.
impl Drop for Relay {
    fn drop(&mut self) {
        if let Ok(open) = self.state.open.lock() {
            for stream in open.iter() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, number: u64, state: &State) {
    let mut bytes = [0; 16_384];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        if number < state.swallowed.load(Ordering::SeqCst) {
            continue;
        }
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    if number >= state.swallowed.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
    }
}
