//! `keyward key show`

use clap::Args;
use serde::Serialize;

use super::Which;
use crate::cli::context::Context;
use crate::rows::{EventRow, KeyDeviceRow, KeyRow};
use keyward_actions::key;
use keyward_core::problem::Result;

/// How many events are shown.
const SHOWN: i64 = 50;

/// Arguments of `key show`.
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    which: Which,
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    row: KeyRow,
    slots: Vec<Slot>,
    devices: Vec<KeyDeviceRow>,
    history: Vec<EventRow>,
}

#[derive(Serialize)]
struct Slot {
    public_id: String,
    held: bool,
}

impl Show {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let app = context.open().await?;
        let by = &context.administrator;
        let id = self.which.find(&app, context).await?.id;
        let found = key::summary(&app, by, id).await?;
        let links = key::links(&app, by, id).await?;
        let history = key::history(&app, by, id, SHOWN).await?;
        let shown = Shown {
            row: KeyRow::from(&found),
            slots: links
                .slots
                .into_iter()
                .map(|slot| Slot {
                    public_id: slot.public_id,
                    held: slot.is_held,
                })
                .collect(),
            devices: links.devices.iter().map(KeyDeviceRow::from).collect(),
            history: history.iter().map(EventRow::from).collect(),
        };
        context.output.show(&shown, lines)
    }
}

fn lines(shown: &Shown) -> String {
    let row = &shown.row;
    let owner = row.owner.clone().unwrap_or_else(|| "nobody".to_owned());
    let facts = [
        ("serial", row.serial.clone().unwrap_or_default()),
        ("id", row.id.clone()),
        ("maker", row.maker.clone()),
        ("model", row.model.clone()),
        ("firmware", row.firmware.clone()),
        ("form factor", row.form_factor.clone()),
        ("batch", row.batch.clone()),
        ("order", row.order.clone()),
        ("state", format!("{}, since {}", row.state, row.state_since)),
        ("owner", owner),
        ("place", row.place.clone()),
        ("note", row.note.clone()),
    ];
    let facts = facts.into_iter().filter(|(_, text)| !text.is_empty());
    let slots = shown.slots.iter().map(|slot| {
        let held = if slot.held {
            ", its secret is held here"
        } else {
            ""
        };
        ("OTP slot", format!("{}{held}", slot.public_id))
    });
    let devices = shown.devices.iter().map(|one| {
        let proved = if one.proved { "proved" } else { "not proved" };
        let text = format!("{} {} of {} ({proved})", one.kind, one.name, one.user);
        ("device", text)
    });
    let history = shown.history.iter().map(|event| {
        let who = event.actor.as_deref().unwrap_or("somebody");
        let note = event
            .particulars
            .as_ref()
            .map(|particulars| &particulars["note"]);
        let note = note.and_then(|note| note.as_str()).unwrap_or_default();
        let text = format!("{} {} by {who} {note}", event.at, event.kind);
        ("history", text.trim_end().to_owned())
    });
    let lines = facts.chain(slots).chain(devices).chain(history);
    let lines: Vec<String> = lines
        .map(|(name, text)| format!("{name:12} {text}"))
        .collect();
    lines.join("\n")
}
