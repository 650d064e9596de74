//! The OpenID client that somebody is on the way to, as pages show it.

use std::sync::Arc;

use actix_web::HttpResponse;

use crate::views::pages::Destination;
use crate::web::Site;
use crate::web::headers::PictureFrom;
use keyward_actions::openid_client;
use keyward_core::domain::openid_client::{ClientId, OpenidClient, RegisteredClient};
use keyward_core::flows::next_path::NextPath;
use keyward_core::problem::Result;

/// The client that a way leads on to; `None` where it leads to none that is known.
///
/// # Errors
/// The store's.
pub(super) async fn client_of(
    site: &Site,
    next: Option<&NextPath>,
) -> Result<Option<Arc<RegisteredClient>>> {
    let named = next.and_then(NextPath::client_id);
    match named.and_then(|named| ClientId::parse(&named).ok()) {
        Some(client_id) => openid_client::registered(&site.app, &client_id).await,
        None => Ok(None),
    }
}

/// How pages show it.
pub(super) fn shown(client: &OpenidClient) -> Destination {
    let picture = client.settings.logo_uri.as_ref();
    let picture = picture.filter(|uri| PictureFrom::of(uri).is_some());
    Destination {
        name: client.settings.name.clone(),
        logo: picture.map(ToString::to_string),
    }
}

/// Lets browsers fetch its picture for this page.
pub(super) fn allow_picture(answer: &mut HttpResponse, client: &OpenidClient) {
    let picture = client.settings.logo_uri.as_ref();
    if let Some(from) = picture.and_then(PictureFrom::of) {
        answer.extensions_mut().insert(from);
    }
}
