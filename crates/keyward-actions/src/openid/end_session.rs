//! Signing out at the wish of a client (OpenID Connect RP-Initiated Logout 1.0).

use super::claims::{Hint, read_hint, sid_of};
use super::clients::client_named;
use crate::App;
use keyward_core::domain::session::Session;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::oauth::{Parameters, Refusal};

/// What a client wishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndSession {
    /// What the client is called; `None` where none says so.
    pub client: Option<String>,
    /// Where the browser goes after, one of the client's addresses.
    pub leads_to: Option<String>,
    /// Whether a token shows that the client knows this very session: then the user is not asked.
    pub is_of_session: bool,
}

/// The longest `state`, in bytes.
const LONGEST_STATE: usize = 2048;

/// Reads the wish of a client, about the session that the browser has.
///
/// # Errors
/// `openid.client`, `openid.redirect_uri`: the browser is led nowhere that nobody vouches for (open
/// redirector, RFC 9700 §4.11).
pub async fn end_session(
    app: &App,
    parameters: &Parameters,
    session: Option<&Session>,
) -> Result<EndSession> {
    let unread = |refusal: Refusal| {
        Problem::new(codes::REQUEST_MALFORMED).detailed(refusal.description.into_owned())
    };
    let get = |name| parameters.get(name).map_err(unread);
    let named = match get("client_id")? {
        Some(client_id) => {
            let client = client_named(app, client_id).await?;
            Some(client.ok_or(codes::OPENID_CLIENT)?)
        }
        None => None,
    };
    let hint: Option<Hint> = match get("id_token_hint")? {
        Some(hint) => read_hint(app, hint, named.as_ref()).await?,
        None => None,
    };
    let client = named.or_else(|| hint.as_ref().map(|hint| hint.client.clone()));
    let asked = get("post_logout_redirect_uri")?;
    let leads_to = match (asked, &client) {
        (None, _) => None,
        (Some(asked), Some(client)) => {
            let mut registered = client.settings.post_logout_redirect_uris.iter();
            if !registered.any(|one| one.matches(asked)) {
                return Err(codes::OPENID_REDIRECT.into());
            }
            let state = get("state")?.filter(|state| state.len() <= LONGEST_STATE);
            Some(with_state(asked, state))
        }
        (Some(_), None) => return Err(codes::OPENID_REDIRECT.into()),
    };
    let is_of_session = match (&hint, session) {
        (Some(hint), Some(session)) => {
            hint.sid.as_deref() == Some(&sid_of(app, &hint.client, session.id))
        }
        _ => false,
    };
    Ok(EndSession {
        client: client.map(|client| client.settings.name.clone()),
        leads_to,
        is_of_session,
    })
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let separator = if uri.contains('?') { '&' } else { '?' };
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    format!("{uri}{separator}state={state}")
}
