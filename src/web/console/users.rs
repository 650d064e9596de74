//! `/console/users`

use actix_web::web::{Data, Form, Query};
use serde::Deserialize;

use super::group_field::{GroupFields, field};
use super::paging::{ROWS, read, typed};
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
use keyward_core::domain::user::{EmailAddress, UserName, UserPlace};
use keyward_core::flows::permit::{Administrator, SteppedUp, Superuser};
use keyward_core::problem::Result;

#[derive(Deserialize)]
pub struct Params {
    q: Option<String>,
    devices: Option<String>,
    after: Option<String>,
}

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
    Permit(superuser): Permit<Superuser>,
    Query(asked): Query<Params>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let query = typed(asked.q)?.unwrap_or_default();
    let after = read(asked.after, place)?;
    let is_first_page = after.is_none();
    let administrator = Administrator::at_console(&superuser, client);
    let without_device = read(asked.devices, |text| (text == "none").then_some(()))?.is_some();
    let app = &site.app;
    let found = match without_device {
        false => user::list(app, &administrator, &query, after, ROWS).await?,
        true => {
            let found = user::list_without_device(app, &administrator, &query, after, ROWS);
            found.await?
        }
    };
    let users = found.users.iter();
    let page = UsersPage {
        is_too_little: !query.is_empty()
            && found.users.is_empty()
            && SearchTerms::of(&query).is_none(),
        query,
        without_device,
        users: users
            .map(|summary| UserRow::new(&summary.user, summary.devices))
            .collect(),
        next: found.next.as_ref().map(written),
        is_first_page,
    };
    reader.at_console(&superuser).show(&page)
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

/// A place in the list, as addresses carry it.
fn written(place: &UserPlace) -> String {
    match place {
        UserPlace::Name(name) => format!("name:{name}"),
        UserPlace::Found(place) => format!("found:{place}"),
    }
}

fn place(text: &str) -> Option<UserPlace> {
    if let Some(name) = text.strip_prefix("name:") {
        return Some(UserPlace::Name(name.to_owned()));
    }
    let place = text.strip_prefix("found:")?;
    place.parse().ok().map(UserPlace::Found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_its_address() {
        for one in [
            UserPlace::Name("name:anna".to_owned()),
            UserPlace::Found(1_000_000),
        ] {
            assert_eq!(place(&written(&one)), Some(one));
        }
        for other in ["", "anna", "found:", "found:a", "NAME:anna"] {
            assert_eq!(place(other), None, "{other}");
        }
    }
}
