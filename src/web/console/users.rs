//! `/console/users`

use actix_web::web::{Data, Form};
use serde::Deserialize;

use super::group_field::{GroupFields, field};
use super::wanted::Wanted;
use crate::lists::Users;
use crate::views::Notice;
use crate::views::console::{NewUserPage, UserRow, UsersPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::user::{self, NewAccount};
use keyward_core::domain::display_name::DisplayName;
use keyward_core::domain::search::SearchTerms;
use keyward_core::domain::user::{EmailAddress, UserName};
use keyward_core::flows::permit::{Administrator, MayLookUp, Staff, SteppedUp, Superuser};
use keyward_core::problem::Result;

#[derive(Deserialize)]
pub struct FormData {
    username: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    display_name: String,
    is_superuser: Option<String>,
    #[serde(flatten)]
    groups: GroupFields,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<Users>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let query = found.list.search;
    let users = found.items.iter();
    let page = UsersPage {
        is_too_little: !query.is_empty()
            && found.items.is_empty()
            && SearchTerms::of(&query).is_none(),
        query,
        without_device: found.list.without_device,
        users: users
            .map(|summary| UserRow::new(&summary.user, summary.devices))
            .collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

/// Asks for a new one.
pub async fn ask_for_new(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let page = NewUserPage {
        groups: field(&site, &administrator, &[], String::new()).await?,
        ..NewUserPage::default()
    };
    reader.at_console(&superuser).show(&page)
}

/// Creates one.
pub async fn create(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let created = match account(&site, &administrator, &fields).await {
        Ok(account) => user::create(&site.app, &administrator, account).await,
        Err(problem) => Err(problem),
    };
    match created {
        Ok(id) => {
            let name = fields.username.trim().to_owned();
            reader.tell(&format!("/console/users/{id}"), Notice::UserAdded { name })
        }
        Err(problem) => {
            let page = NewUserPage {
                is_superuser: fields.is_superuser(),
                username: fields.username,
                display_name: fields.display_name,
                email: fields.email,
                groups: fields.groups.again(&site, &administrator).await?,
            };
            reader.at_console(&superuser).show_again(problem, || page)
        }
    }
}

impl FormData {
    fn is_superuser(&self) -> bool {
        self.is_superuser.as_deref() == Some("true")
    }
}

async fn account(
    site: &Site,
    administrator: &Administrator,
    fields: &FormData,
) -> Result<NewAccount> {
    let called = Some(fields.display_name.trim()).filter(|text| !text.is_empty());
    let name = UserName::parse(&fields.username)?;
    let email = Some(fields.email.trim()).filter(|text| !text.is_empty());
    Ok(NewAccount {
        // No administrator learns a user's password: their page sends a link for one.
        password: None,
        name,
        email: email.map(EmailAddress::parse).transpose()?,
        display_name: called.map(DisplayName::parse).transpose()?,
        is_superuser: fields.is_superuser(),
        groups: fields.groups.chosen(site, administrator).await?,
    })
}
