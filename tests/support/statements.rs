//! The statements that a server of this test process runs on its embedded database, as they are told
//! by its connections. What the outbox asks now and then is left out.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

thread_local! {
    /// The address of the server that runs on this thread.
    static SERVER: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HEARD: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn heard() -> MutexGuard<'static, BTreeMap<String, Vec<String>>> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Statements that run on this thread from now on are those of a server.
pub(crate) fn belong_to(base: &str) {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        set_default_instrumentation(listener).expect("nobody else holds it");
    });
    SERVER.set(Some(base.to_owned()));
}

fn listener() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(note))
}

fn note(event: InstrumentationEvent<'_>) {
    let InstrumentationEvent::StartQuery { query, .. } = event else {
        return;
    };
    SERVER.with_borrow(|server| {
        let mut heard = heard();
        let Some(statements) = server.as_ref().and_then(|base| heard.get_mut(base)) else {
            return;
        };
        let text = query.to_string();
        // Values follow.
        let statement = text.split(" -- binds").next().unwrap_or_default();
        if !statement.contains("outbox") {
            statements.push(statement.to_owned());
        }
    });
}

/// What is heard of one server, until this is dropped.
pub struct Heard(String);

impl Heard {
    pub(crate) fn of(base: &str) -> Self {
        heard().insert(base.to_owned(), Vec::new());
        Self(base.to_owned())
    }

    /// The statements so far, without their values.
    pub fn statements(&self) -> Vec<String> {
        heard().get(&self.0).cloned().unwrap_or_default()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        heard().remove(&self.0);
    }
}
