//! Events in the field names of the Elastic Common Schema.

use serde_json::{Map, Value, json};

use crate::domain::event_export::ExportedEvent;

/// The version of the schema.
pub const VERSION: &str = "8.11.0";

/// An event as one line of JSON, with its end. Fields without a value are left out.
pub fn line(event: &ExportedEvent) -> String {
    format!("{}\n", document(event))
}

fn document(event: &ExportedEvent) -> Value {
    let family = event.kind.split('.').next().unwrap_or_default();
    let outcome = match event.refusal {
        Some(_) => "failure",
        None => "success",
    };
    let actor = event.actor.user.as_ref();
    let subject = event.subject.as_ref();
    without_nulls(json!({
        "@timestamp": event.at.rfc3339(),
        "ecs": { "version": VERSION },
        "event": {
            "id": event.id,
            "kind": "event",
            "category": [category(family)],
            "type": [if event.refusal.is_some() { "denied" } else { "info" }],
            "action": event.kind,
            "outcome": outcome,
            "reason": event.refusal,
            "module": "keyward",
            "dataset": "keyward.audit",
        },
        "user": {
            "id": actor.map(|user| &user.id),
            "name": actor.map(|user| &user.name),
            "target": {
                "id": subject.map(|user| &user.id),
                "name": subject.map(|user| &user.name),
            },
        },
        "source": { "ip": event.address },
        "user_agent": { "original": event.user_agent },
        "service": { "type": "keyward" },
        "keyward": {
            "actor": event.actor.kind,
            "device": { "id": event.device },
            "detail": event.detail,
        },
    }))
}

/// The category of a family of events.
fn category(family: &str) -> &'static str {
    match family {
        "sign_in" | "session" | "lockout" | "access" | "backup_code" | "code" | "validation" => {
            "authentication"
        }
        "policy" | "validation_service" | "validation_client" | "webhook" | "metadata"
        | "phones" | "otp_key" | "mail" => "configuration",
        _ => "iam",
    }
}

fn without_nulls(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let kept = fields
        .into_iter()
        .map(|(name, value)| (name, without_nulls(value)))
        .filter(|(_, value)| !value.is_null() && value.as_object().is_none_or(|it| !it.is_empty()));
    Value::Object(kept.collect::<Map<String, Value>>())
}
