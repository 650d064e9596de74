//! `keyward serve`

use super::context::Context;
use crate::actions::start::Migrations;
use crate::jobs::outbox::Outbox;
use crate::jobs::{judge, memory, metadata, search, sweep};
use crate::problem::Result;
use crate::web::Server;

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
pub(super) async fn run(context: &Context) -> Result<()> {
    let settings = context.settings()?;
    super::log::start(&settings.log);
    let public_url = settings.server.public_url.clone();
    let keyward = Context::open_with(settings, Migrations::Apply).await?;
    let server = Server::bind(keyward.clone())?;
    for address in server.addresses() {
        let line = format!("Keyward listens on {address}; people open {public_url}");
        context.output.say(&line)?;
    }
    if let Some(token) = keyward.issue_setup_link().await? {
        let mut link = public_url;
        link.set_path("/setup");
        link.query_pairs_mut().append_pair("token", &token.expose());
        context.output.say(&format!(
            "There is no superuser yet. Open this link within an hour to create the first:\n  {link}"
        ))?;
    }
    let outbox = Outbox::new(keyward.clone())?;
    let patience = keyward.settings.server.shutdown;
    let jobs = [
        tokio::spawn(sweep::run(keyward.clone())),
        tokio::spawn(memory::run(keyward.clone())),
        tokio::spawn(metadata::run(keyward.clone())),
        tokio::spawn(search::run(keyward.clone())),
        tokio::spawn(judge::run(keyward)),
    ];
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let sending = tokio::spawn(async move { outbox.run(async { drop(stopped.await) }).await });
    let served = server.run().await;
    jobs.iter().for_each(tokio::task::JoinHandle::abort);
    // A mail on its way is brought to its end; one that takes too long is tried again later.
    drop(stop);
    let _ = tokio::time::timeout(patience, sending).await;
    served
}
