//! The statements that other programs have a part in: keys of requests, events on their way to a
//! webhook, drafts of policies that are changed over the API.

use keyward_core::clock::SystemEntropy;
use keyward_core::domain::event::{Event, EventId, EventKind};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::policy::{Rules, Scope};
use keyward_core::domain::webhook::{WantedEvents, WebhookId, WebhookSettings};
use keyward_core::problem::{Problem, Result};
use keyward_core::protocols::standard_webhooks::WebhookSecret;
use keyward_store::{
    AnyConnection, answered_requests, events, policies, webhook_deliveries, webhooks,
};

use crate::statements::{Spend, nothing};
use crate::stock::{LATER, NOW, Stock};

const KEY: &str = "the hash of a key";

fn webhook() -> Result<WebhookId> {
    WebhookId::from_stored("0190b7a0-0000-7000-8000-000000000003")
        .ok_or_else(|| Problem::internal("no id"))
}

fn group() -> Scope {
    Scope::Group(GroupName::from_stored("finance"))
}

/// A webhook, and an event that is due at it.
fn put_delivery(connection: &mut AnyConnection, stock: &Stock) -> Result<()> {
    let settings = WebhookSettings {
        name: "payroll".to_owned(),
        url: "https://pay.example.org/events"
            .parse()
            .map_err(Problem::internal)?,
        events: WantedEvents::from_stored(""),
        is_enabled: true,
    };
    let secret = WebhookSecret::generate(&SystemEntropy);
    let seal = (&stock.key, &SystemEntropy as _);
    webhooks::insert(connection, webhook()?, &settings, &secret, NOW, seal)?;
    let id = EventId::generate(NOW, &SystemEntropy);
    events::record(connection, id, &Event::new(EventKind::DeviceAdded), NOW)
}

pub fn machines() -> [Spend; 3] {
    [
        Spend {
            name: "the key of a request that creates something",
            prepare: nothing,
            is_good: |c, stock| Ok(answered_requests::get(c, KEY, NOW, &stock.key)?.is_none()),
            spend: |c, _| answered_requests::claim(c, KEY, "of the request", LATER),
        },
        Spend {
            name: "an event that is due at a webhook",
            prepare: put_delivery,
            is_good: |c, _| Ok(webhook_deliveries::with_due(c, NOW)?.contains(&webhook()?)),
            spend: |c, _| {
                Ok(webhook_deliveries::claim(c, webhook()?, "lease", NOW, LATER)?.is_some())
            },
        },
        Spend {
            name: "a draft that was made from a version of a policy",
            prepare: nothing,
            is_good: |c, _| Ok(policies::get(c, &group())?.is_none()),
            spend: |c, _| policies::save_draft_on(c, &group(), &Rules::default(), 0),
        },
    ]
}
