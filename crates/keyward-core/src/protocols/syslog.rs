//! Messages of the syslog protocol (RFC 5424), and the lengths before them (RFC 6587 §3.4.1, RFC 5425
//! §4.3).

use crate::domain::event_export::ExportedEvent;

/// What is the same in all messages of one server.
#[derive(Clone, Debug)]
pub struct Origin {
    /// 0 to 23.
    pub facility: u8,
    /// Whose messages they are.
    pub hostname: String,
    /// The number in the id of the structured data.
    pub enterprise: u32,
    /// The process.
    pub process: u32,
}

/// Severities of RFC 5424 §6.2.1.
const WARNING: u8 = 4;
const INFORMATIONAL: u8 = 6;

/// An event as a message with its length before it. The text is the event as JSON.
pub fn framed(origin: &Origin, event: &ExportedEvent) -> String {
    let message = message(origin, event);
    format!("{} {message}", message.len())
}

fn message(origin: &Origin, event: &ExportedEvent) -> String {
    let severity = match event.refusal {
        Some(_) => WARNING,
        None => INFORMATIONAL,
    };
    let priority = u16::from(origin.facility)
        .saturating_mul(8)
        .saturating_add(u16::from(severity));
    let json = serde_json::to_string(event).unwrap_or_default();
    format!(
        "<{priority}>1 {at} {hostname} keyward {process} {kind} {data} \u{feff}{json}",
        at = event.at.rfc3339(),
        hostname = printed(&origin.hostname, 255),
        process = origin.process,
        kind = printed(&event.kind, 32),
        data = structured(origin.enterprise, event),
    )
}

/// A field of the header: printable ASCII without spaces, `-` where there is none.
fn printed(text: &str, longest: usize) -> String {
    let seen = text.chars().filter(char::is_ascii_graphic).take(longest);
    let seen: String = seen.collect();
    match seen.is_empty() {
        true => "-".to_owned(),
        false => seen,
    }
}

/// The structured data: what is looked for most, each under a name of its own.
fn structured(enterprise: u32, event: &ExportedEvent) -> String {
    let actor = event.actor.user.as_ref();
    let subject = event.subject.as_ref();
    let address = event.address.map(|address| address.to_string());
    let id = event.id.to_string();
    let parameters = [
        ("id", Some(id.as_str())),
        ("kind", Some(event.kind.as_str())),
        ("outcome", Some(event.outcome)),
        ("refusal", event.refusal.as_deref()),
        ("actorKind", Some(event.actor.kind.as_str())),
        ("actorId", actor.map(|user| user.id.as_str())),
        ("actor", actor.map(|user| user.name.as_str())),
        ("subjectId", subject.map(|user| user.id.as_str())),
        ("subject", subject.map(|user| user.name.as_str())),
        ("deviceId", event.device.as_deref()),
        ("address", address.as_deref()),
    ];
    let mut data = format!("[keyward@{enterprise}");
    for (name, value) in parameters {
        if let Some(value) = value {
            data.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
    }
    data.push(']');
    data
}

/// RFC 5424 §6.3.3. Line ends have no place in a message, whatever a reader makes of them.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(if c.is_control() { ' ' } else { c });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::domain::event::EventId;
    use crate::domain::event_export::{ExportedActor, ExportedUser};

    #[test]
    fn a_name_ends_neither_its_field_nor_its_message() {
        let origin = Origin {
            facility: 13,
            hostname: "login.example.org\n<0>".to_owned(),
            enterprise: 32_473,
            process: 7,
        };
        let event = ExportedEvent {
            id: EventId::nil(),
            at: Timestamp::from_millis(1_795_000_000_123),
            token: None,
            kind: "user.created".to_owned(),
            outcome: "done",
            refusal: None,
            actor: ExportedActor {
                kind: "command_line".to_owned(),
                user: None,
            },
            subject: Some(ExportedUser {
                id: "7".to_owned(),
                name: "a\"b]\\c\nd".to_owned(),
            }),
            device: None,
            detail: None,
            address: None,
            user_agent: None,
        };
        let framed = framed(&origin, &event);
        let (length, message) = framed.split_once(' ').expect("a length");
        assert_eq!(length.parse::<usize>().expect("a number"), message.len());
        assert!(message.starts_with("<110>1 2026-"), "{message}");
        assert!(message.contains(" login.example.org<0> keyward 7 user.created "));
        assert!(message.contains(r#" subject="a\"b\]\\c d"] "#), "{message}");
        assert!(!message.contains('\n'));
    }
}
