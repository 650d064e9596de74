//! `keyward user show`

use serde::Serialize;

use super::switch::Name;
use super::{Shown, yes};
use crate::cli::context::Context;
use crate::cli::two_factor::ShownDevice;
use crate::rows::{SessionRow, UpstreamLinkRow};
use keyward_actions::device;
use keyward_actions::session;
use keyward_actions::upstream;
use keyward_actions::user;
use keyward_core::problem::Result;

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    user: Shown,
    groups: Vec<String>,
    devices: Vec<ShownDevice>,
    sessions: Vec<SessionRow>,
    upstream_links: Vec<UpstreamLinkRow>,
}

pub(super) async fn run(Name { name }: Name, context: &Context) -> Result<()> {
    let app = context.open().await?;
    let user = context.user(&app, &name).await?;
    let groups = user::groups_of(&app, &context.administrator, user.id).await?;
    let devices = device::readable_of_user(&app, &context.administrator, user.id).await?;
    let sessions = session::list(&app, &context.administrator, Some(user.id), None, 100).await?;
    let links = upstream::of_user(&app, &context.administrator, user.id).await?;
    let whole = Whole {
        user: Shown::from(&user),
        groups: groups
            .iter()
            .map(|group| group.as_str().to_owned())
            .collect(),
        devices: devices.iter().map(ShownDevice::from).collect(),
        sessions: sessions.iter().map(SessionRow::from).collect(),
        upstream_links: links.iter().map(UpstreamLinkRow::from).collect(),
    };
    context.output.show(&whole, lines)
}

fn lines(whole: &Whole) -> String {
    let user = &whole.user;
    let mut text = String::new();
    for (label, value) in [
        ("name", user.name.clone()),
        ("id", user.id.clone()),
        (
            "display name",
            user.display_name.clone().unwrap_or_default(),
        ),
        ("email", user.email.clone().unwrap_or_default()),
        ("superuser", yes(user.superuser)),
        ("enabled", yes(user.enabled)),
        ("groups", whole.groups.join(", ")),
        ("created", user.created_at.clone()),
        (
            "last sign-in",
            user.last_sign_in_at.clone().unwrap_or_default(),
        ),
    ] {
        text.push_str(format!("{label:<14}{value}").trim_end());
        text.push('\n');
    }
    for device in &whole.devices {
        text.push_str(&format!("{:<14}{}\n", "device", device.line()));
    }
    for link in &whole.upstream_links {
        let provider = link.provider.as_ref().unwrap_or(&link.issuer);
        let called = match link.called.as_str() {
            "" => &link.subject,
            called => called,
        };
        text.push_str(&format!(
            "{:<14}{provider}: {called}, since {}, {}\n",
            "upstream", link.created_at, link.id
        ));
    }
    for session in &whole.sessions {
        text.push_str(&format!("{:<14}{}\n", "session", session.line()));
    }
    text
}
