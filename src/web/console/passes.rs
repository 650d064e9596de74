//! `/console/passes`, and the pass of one user.

use std::time::Duration;

use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

use super::user_address::{address, id};
use super::wanted::Wanted;
use crate::lists::Passes;
use crate::views::Notice;
use crate::views::console::{PassForm, PassIssuedPage, PassRow, PassesPage};
use crate::web::Site;
use crate::web::answer::Answer;
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::pass::{self, IssuedPass};
use keyward_core::domain::pass::PassPlan;
use keyward_core::flows::permit::{HelpDesk, MayHelp, MayLookUp, Staff};
use keyward_core::problem::{Fault, Problem, Result, codes};

#[derive(Deserialize)]
pub struct FormData {
    #[serde(default)]
    minutes: String,
    once: Option<String>,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<Passes>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let page = PassesPage {
        next: found.next,
        passes: found.items.iter().map(PassRow::from).collect(),
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

/// Issues one, and shows it: this answer alone holds it.
pub async fn issue(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = id(&path)?;
    let issued = match plan(&fields) {
        Ok(plan) => pass::issue(&site.app, &by, id, plan).await,
        Err(problem) => Err(problem),
    };
    match issued {
        Ok(issued) => {
            let page = issued_page(&site, &issued);
            reader.at_console(&help_desk).show(&page)
        }
        Err(problem) if problem.code() == codes::CONSOLE_STAFF => Err(problem.into()),
        Err(problem) if matches!(problem.fault(), Fault::Malformed | Fault::Denied) => {
            reader.tell(&address(id), Notice::refused(&problem))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Shows a pass that was issued.
pub(super) fn issued_page(site: &Site, issued: &IssuedPass) -> PassIssuedPage {
    let mut address = site.app.settings().server.public_url.clone();
    address.set_path("/sign-in");
    address.set_query(Some("method=pass"));
    PassIssuedPage {
        user_id: issued.user.id,
        owner: issued.user.name.as_str().to_owned(),
        code: issued.code.expose(),
        address: address.into(),
        expires_at: issued.pass.expires_at,
        is_once: issued.pass.is_once,
    }
}

fn plan(fields: &FormData) -> Result<PassPlan> {
    let lasting = match fields.minutes.trim() {
        "" => None,
        typed => {
            let minutes: Option<u64> = typed.parse().ok().filter(|minutes| *minutes < 1 << 32);
            let minutes = minutes.ok_or_else(|| Problem::new(codes::PASS_TOO_LONG))?;
            Some(Duration::from_secs(60 * minutes))
        }
    };
    Ok(PassPlan {
        lasting,
        is_once: fields.once.as_deref() == Some("true"),
    })
}

/// Takes one back.
pub async fn revoke(
    site: Data<Site>,
    Permit(help_desk): Permit<HelpDesk>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = id(&path)?;
    let user = pass::revoke(&site.app, &by, id).await?;
    let name = user.name.as_str().to_owned();
    reader.tell(&address(id), Notice::PassRevoked { name })
}

/// What a form for a new pass says.
pub(super) fn form(site: &Site) -> PassForm {
    let limits = &site.app.settings().pass;
    PassForm {
        usual: limits.lasting.as_secs().div_ceil(60),
        most: limits.longest.as_secs() / 60,
    }
}
