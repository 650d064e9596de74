//! What the trail says of keys of the inventory.

use super::{Part, Particulars, counted, text};
use keyward_core::domain::event_detail::NotedKey;

/// A key, what was said about it, and what its loss put out of use.
pub(super) fn hardware_key(noted: &NotedKey) -> Particulars {
    let mut said = vec![text(&noted.key)];
    if !noted.note.is_empty() {
        said.push(text(&noted.note));
    }
    if let Some(stopped) = &noted.stopped {
        let numbers = [
            ("devices-stopped", stopped.devices),
            ("slots-stopped", stopped.slots),
            ("sessions-ended", stopped.sessions),
            ("browsers-untrusted", stopped.browsers),
            ("grants-ended", stopped.grants),
        ];
        let told = numbers
            .into_iter()
            .filter(|(key, number)| *number > 0 || *key == "devices-stopped");
        said.extend(told.map(|(key, number)| -> Part { counted(key, number) }));
    }
    said
}
