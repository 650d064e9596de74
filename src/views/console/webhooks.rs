//! Webhooks: the list, a new one with its secret, and one with its settings, its test and what it was
//! given up for.

use serde::Serialize;

use crate::views::Page;
use keyward_core::clock::Timestamp;
use keyward_core::domain::webhook::{DeadDelivery, Webhook, WebhookId, WebhookSettings, families};

/// A webhook in the list.
#[derive(Clone, Serialize)]
pub struct WebhookRow {
    /// The row.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// Which events; none for all.
    pub events: Vec<String>,
    /// Whether events are sent.
    pub is_enabled: bool,
    /// When its receiver last took an event.
    pub delivered_at: Option<Timestamp>,
    /// When it did not take one, where it has taken none since.
    pub failed_at: Option<Timestamp>,
    /// Why not.
    pub failure: Option<String>,
    /// How many events wait.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
}

impl From<&Webhook> for WebhookRow {
    fn from(webhook: &Webhook) -> Self {
        let settings = &webhook.settings;
        let failed_at = webhook.failed_at.filter(|at| {
            let taken_since = webhook.delivered_at.is_some_and(|taken| taken >= *at);
            !taken_since
        });
        Self {
            id: webhook.id,
            name: settings.name.clone(),
            url: settings.url.to_string(),
            events: settings.events.words().map(str::to_owned).collect(),
            is_enabled: settings.is_enabled,
            delivered_at: webhook.delivered_at,
            failed_at,
            failure: webhook.failure.clone().filter(|_| failed_at.is_some()),
            waiting: webhook.waiting,
            dead: webhook.dead,
        }
    }
}

/// `GET /console/webhooks`.
#[derive(Clone, Serialize)]
pub struct WebhooksPage {
    /// The webhooks in the order in which they were added.
    pub webhooks: Vec<WebhookRow>,
}

impl Page for WebhooksPage {
    const TEMPLATE: &'static str = "console/webhooks.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let mut plain = WebhookRow::from(&sample());
        plain.events = Vec::new();
        plain.is_enabled = false;
        plain.delivered_at = None;
        (plain.waiting, plain.dead) = (0, 0);
        let mut broken = sample();
        broken.delivered_at = None;
        broken.failure = Some(
            "has an address that is not public; `webhooks.networks` may allow its network"
                .to_owned(),
        );
        let broken = WebhookRow::from(&broken);
        let mut off = broken.clone();
        off.is_enabled = false;
        let rows = vec![WebhookRow::from(&sample()), broken, off, plain];
        [Vec::new(), rows].map(|webhooks| Self { webhooks }).into()
    }
}

/// The fields of a webhook's form, as they were typed or as they stand.
#[derive(Clone, Serialize)]
pub struct WebhookForm {
    /// Its name.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// Which events, one a line.
    pub events: String,
    /// Whether events are sent.
    pub is_enabled: bool,
    /// Every family of events, for the administrator to choose from.
    pub families: Vec<String>,
}

impl WebhookForm {
    /// A form with these fields.
    pub fn of(name: String, url: String, events: String, is_enabled: bool) -> Self {
        let families = families().into_iter().map(|family| format!("{family}.*"));
        Self {
            name,
            url,
            events,
            is_enabled,
            families: families.collect(),
        }
    }
}

impl Default for WebhookForm {
    fn default() -> Self {
        Self::of(String::new(), String::new(), String::new(), true)
    }
}

impl From<&WebhookSettings> for WebhookForm {
    fn from(settings: &WebhookSettings) -> Self {
        let events: Vec<&str> = settings.events.words().collect();
        Self::of(
            settings.name.clone(),
            settings.url.to_string(),
            events.join("\n"),
            settings.is_enabled,
        )
    }
}

/// `GET /console/webhooks/new`.
#[derive(Clone, Default, Serialize)]
pub struct NewWebhookPage {
    /// What was typed before, where something was refused.
    pub form: WebhookForm,
}

impl Page for NewWebhookPage {
    const TEMPLATE: &'static str = "console/new-webhook.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let form = WebhookForm::from(&sample().settings);
        vec![Self::default(), Self { form }]
    }
}

/// The answer to `POST /console/webhooks` and to `POST /console/webhooks/{id}/rotate`: a secret, this
/// once.
#[derive(Clone, Serialize)]
pub struct WebhookSecretPage {
    /// The row.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// The secret as receivers take it.
    pub secret: String,
    /// Until when the one before signs too; `None` for a new webhook.
    pub former_until: Option<Timestamp>,
}

impl Page for WebhookSecretPage {
    const TEMPLATE: &'static str = "console/webhook-secret.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        [None, Some(Timestamp::from_seconds(1_795_319_000))]
            .map(|former_until| Self {
                id: sample().id,
                name: "Chat".to_owned(),
                secret: "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmM=".to_owned(),
                former_until,
            })
            .into()
    }
}

