//! `/console/keys`: the inventory

use actix_web::dev::Payload;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Path};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;

use super::confirming::ConfirmingHelpDesk;
use super::wanted::Wanted;
use crate::lists::{Keys, List as _, exactly};
use crate::views::Notice;
use crate::views::console::{
    EventRow, FoundReportRow, KeyForm, KeyMovePage, KeyPage, KeyRow, KeysPage, NewKeyPage,
    OpenCase, states,
};
use crate::web::Site;
use crate::web::answer::{Answer, Refused};
use crate::web::extract::client::Caller;
use crate::web::extract::permits::Permit;
use crate::web::extract::reader::Reader;
use keyward_actions::key::{self, OnKey, WantedMove};
use keyward_core::domain::key::{KeyChange, KeyId, KeyMove, KeyState};
use keyward_core::domain::role::Role;
use keyward_core::flows::permit::{
    Administrator, HelpDesk, MayHelp, MayLookUp, Staff, SteppedUp, Superuser,
};
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;

pub(super) const HERE: &str = "/console/keys";

/// How many events a key's page shows.
const SHOWN: i64 = 50;

#[derive(Deserialize)]
pub struct Find {
    #[serde(default)]
    search: String,
}

#[derive(Deserialize)]
pub struct FormData {
    #[serde(default)]
    maker: String,
    #[serde(default)]
    serial: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    firmware: String,
    #[serde(default)]
    form_factor: String,
    #[serde(default)]
    batch: String,
    #[serde(default)]
    order: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    note: String,
    version: Option<i64>,
}

#[derive(Deserialize)]
pub struct MoveData {
    #[serde(default)]
    user: String,
    #[serde(default)]
    note: String,
    version: i64,
}

#[derive(Deserialize)]
pub struct LinkData {
    #[serde(default)]
    what: String,
}

/// The list.
pub async fn list(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    wanted: Wanted<Keys>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let found = wanted.page(&site.app, &by).await?;
    let page = KeysPage {
        search: found.typed("search"),
        state: found.list.state.map(KeyState::as_str),
        states: states(),
        model: found.typed("model"),
        maker: found.typed("maker"),
        firmware: found.typed("firmware"),
        unmoved_days: found.asked.days("unmoved_days"),
        unused_days: found.asked.days("unused_days"),
        user: found.typed("user"),
        are_more_meant: found.list.are_more_meant(),
        keys: found.items.iter().map(KeyRow::from).collect(),
        next: found.next,
        is_first_page: found.is_first_page,
    };
    reader.at_console(&staff).show(&page)
}

/// Looks for what was typed: also by a key itself, whose one-time password must not stand in an address,
/// where it would be read out of histories and logs before it was used.
pub async fn find(Permit(_): Permit<Staff>, Form(find): Form<Find>) -> Answer {
    let search = match Otp::parse(&find.search) {
        Some(otp) => otp.public_id().to_string(),
        None => find.search.trim().to_owned(),
    };
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("search", &search)
        .finish();
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, format!("{HERE}?{query}")))
        .finish())
}

/// Asks for a new one.
pub async fn ask_for_new(
    Permit(superuser): Permit<Superuser>,
    Permit(_): Permit<SteppedUp>,
    reader: Reader,
) -> Answer {
    reader.at_console(&superuser).show(&NewKeyPage::default())
}

/// Adds one.
pub async fn add(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    match key::add(&site.app, &administrator, fields.change()).await {
        Ok(id) => saved(&site, &administrator, &reader, id).await,
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || NewKeyPage {
                form: fields.typed(),
            }),
    }
}

/// One key.
pub async fn show(
    site: Data<Site>,
    Permit(staff): Permit<Staff>,
    path: Path<String>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayLookUp::at_console(&staff, client);
    let mut page = page(&site, &by, id(&path)?).await?;
    page.moves
        .retain(|what| KeyMove::parse(what).is_some_and(|what| reaches(&staff, what)));
    reader.at_console(&staff).show(&page)
}

/// Says something else of it.
pub async fn change(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<FormData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let before = page(&site, &administrator, id).await?;
    let version = fields.version.unwrap_or_default();
    match key::change(&site.app, &administrator, id, version, fields.change()).await {
        Ok(()) => saved(&site, &administrator, &reader, id).await,
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || KeyPage {
                form: fields.typed(),
                ..before
            }),
    }
}

/// Asks before something becomes of it.
pub async fn ask_to_move(
    site: Data<Site>,
    asked: ConfirmingHelpDesk,
    path: Path<(String, String)>,
) -> Answer {
    let (id, what) = (id(&path.0)?, wanted(&path.1)?);
    if !reaches(&asked.help_desk, what) {
        return Err(codes::CONSOLE_ROLE.into());
    }
    let page = move_page(&site, &asked.helper, id, what).await?;
    asked.reader.show(&page)
}

/// Whether the role of somebody at the console reaches as far as this.
fn reaches(staff: &Staff, what: KeyMove) -> bool {
    match what.is_for_help_desk() {
        true => staff.has(Role::HelpDesk),
        false => staff.is_superuser(),
    }
}

/// Who does something to a key that their role reaches, as a parameter that stands before the form: what is
/// refused is refused before that is read.
pub struct MovingStaff {
    help_desk: HelpDesk,
    what: KeyMove,
}

impl FromRequest for MovingStaff {
    type Error = Refused;
    type Future = LocalBoxFuture<'static, Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Permit(help_desk) = Permit::<HelpDesk>::extract(&request).await?;
            let what = wanted(request.match_info().query("move"))?;
            match reaches(&help_desk, what) {
                true => Ok(Self { help_desk, what }),
                false => Err(codes::CONSOLE_ROLE.into()),
            }
        })
    }
}

