//! Who reads the page: their language, what they are to be told, and what they typed before.

use std::future::{Ready, ready};

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderValue, LOCATION};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::permits::site;
use crate::views::{ConsoleRoles, Frame, Language, Notice, Page, Viewer, refill};
use crate::web::Site;
use crate::web::answer::{Refused, status};
use crate::web::kept_forms::KeptForm;
use keyward_actions::delivered_code::Words;
use keyward_core::domain::device::{DeviceKind, DeviceName};
use keyward_core::domain::role::Role;
use keyward_core::domain::session::Client;
use keyward_core::flows::permit::{MayChoosePassword, MayEnrol, SignedIn, Staff};
use keyward_core::problem::{Problem, Result};

const LONGEST: usize = 2048;

/// The cookie that carries a notice over one redirect. It is a message from us to the same
/// browser and is believed in nothing: notices are cases, and what was typed is escaped.
fn cookie_name(site: &Site) -> &str {
    &site.app.settings().cookies.notice
}

/// What one answer tells the next page.
#[derive(Default, Serialize, Deserialize)]
struct Flash {
    notice: Option<Notice>,
    /// What was typed into the field that is kept where something was refused.
    typed: Option<String>,
}

/// The reader of a page.
pub struct Reader {
    site: Data<Site>,
    language: Language,
    path: String,
    told: Option<Flash>,
    viewer: Option<Viewer>,
    kept: Option<KeptForm>,
}

impl Reader {
    /// The reader of the answer to this request.
    ///
    /// # Errors
    /// `internal` where the application is not set up.
    pub fn of(request: &HttpRequest) -> Result<Self> {
        let accepted = request.headers().get(ACCEPT_LANGUAGE);
        let site = site(request)?.clone();
        let told = request.cookie(cookie_name(&site));
        Ok(Self {
            told: told.map(|cookie| read(cookie.value())),
            kept: KeptForm::of(request, site.app.now()),
            ..Self::stranger(site, accepted, request.path())
        })
    }

    /// A reader of whom no more is known than what their browser says of their languages.
    pub fn stranger(site: Data<Site>, accepted: Option<&HeaderValue>, path: &str) -> Self {
        let accepted = accepted.and_then(|header| header.to_str().ok());
        Self {
            language: Language::negotiate(accepted.unwrap_or_default()),
            path: path.to_owned(),
            told: None,
            viewer: None,
            kept: None,
            site,
        }
    }

    /// The page is for a user who is signed in.
    pub fn is(mut self, signed_in: &SignedIn) -> Self {
        self.viewer = Some(Viewer {
            name: signed_in.user().name.as_str().to_owned(),
            is_staff: signed_in.is_staff(),
            roles: ConsoleRoles::default(),
            must_enrol: false,
        });
        self
    }

    /// The page is for a user who enrols.
    pub fn enrols(mut self, permit: &MayEnrol) -> Self {
        self.viewer = Some(Viewer {
            name: permit.user().name.as_str().to_owned(),
            is_staff: permit.is_staff(),
            roles: ConsoleRoles::default(),
            must_enrol: permit.is_all(),
        });
        self
    }

    /// The page is for a user whom a temporary pass let in.
    pub fn chooses_password(mut self, permit: &MayChoosePassword) -> Self {
        self.viewer = Some(Viewer {
            name: permit.user().name.as_str().to_owned(),
            is_staff: false,
            roles: ConsoleRoles::default(),
            must_enrol: true,
        });
        self
    }

    /// The page is the console's.
    pub fn at_console(mut self, staff: &Staff) -> Self {
        self.viewer = Some(Viewer {
            name: staff.user().name.as_str().to_owned(),
            is_staff: true,
            roles: ConsoleRoles {
                is_superuser: staff.is_superuser(),
                audits: staff.has(Role::Auditor),
                helps: staff.has(Role::HelpDesk),
            },
            must_enrol: false,
        });
        self
    }

    /// Their language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// What was typed before, where something was refused.
    pub fn typed(&self) -> String {
        let typed = self.told.as_ref().and_then(|told| told.typed.clone());
        typed.unwrap_or_default()
    }

    /// What a device of this kind and model is called in the reader's language, where it is added
    /// in this browser.
    ///
    /// # Errors
    /// `internal`
    pub fn usual_name(
        &self,
        kind: DeviceKind,
        model: Option<&str>,
        client: &Client,
    ) -> Result<DeviceName> {
        let agent = &client.user_agent;
        self.site
            .views
            .usual_device_name(kind, model, agent, self.language)
    }

    /// What this browser is called in the reader's language.
    ///
    /// # Errors
    /// `internal`
    pub fn usual_browser_name(&self, client: &Client) -> Result<DeviceName> {
        let agent = &client.user_agent;
        self.site.views.usual_browser_name(agent, self.language)
    }

    /// A sentence for scripts about a problem.
    ///
    /// # Errors
    /// `internal`
    pub fn sentence(&self, problem: &Problem) -> Result<String> {
        let text = self
            .site
            .views
            .problem_text((problem.code(), problem.wording()), self.language)?;
        Ok(text.text)
    }