/// What a receiver made of a test.
#[derive(Clone, Serialize)]
pub struct TestAnswer {
    /// Why it did not take the event; `None` where it did.
    pub refusal: Option<String>,
}

/// An event that a webhook was given up for.
#[derive(Clone, Serialize)]
pub struct DeadRow {
    /// Its place among all.
    pub position: i64,
    /// What happened; `None` where the trail has forgotten it.
    pub kind: Option<String>,
    /// Its id.
    pub event: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// What came of the last try.
    pub failure: String,
}

impl From<&DeadDelivery> for DeadRow {
    fn from(dead: &DeadDelivery) -> Self {
        Self {
            position: dead.position,
            kind: dead.kind.clone(),
            event: dead.event.to_string(),
            created_at: dead.created_at,
            tries: dead.tries,
            failure: dead.failure.clone(),
        }
    }
}

/// `GET /console/webhooks/{id}`, and the answer to its test.
#[derive(Clone, Serialize)]
pub struct WebhookPage {
    /// The row.
    pub id: WebhookId,
    /// Its name as it is stored.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Until when the secret before the present one signs too, where it does.
    pub former_until: Option<Timestamp>,
    /// When its receiver last took an event.
    pub delivered_at: Option<Timestamp>,
    /// When it last did not.
    pub failed_at: Option<Timestamp>,
    /// Why not.
    pub failure: Option<String>,
    /// How many events wait.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
    /// The newest of those.
    pub dead_rows: Vec<DeadRow>,
    /// The settings.
    pub form: WebhookForm,
    /// What came of a test; `None` before one.
    pub answer: Option<TestAnswer>,
}

impl WebhookPage {
    /// The page of a webhook.
    pub fn of(webhook: &Webhook, dead: &[DeadDelivery], now: Timestamp) -> Self {
        Self {
            id: webhook.id,
            name: webhook.settings.name.clone(),
            created_at: webhook.created_at,
            former_until: webhook.former_until.filter(|until| *until > now),
            delivered_at: webhook.delivered_at,
            failed_at: webhook.failed_at,
            failure: webhook.failure.clone(),
            waiting: webhook.waiting,
            dead: webhook.dead,
            dead_rows: dead.iter().map(DeadRow::from).collect(),
            form: WebhookForm::from(&webhook.settings),
            answer: None,
        }
    }
}

impl Page for WebhookPage {
    const TEMPLATE: &'static str = "console/webhook.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::domain::event::EventId;
        let at = Timestamp::from_seconds(1_795_000_000);
        let dead = |position, kind: Option<&str>| DeadDelivery {
            position,
            event: EventId::nil(),
            kind: kind.map(str::to_owned),
            tries: 13,
            created_at: at,
            ended_at: at,
            failure: "answers HTTP 500".to_owned(),
        };
        let dead = [
            dead(3, Some("device.added")),
            dead(2, Some("no.such_kind")),
            dead(1, None),
        ];
        let bare = Webhook {
            former_until: None,
            delivered_at: None,
            failed_at: None,
            failure: None,
            waiting: 0,
            dead: 0,
            ..sample()
        };
        let answered = |refusal: Option<&str>| Self {
            answer: Some(TestAnswer {
                refusal: refusal.map(str::to_owned),
            }),
            ..Self::of(&sample(), &dead, at)
        };
        vec![
            Self::of(&bare, &[], at),
            answered(None),
            answered(Some("does not answer in time")),
            answered(Some("answers HTTP 500")),
            answered(Some(
                "is asked by plain http, which is for the networks of `webhooks.networks` alone",
            )),
        ]
    }
}

#[cfg(test)]
fn sample() -> Webhook {
    use keyward_core::domain::webhook::WantedEvents;
    let at = Timestamp::from_seconds(1_795_000_000);
    Webhook {
        id: crate::views::tests::id(1, WebhookId::parse),
        settings: WebhookSettings {
            name: "Chat \"east\" <b>".to_owned(),
            url: url::Url::parse("https://hooks.example.org/keyward?team=7").expect("a URL"),
            events: WantedEvents::parse("device.* sign_in.completed").expect("kinds"),
            is_enabled: true,
        },
        created_at: at,
        former_until: Some(Timestamp::from_seconds(1_795_086_400)),
        delivered_at: Some(at),
        failed_at: Some(at),
        failure: Some("answers HTTP 500".to_owned()),
        waiting: 12,
        dead: 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_of_a_failure_until_an_event_was_taken_since() {
        let [early, late] = [10, 20].map(Timestamp::from_seconds);
        for (delivered_at, failed_at, told) in [
            (None, None, None),
            (Some(late), None, None),
            (None, Some(early), Some(early)),
            (Some(early), Some(late), Some(late)),
            (Some(late), Some(early), None),
        ] {
            let webhook = Webhook {
                delivered_at,
                failed_at,
                ..sample()
            };
            let row = WebhookRow::from(&webhook);
            assert_eq!(row.failed_at, told);
            assert_eq!(row.failure.is_some(), told.is_some());
        }
    }
}
