//! `/console/tokens`

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::confirming::ConfirmingSuperuser;
use super::wanted::Wanted;
use crate::lists::ApiTokens;
use crate::views::Notice;
use crate::views::console::{
    ApiTokenAddedPage, ApiTokenRow, ApiTokensPage, ConfirmationPage, Consequence, NewApiTokenPage,
    Question,
};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::api_token;
use keyward_core::clock::Timestamp;
use keyward_core::domain::api_token::{ApiScope, ApiTokenId, ApiTokenPlan};
use keyward_core::domain::validation_client::parse_addresses;
use keyward_core::flows::permit::{Administrator, Auditor, MayAudit, SteppedUp, Superuser};
use keyward_core::problem::{Problem, Result, codes};

const HERE: &str = "/console/tokens";

/// How the names of ticked scopes begin in the form.
const TICKED: &str = "scope.";

/// For how many days a token lasts unless something else is said.
const USUAL_DAYS: &str = "90";

/// The most days that a token may last.
const MOST_DAYS: u32 = 3650;

#[derive(Deserialize)]
pub struct FormData {
    name: String,
    networks: String,
    days: String,
    #[serde(flatten)]
    rest: HashMap<String, String>,
}

impl FormData {
    fn scopes(&self) -> BTreeSet<ApiScope> {
        let ticked = self.rest.keys().filter_map(|key| key.strip_prefix(TICKED));
        ticked.filter_map(ApiScope::parse).collect()
    }

    fn plan(&self, now: Timestamp) -> Result<ApiTokenPlan> {
        let invalid = |why: &str| Problem::new(codes::API_TOKEN_INVALID).detailed(why);
        let expires_at = match self.days.trim() {
            "" => None,
            days => {
                let days = days
                    .parse()
                    .ok()
                    .filter(|days| (1..=MOST_DAYS).contains(days));
                let days = days.ok_or_else(|| invalid("it lasts 1 to 3650 days"))?;
                Some(now + Duration::from_hours(24) * days)
            }
        };
        let networks = parse_addresses(&self.networks);
        Ok(ApiTokenPlan {
            name: self.name.clone(),
            scopes: self.scopes(),
            networks: networks.map_err(|_| invalid("a network looks like 192.0.2.0/24"))?,
            expires_at,
        })
    }

    fn again(self) -> NewApiTokenPage {
        let chosen: Vec<ApiScope> = self.scopes().into_iter().collect();
        NewApiTokenPage::new(self.name, &chosen, self.networks, self.days)
    }
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(auditor): Permit<Auditor>,
    wanted: Wanted<ApiTokens>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayAudit::at_console(&auditor, client);
    let found = wanted.page(&site.app, &by).await?;
    let (tokens, now) = (found.items.iter(), site.app.now());
    let page = ApiTokensPage {
        next: found.next,
        tokens: tokens.map(|token| ApiTokenRow::new(token, now)).collect(),
        is_first_page: found.is_first_page,
    };
    reader.at_console(&auditor).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    let (name, networks) = (String::new(), String::new());
    let page = NewApiTokenPage::new(name, &[], networks, USUAL_DAYS.to_owned());
    reader.at_console(&superuser).show(&page)
}

/// Makes one for the administrator who asks, lest anybody act in another's name, and answers with its secret.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let added = match fields.plan(site.app.now()) {
        Ok(plan) => api_token::add(&site.app, &administrator, superuser.id(), plan).await,
        Err(problem) => Err(problem),
    };
    match added {
        Ok((token, secret)) => {
            let page = ApiTokenAddedPage {
                name: token.plan.name,
                secret: secret.expose().to_string(),
                expires_at: token.plan.expires_at,
            };
            reader.at_console(&superuser).show(&page)
        }
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || fields.again()),
    }
}

/// Whether a token shall not work any more.
pub async fn ask_to_revoke(
    site: Data<Site>,
    asked: ConfirmingSuperuser,
    path: Path<String>,
) -> Answer {
    let id = ApiTokenId::parse(&path).ok_or(codes::API_TOKEN_UNKNOWN)?;
    let found = api_token::find(&site.app, &asked.administrator, id).await?;
    let page = ConfirmationPage {
        question: Question::RevokeToken,
        name: found.token.plan.name,
        consequences: vec![
            Consequence::plain("refused"),
            Consequence::plain("for-good"),
        ],
        action: format!("{HERE}/{id}/revoke"),
        fields: Vec::new(),
        back: HERE.to_owned(),
    };
    asked.reader.show(&page)
}

/// Revokes it.
pub async fn revoke(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = ApiTokenId::parse(&path).ok_or(codes::API_TOKEN_UNKNOWN)?;
    let token = api_token::revoke(&site.app, &administrator, id).await?;
    let name = token.plan.name;
    reader.tell(HERE, Notice::ApiTokenRevoked { name })
}
