//! Clients that ask for a key of attested hardware. A key proves its make when it is added, or never: who
//! adds one for such a client is asked for it.

use super::authorize::resolved;
use super::standing::lets_in;
use crate::App;
use crate::openid_client::registered_clients;
use keyward_core::domain::application::Level;
use keyward_core::domain::authentication_context::ContextClass;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::user::User;
use keyward_core::problem::Result;
use keyward_core::protocols::oauth::{AuthorizationRequest, Parameters};

/// Whether a request for a code asks for it, by its client's rules or by the class that it names. One that
/// would be refused asks for nothing.
///
/// # Errors
/// The store's.
pub async fn asks_for_hardware(app: &App, parameters: &Parameters) -> Result<bool> {
    let Ok((parameters, asked)) = resolved(app, parameters).await else {
        return Ok(false);
    };
    if asked.client.settings.requires.level == Level::Hardware {
        return Ok(true);
    }
    let request = AuthorizationRequest::read(&parameters);
    let classes = request.map(|request| request.acr.classes);
    Ok(classes.is_ok_and(|classes| classes.contains(&ContextClass::HardwareProtected)))
}

/// Whether the rules of any client that lets a user in ask for it.
pub(crate) async fn clients_ask_for_hardware(
    app: &App,
    user: &User,
    groups: &[GroupName],
) -> Result<bool> {
    let all = registered_clients(app).await?;
    let mut asking = all
        .iter()
        .filter(|client| client.settings.requires.level == Level::Hardware);
    Ok(asking.any(|client| lets_in(client, user, groups)))
}
