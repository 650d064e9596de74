//! `/account/applications`: the applications that a user let know who they are.

use actix_web::web::{Data, Form};
use serde::Deserialize;

use crate::views::Notice;
use crate::views::pages::{OwnApplication, OwnApplicationsPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::openid::{self, OwnConsent};
use keyward_core::flows::permit::SignedIn;

const HERE: &str = "/account/applications";

/// The list.
pub async fn list(site: Data<Site>, Permit(signed_in): Permit<SignedIn>, reader: Reader) -> Answer {
    let own = openid::own_consents(&site.app, &signed_in).await?;
    let applications = own.into_iter().map(shown).collect();
    reader
        .is(&signed_in)
        .show(&OwnApplicationsPage { applications })
}

fn shown(own: OwnConsent) -> OwnApplication {
    OwnApplication {
        client_id: own.client_id,
        name: own.client,
        scopes: own.scopes.iter().map(str::to_owned).collect(),
        agreed_at: own.agreed_at,
    }
}

#[derive(Deserialize)]
pub struct ClientField {
    client_id: String,
}

/// Takes back what the user agreed to.
pub async fn take_back(
    site: Data<Site>,
    Permit(signed_in): Permit<SignedIn>,
    reader: Reader,
    Caller(client): Caller,
    Form(field): Form<ClientField>,
) -> Answer {
    openid::take_back(&site.app, &signed_in, &field.client_id, &client).await?;
    reader.tell(HERE, Notice::AgreementEnded)
}
