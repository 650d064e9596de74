//! `keyward serve`

use std::sync::Arc;

use crate::actions::Keyward;
use crate::actions::start::Migrations;
use crate::clock::{SystemClock, SystemEntropy};
use crate::jobs::sweep;
use crate::problem::Result;
use crate::settings::Settings;
use crate::web::Server;

/// Serves until SIGTERM or SIGINT, then finishes what is in flight.
///
/// # Errors
/// Whatever keeps the server from starting.
pub async fn run(settings: Settings) -> Result<()> {
    super::log::start(&settings.log);
    let public_url = settings.server.public_url.clone();
    let keyward = Keyward::open(
        settings,
        Migrations::Apply,
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    )
    .await?;
    let server = Server::bind(keyward.clone())?;
    for address in server.addresses() {
        println!("Keyward listens on {address}; people open {public_url}");
    }
    if let Some(token) = keyward.issue_setup_link().await? {
        let mut link = public_url;
        link.set_path("/setup");
        link.query_pairs_mut().append_pair("token", &token.expose());
        println!("There is no superuser yet. Open this link once to create the first:\n  {link}");
    }
    let sweeping = tokio::spawn(sweep::run(keyward));
    let served = server.run().await;
    sweeping.abort();
    served
}