    /// The page as a document.
    ///
    /// # Errors
    /// `internal`
    pub fn render<P: Page>(&self, page: &P) -> Result<String> {
        let notice = self.told.as_ref().and_then(|told| told.notice.clone());
        if let Some(kept) = &self.kept {
            let again = self.render_with(page, Some(Notice::FormKept))?;
            if let Some(filled) = refill(&again, &kept.action, &kept.fields) {
                return Ok(filled);
            }
        }
        self.render_with(page, notice)
    }

    fn render_with<P: Page>(&self, page: &P, notice: Option<Notice>) -> Result<String> {
        let frame = Frame {
            language: self.language,
            path: self.path.clone(),
            now: self.site.app.now(),
            signed_in: self.viewer.clone(),
            notice,
        };
        self.site.views.render(page, &frame)
    }

    /// The page as an answer. A notice is told once.
    ///
    /// # Errors
    /// `internal`
    pub fn show<P: Page>(&self, page: &P) -> Result<HttpResponse, Refused> {
        self.show_with(StatusCode::OK, page)
    }

    /// The page as an answer with another status.
    ///
    /// # Errors
    /// `internal`
    pub fn show_as<P: Page>(&self, status: StatusCode, page: &P) -> Result<HttpResponse, Refused> {
        self.show_with(status, page)
    }

    /// A form again as it was typed, with what was refused about it.
    ///
    /// # Errors
    /// `internal`
    pub fn show_refused<P: Page>(
        mut self,
        page: &P,
        problem: &Problem,
    ) -> Result<HttpResponse, Refused> {
        // Particulars are in English, and written for those who administer.
        let notice = match P::TEMPLATE.starts_with("console/") {
            true => Notice::refused_in_detail(problem),
            false => Notice::refused(problem),
        };
        self.told = Some(Flash {
            notice: Some(notice),
            typed: None,
        });
        self.show_with(status(problem.fault()), page)
    }

    /// Answers a form that was refused: shows it again where its person can mend what is wrong.
    ///
    /// # Errors
    /// The problem where they cannot; `internal`
    pub fn show_again<P: Page>(
        self,
        problem: Problem,
        page: impl FnOnce() -> P,
    ) -> Result<HttpResponse, Refused> {
        if !problem.fault().can_be_mended() {
            return Err(problem.into());
        }
        self.show_refused(&page(), &problem)
    }

    fn show_with<P: Page>(&self, status: StatusCode, page: &P) -> Result<HttpResponse, Refused> {
        let mut response = HttpResponse::build(status);
        if self.told.is_some() {
            let mut gone = self.cookie(String::new());
            gone.make_removal();
            response.cookie(gone);
        }
        response.content_type("text/html; charset=utf-8");
        Ok(response.body(self.render(page)?))
    }

    /// Leads on, and tells what happened there.
    ///
    /// # Errors
    /// `internal`
    pub fn tell(&self, to: &str, notice: Notice) -> Result<HttpResponse, Refused> {
        self.tell_with(to, notice, None)
    }

    /// Leads on, tells what happened there, and keeps what was typed.
    ///
    /// # Errors
    /// `internal`
    pub fn tell_with(
        &self,
        to: &str,
        notice: Notice,
        typed: Option<&str>,
    ) -> Result<HttpResponse, Refused> {
        let cookie = self.carry(notice, typed)?;
        Ok(HttpResponse::SeeOther()
            .cookie(cookie)
            .insert_header((LOCATION, to))
            .finish())
    }

    /// Tells a script where to lead on, and the page there what happened.
    ///
    /// # Errors
    /// `internal`
    pub fn tell_script(&self, next: &str, notice: Notice) -> Result<HttpResponse, Refused> {
        let cookie = self.carry(notice, None)?;
        let body = serde_json::json!({ "next": next });
        Ok(HttpResponse::Ok().cookie(cookie).json(body))
    }
}

impl Words for Reader {
    fn language(&self) -> &'static str {
        self.language.tag()
    }

    fn message(&self, code: &str) -> Result<String> {
        self.site
            .views
            .code_message(code, self.host(), self.language)
    }

    fn speech(&self, code: &str) -> Result<String> {
        self.site.views.code_words(code, self.host(), self.language)
    }
}

impl Reader {
    /// The host that people know this server by.
    fn host(&self) -> &str {
        let public_url = &self.site.app.settings().server.public_url;
        public_url.host_str().unwrap_or_default()
    }

    fn carry(&self, notice: Notice, typed: Option<&str>) -> Result<Cookie<'static>> {
        let told = Flash {
            notice: Some(notice),
            typed: typed.map(|typed| typed.chars().take(512).collect()),
        };
        let text = serde_json::to_vec(&told).map_err(Problem::internal)?;
        Ok(self.cookie(URL_SAFE_NO_PAD.encode(text)))
    }

    fn cookie(&self, value: String) -> Cookie<'static> {
        Cookie::build(cookie_name(&self.site).to_owned(), value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.site.app.settings().server.is_https())
            .max_age(time::Duration::minutes(1))
            .finish()
    }
}

fn read(cookie: &str) -> Flash {
    let read = || {
        let text = URL_SAFE_NO_PAD
            .decode(cookie.get(..cookie.len().min(LONGEST))?)
            .ok()?;
        serde_json::from_slice(&text).ok()
    };
    read().unwrap_or_default()
}

impl FromRequest for Reader {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).map_err(Refused::from))
    }
}