/// Does it.
pub async fn make_move(
    site: Data<Site>,
    MovingStaff { help_desk, what }: MovingStaff,
    path: Path<(String, String)>,
    Form(fields): Form<MoveData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let by = MayHelp::at_console(&help_desk, client);
    let id = id(&path.0)?;
    let page = move_page(&site, &by, id, what).await?;
    match moved(&site, &by, id, what, &fields).await {
        Ok(()) => saved(&site, &by, &reader, id).await,
        Err(problem) => reader
            .at_console(&help_desk)
            .show_again(problem, || KeyMovePage {
                user: fields.user,
                note: fields.note,
                ..page
            }),
    }
}

async fn moved(
    site: &Site,
    by: &MayHelp,
    id: KeyId,
    what: KeyMove,
    fields: &MoveData,
) -> Result<()> {
    let owner = match fields.user.trim() {
        "" => None,
        name => Some(exactly(&site.app, by, name).await?),
    };
    let wanted = WantedMove {
        what,
        owner,
        version: Some(fields.version),
        note: fields.note.clone(),
    };
    key::make_move(&site.app, by, id, wanted).await
}

/// Says that something is on it.
pub async fn link(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<LinkData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let before = page(&site, &administrator, id).await?;
    let linked = match on_key(&fields.what) {
        Ok(what) => key::link(&site.app, &administrator, id, what).await,
        Err(problem) => Err(problem),
    };
    match linked {
        Ok(()) => saved(&site, &administrator, &reader, id).await,
        Err(problem) => reader
            .at_console(&superuser)
            .show_again(problem, || KeyPage {
                what: match Otp::parse(&fields.what) {
                    Some(otp) => otp.public_id().to_string(),
                    None => fields.what,
                },
                ..before
            }),
    }
}

/// Says that something is on it no more.
pub async fn unlink(
    site: Data<Site>,
    Permit(superuser): Permit<Superuser>,
    path: Path<String>,
    Form(fields): Form<LinkData>,
    reader: Reader,
    Caller(client): Caller,
) -> Answer {
    let administrator = Administrator::at_console(&superuser, client);
    let id = id(&path)?;
    let what = OnKey::parse(&fields.what).ok_or(codes::KEY_NOT_LINKED)?;
    key::unlink(&site.app, &administrator, id, what).await?;
    saved(&site, &administrator, &reader, id).await
}

/// What was typed: a public id, the id of a device, or what the key itself types.
fn on_key(typed: &str) -> Result<OnKey> {
    if let Some(otp) = Otp::parse(typed) {
        return Ok(OnKey::Slot(otp.public_id()));
    }
    OnKey::parse(typed.trim()).ok_or_else(|| {
        let why = "neither a public id nor the id of a device";
        Problem::new(codes::KEY_INVALID).detailed(why)
    })
}

pub(super) async fn saved(site: &Site, by: &MayLookUp, reader: &Reader, id: KeyId) -> Answer {
    let found = key::find(&site.app, by, id).await?;
    let name = found.label();
    reader.tell(&format!("{HERE}/{id}"), Notice::KeySaved { name })
}

pub(super) async fn page(site: &Site, by: &MayLookUp, id: KeyId) -> Result<KeyPage> {
    let found = key::summary(&site.app, by, id).await?;
    let links = key::links(&site.app, by, id).await?;
    let history = key::history(&site.app, by, id, SHOWN).await?;
    let history = history.iter().map(EventRow::from).collect();
    let case = key::open_case(&site.app, by, id).await?;
    let mut page = KeyPage::new(&found, &links, history);
    let reports = key::open_found_reports(&site.app, by, &found).await?;
    page.found_reports = reports.iter().map(FoundReportRow::from).collect();
    if let Some(case) = case {
        let spare = match case.replacement {
            Some(spare) => Some(key::find(&site.app, by, spare).await?),
            None => None,
        };
        page.case = Some(OpenCase::new(&case, spare.as_ref()));
    }
    Ok(page)
}

async fn move_page(site: &Site, by: &MayLookUp, id: KeyId, what: KeyMove) -> Result<KeyMovePage> {
    let found = key::summary(&site.app, by, id).await?;
    let links = key::links(&site.app, by, id).await?;
    Ok(KeyMovePage::new(&found, &links, what))
}

pub(super) fn id(path: &str) -> Result<KeyId> {
    KeyId::parse(path).ok_or_else(|| codes::KEY_UNKNOWN.into())
}

fn wanted(path: &str) -> Result<KeyMove> {
    KeyMove::parse(path).ok_or_else(|| codes::REQUEST_NOT_FOUND.into())
}

impl FormData {
    fn change(&self) -> KeyChange {
        KeyChange {
            maker: Some(self.maker.clone()),
            serial: Some(self.serial.clone()),
            model: Some(self.model.clone()),
            firmware: Some(self.firmware.clone()),
            form_factor: Some(self.form_factor.clone()),
            batch: Some(self.batch.clone()),
            order: Some(self.order.clone()),
            place: Some(self.place.clone()),
            note: Some(self.note.clone()),
        }
    }

    fn typed(self) -> KeyForm {
        KeyForm {
            maker: self.maker,
            serial: self.serial,
            model: self.model,
            firmware: self.firmware,
            form_factor: self.form_factor,
            batch: self.batch,
            order: self.order,
            place: self.place,
            note: self.note,
            version: self.version,
        }
    }
}
