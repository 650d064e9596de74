//! `keyward serve`

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::context::Context;
use super::stop::Stop;
use crate::jobs::outbox::Outbox;
use crate::jobs::webhooks::WebhookSender;
use crate::jobs::{
    judge, memory, metadata, node, openid_keys, report, search, session_ends, siem, sweep,
};
use crate::views::Views;
use crate::web::{Purpose, Server};
use keyward_actions::App;
use keyward_actions::check::{CLOSE, open_settings};
use keyward_actions::delivered_code;
use keyward_actions::set_back;
use keyward_actions::start::{self, Migrations, SetupLink};
use keyward_core::domain::phone_number;
use keyward_core::problem::Result;

/// The longest that closing the database may take, of the time that there is to stop.
const CLOSING: Duration = Duration::from_secs(1);

/// How long the process may need to be gone after everything was closed.
const LEAVING: Duration = Duration::from_millis(500);

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
pub(super) async fn run(context: &Context) -> Result<()> {
    let mut stop = Stop::listen()?;
    let settings = context.settings()?;
    super::log::start(&settings.log);
    let patience = settings.server.shutdown;
    let app = tokio::select! {
        opened = Context::open_with(settings, Migrations::Apply) => opened?,
        () = stop.asked() => return Ok(()),
    };
    let served = serve(context, &app, &mut stop, patience).await;
    let (ended, deadline) = match served {
        Ok(deadline) => (Ok(()), deadline),
        Err(problem) => (Err(problem), Instant::now() + CLOSING),
    };
    let left = deadline.saturating_duration_since(Instant::now());
    // Another server is told at once that this one is gone; where that takes long, it notices.
    if let Ok(Err(problem)) = timeout(left / 2, leave(&app)).await {
        tracing::warn!(error = ?problem, "leaving failed: {problem}");
    }
    let left = deadline.saturating_duration_since(Instant::now());
    app.close(left).await;
    ended
}

async fn leave(app: &App) -> Result<()> {
    set_back::remember(app).await?;
    keyward_actions::node::leave(app).await
}

/// Gives back when the process must be gone.
async fn serve(
    context: &Context,
    app: &App,
    stop: &mut Stop,
    patience: Duration,
) -> Result<Instant> {
    // Before anybody is answered: what happens from then on goes out.
    let sinks = keyward_actions::siem::open(app).await?;
    let views = Views::new()?;
    let server = Server::bind(app.clone(), views.clone())?;
    if !delivered_code::phone_methods(app).is_empty() {
        tokio::task::spawn_blocking(phone_number::read_plans);
    }
    tokio::select! {
        greeted = greet(context, app, &server) => greeted?,
        () = stop.asked() => return Ok(Instant::now() + patience),
    }
    let handle = server.handle();
    let outbox = Outbox::new(app.clone(), views);
    let jobs = [
        tokio::spawn(sweep::run(app.clone())),
        tokio::spawn(memory::run(app.clone())),
        tokio::spawn(metadata::run(app.clone())),
        tokio::spawn(search::run(app.clone())),
        tokio::spawn(judge::run(app.clone())),
        tokio::spawn(report::run(app.clone())),
        tokio::spawn(node::run(app.clone())),
        tokio::spawn(openid_keys::run(app.clone())),
    ];
    let (enough, no_more) = tokio::sync::watch::channel(false);
    let webhooks = WebhookSender::new(app.clone());
    let sending = {
        let stopped = |mut no_more: tokio::sync::watch::Receiver<bool>| async move {
            drop(no_more.changed().await);
        };
        let exports: Vec<_> = sinks
            .into_iter()
            .map(|sink| siem::run(app.clone(), sink, stopped(no_more.clone())))
            .collect();
        let ends = session_ends::run(app.clone(), stopped(no_more.clone()));
        let (mails, events) = (stopped(no_more.clone()), stopped(no_more));
        let exports = futures_util::future::join_all(exports);
        tokio::spawn(
            async move { tokio::join!(outbox.run(mails), webhooks.run(events), ends, exports) },
        )
    };
    let serving = server.run();
    tokio::pin!(serving);
    let served = tokio::select! {
        served = &mut serving => Some(served),
        () = stop.asked() => None,
    };
    // What is left is for the end of the process itself.
    let deadline = Instant::now() + patience - (patience / 10).min(LEAVING);
    jobs.iter().for_each(JoinHandle::abort);
    drop(enough);
    if let Some(served) = served {
        return served.map(|()| deadline);
    }
    tracing::info!("asked to stop; finishing what is in flight");
    // A mail on its way is brought to its end; one that takes too long is tried again later.
    let finishing = async {
        let (served, _, _) = tokio::join!(&mut serving, handle.stop(true), sending);
        served
    };
    match timeout_at(deadline - CLOSING.min(patience / 4), finishing).await {
        Ok(served) => served.map(|()| deadline),
        Err(_) => {
            tracing::warn!("not everything in flight was finished in time");
            Ok(deadline)
        }
    }
}

/// Says where it listens, and what an operator should know.
async fn greet(context: &Context, app: &App, server: &Server) -> Result<()> {
    let public_url = &app.settings().server.public_url;
    for (address, purpose) in server.addresses() {
        let line = match purpose {
            Purpose::Site => format!("Keyward listens on {address}; people open {public_url}"),
            Purpose::Metrics => format!("Metrics are at http://{address}/metrics"),
            Purpose::Redirect => format!("http://{address} leads to {public_url}"),
        };
        context.output.say(&line)?;
    }
    if let Some(said) = open_settings(app.settings()) {
        tracing::warn!("{said}; {CLOSE}");
    }
    set_back::recall(app).await?;
    for difference in keyward_actions::node::join(app).await? {
        tracing::warn!("settings differ between servers: {difference}");
        let line = format!("The servers of this database do not agree: {difference}");
        context.output.say(&line)?;
    }
    match start::offer_setup_link(app).await? {
        SetupLink::Open(token) => {
            let mut link = public_url.clone();
            link.set_path("/setup");
            link.query_pairs_mut().append_pair("token", &token.expose());
            context.output.say(&format!(
                "There is no superuser yet. Open this link within an hour to create the first:\n  {link}"
            ))
        }
        SetupLink::NotNeeded => Ok(()),
        SetupLink::WasSetUp => context.output.say(
            "There is no superuser who may sign in, and there was one before. \
             `keyward user add NAME --superuser` makes another.",
        ),
    }
}
