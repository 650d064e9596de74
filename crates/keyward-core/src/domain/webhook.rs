//! A webhook: an address of another system, to which events are sent as they happen.

use std::collections::BTreeSet;

use url::Url;

use super::event::{EventId, EventKind};
use super::id_type;
use super::spelling::typed_name;
use crate::clock::Timestamp;
use crate::problem::{Problem, Result, codes};

id_type!(
    /// The id of a webhook's row.
    WebhookId
);

/// Which events are sent: kinds such as `device.added`, and families such as `device.*`. None at
/// all stand for every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedEvents(BTreeSet<String>);

impl WantedEvents {
    /// Reads kinds and families, apart by lines, commas or spaces.
    ///
    /// # Errors
    /// `webhook.invalid`, naming the one that nothing is called.
    pub fn parse(text: &str) -> Result<Self> {
        let words = text.split(|c: char| c == ',' || c.is_whitespace());
        let (mut wanted, mut is_all) = (BTreeSet::new(), false);
        for word in words.filter(|word| !word.is_empty()) {
            if word == "*" {
                is_all = true;
                continue;
            }
            if !is_known(word) {
                return Err(invalid(format!(
                    "\"{word}\" is no kind of event such as device.added, nor a family such as device.*"
                )));
            }
            wanted.insert(word.to_owned());
        }
        if is_all {
            wanted.clear();
        }
        Ok(Self(wanted))
    }

    /// What a row holds, with a space before and after each word: so it is searched there. Kinds of
    /// another version stay.
    pub fn from_stored(text: &str) -> Self {
        Self(text.split_whitespace().map(str::to_owned).collect())
    }

    /// The words as a row holds them.
    pub fn to_stored(&self) -> String {
        match self.0.is_empty() {
            true => String::new(),
            false => format!(" {} ", self.words().collect::<Vec<_>>().join(" ")),
        }
    }

    /// The words, in their order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether every event is sent.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }
}

/// Every family: what stands before the point in the name of a kind.
pub fn families() -> BTreeSet<&'static str> {
    let names = EventKind::ALL.iter().map(|kind| kind.as_str());
    names
        .filter_map(|name| Some(name.split_once('.')?.0))
        .collect()
}

fn is_known(word: &str) -> bool {
    match word.strip_suffix(".*") {
        Some(family) => families().contains(family),
        None => EventKind::parse(word).is_some(),
    }
}

/// What an administrator decides about a webhook.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Its unique name, 1 to 64 characters.
    pub name: String,
    /// Where events go.
    pub url: Url,
    /// Which events.
    pub events: WantedEvents,
    /// Whether events are written down for it, and sent.
    pub is_enabled: bool,
}

impl WebhookSettings {
    /// The longest name, in characters.
    pub const LONGEST_NAME: usize = 64;
    /// The longest address, in bytes.
    pub const LONGEST_URL: usize = 2048;

    /// Checks what types alone do not.
    ///
    /// # Errors
    /// `webhook.invalid` with the reason.
    pub fn checked(mut self) -> Result<Self> {
        let Some(name) = typed_name(&self.name, Self::LONGEST_NAME) else {
            return Err(invalid(
                "the name must have 1 to 64 characters, and none that cannot be seen",
            ));
        };
        self.name = name;
        if !matches!(self.url.scheme(), "http" | "https") || self.url.host().is_none() {
            return Err(invalid("the address must begin with https:// or http://"));
        }
        if self.url.as_str().len() > Self::LONGEST_URL {
            return Err(invalid("the address has more than 2048 bytes"));
        }
        // Addresses are shown and kept in the clear.
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(invalid("an address must not hold a name or a password"));
        }
        Ok(self)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// `webhook.invalid`
    pub fn parse_url(text: &str) -> Result<Url> {
        Url::parse(text.trim()).map_err(|_| {
            invalid("the address is not one such as https://hooks.example.org/keyward")
        })
    }
}

fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(codes::WEBHOOK_INVALID).detailed(why)
}

/// A webhook as it stands.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The row.
    pub id: WebhookId,
    /// What an administrator decided.
    pub settings: WebhookSettings,
    /// When it was added.
    pub created_at: Timestamp,
    /// Until when the secret before the present one signs too.
    pub former_until: Option<Timestamp>,
    /// When its receiver last took an event.
    pub delivered_at: Option<Timestamp>,
    /// When its receiver last did not take one.
    pub failed_at: Option<Timestamp>,
    /// Why not.
    pub failure: Option<String>,
    /// How many events wait for it.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
}

/// One event on its way to one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its place among all.
    pub position: i64,
    /// To which webhook.
    pub webhook: WebhookId,
    /// Which event.
    pub event: EventId,
    /// How often it was tried, this try included.
    pub tries: u32,
    /// Since when it waits.
    pub created_at: Timestamp,
    /// Until when it is tried, where it was given up once and is tried again.
    pub expires_at: Option<Timestamp>,
}

/// An event that a webhook was given up for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadDelivery {
    /// Its place among all.
    pub position: i64,
    /// Which event.
    pub event: EventId,
    /// What happened: the stable name; `None` where the trail has forgotten it.
    pub kind: Option<String>,
    /// How often it was tried.
    pub tries: u32,
    /// When it happened.
    pub created_at: Timestamp,
    /// When it was given up.
    pub ended_at: Timestamp,
    /// What came of the last try.
    pub failure: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_families_are_wanted_and_nothing_that_is_neither() {
        let wanted = WantedEvents::parse("device.*, sign_in.completed\nsign_in.completed");
        let wanted = wanted.expect("kinds");
        assert_eq!(wanted.to_stored(), " device.* sign_in.completed ");
        assert_eq!(WantedEvents::from_stored(&wanted.to_stored()), wanted);
        for text in ["", "*", " , ", "* device.*", "device.*\n*"] {
            assert!(WantedEvents::parse(text).expect("all").is_all(), "{text:?}");
        }
        for text in [
            "device",
            "device.",
            "devices.*",
            "*.added",
            ".*",
            "device.added.*",
            "* device",
        ] {
            assert!(WantedEvents::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_of_the_web_without_a_password() {
        let of = |text: &str| WebhookSettings {
            name: "Chat".to_owned(),
            url: Url::parse(text).expect(text),
            events: WantedEvents::default(),
            is_enabled: true,
        };
        assert!(of("https://hooks.example.org/x?y=1").checked().is_ok());
        for text in [
            "ftp://hooks.example.org/",
            "https://anna@hooks.example.org/",
            "https://anna:secret@hooks.example.org/",
            "file:///etc/passwd",
        ] {
            assert!(of(text).checked().is_err(), "{text}");
        }
    }
}
