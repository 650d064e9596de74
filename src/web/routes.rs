//! Every address on one page.

use actix_session::SessionMiddleware;
use actix_web::http::header::ALLOW;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, post, scope};
use actix_web::{HttpResponse, Resource, ResponseError, Route, guard};

use super::answer::{Answer, Refused, redirect, unreadable};
use super::body::LONGEST;
use super::browser_sessions::BrowserSessions;
use super::pages::code_fields::{BackupCodes, CodeFields, Email, OtpFields, Phone, Totp};
use super::{api, application_cookie, ceremonies, console, kept_forms, machine, pages};
use keyward_core::problem::codes;
use keyward_core::protocols::yubico::Version;

/// Adds every address. `session` makes the middleware for the scopes that know browsers.
pub fn configure(
    app: &mut ServiceConfig,
    session: impl Fn() -> SessionMiddleware<BrowserSessions>,
) {
    // What a body may be is decided in `body.rs`, before any of these sees it.
    app.app_data(web::PayloadConfig::new(LONGEST))
        .app_data(
            web::FormConfig::default()
                .limit(LONGEST)
                .error_handler(malformed),
        )
        .app_data(
            web::JsonConfig::default()
                .limit(LONGEST)
                .error_handler(malformed),
        )
        .app_data(web::QueryConfig::default().error_handler(malformed))
        .app_data(web::PathConfig::default().error_handler(missing))
        .service(reads("/assets/{path:.*}", get().to(machine::assets::send)))
        .service(
            scope("/health")
                .service(reads("/live", get().to(machine::health::live)))
                .service(reads("/ready", get().to(machine::health::ready)))
                .default_service(web::to(nothing_here)),
        )
        .service(reads("/metrics", get().to(machine::metrics::show)))
        .configure(api::routes)
        .service(reads(
            "/api/v1/openapi.json",
            get().to(machine::openapi::document),
        ))
        .service(reads(
            "/.well-known/webauthn",
            get().to(machine::well_known::related_origins),
        ))
        .service(reads(
            "/.well-known/passkey-endpoints",
            get().to(machine::well_known::passkey_endpoints),
        ))
        .service(reads(
            "/.well-known/change-password",
            get().to(machine::well_known::change_password),
        ))
        .service(reads("/oauth2/jwks", get().to(machine::jwks::show)))
        .configure(machine::openid::configure)
        .route(
            "/phone/calls/{id}/{speech}",
            post().to(machine::phone::speak),
        )
        .route(
            "/upstream/{name}/backchannel-logout",
            post().to(machine::upstream::end_sessions),
        )
        .service(reads(
            "/models/{aaguid}/icon.png",
            get().to(machine::models::icon),
        ))
        .service(
            scope("")
                .wrap(from_fn(application_cookie::give))
                .wrap(session())
                .configure(browsers),
        )
        .default_service(web::to(nothing_here));
}

/// Adds the addresses of the validation server, which stand apart: at thousands of answers a second
/// the log would hold nothing else, and none of what protects browsers protects its callers.
pub fn validation(app: &mut ServiceConfig) {
    app.service(machine::wsapi::at("/wsapi/2.0/verify", Version::Two))
        .service(machine::wsapi::at("/wsapi/verify", Version::One));
}

/// GET, and HEAD with it (RFC 9110 §9.1).
pub(super) fn get() -> Route {
    let method = guard::Any(guard::Get()).or(guard::Head());
    web::route().guard(method)
}

/// Refuses HEAD where something happens when a browser opens an address, and nothing must when a program looks
/// ahead.
async fn not_looked_at() -> HttpResponse {
    not_allowed("GET, POST")
}

/// 405, with the methods that the address has (RFC 9110 §15.5.6).
fn not_allowed(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allowed))
        .finish()
}

/// An address at which something happens when a browser is led there, and nothing when a program looks ahead or
/// sends something.
fn led_to(path: &str, route: Route) -> Resource {
    with_no_other(path, route.guard(guard::Get()), "GET")
}

/// An address that is read alone: any other method gets 405.
fn reads(path: &str, route: Route) -> Resource {
    with_no_other(path, route, "GET, HEAD")
}

fn with_no_other(path: &str, route: Route, allowed: &'static str) -> Resource {
    let wrong = move || async move { not_allowed(allowed) };
    web::resource(path)
        .route(route)
        .default_service(web::to(wrong))
}

fn browsers(app: &mut ServiceConfig) {
    app.route("/", get().to(home))
        .route("/setup", get().to(pages::set_up::show))
        .route("/setup", post().to(pages::set_up::set_up))
        .route("/sign-in", get().to(pages::sign_in::dispatch))
        .route("/sign-in/password", post().to(pages::sign_in::password))
        .route("/sign-in/confirm", post().to(pages::sign_in::confirm))
        .route(
            "/sign-in/totp",
            post().to(pages::sign_in::code::<CodeFields<Totp>>),
        )
        .route(
            "/sign-in/backup-code",
            post().to(pages::sign_in::code::<CodeFields<BackupCodes>>),
        )
        .route(
            "/sign-in/yubikey",
            post().to(pages::sign_in::code::<OtpFields>),
        )
        .route(
            "/sign-in/phone",
            post().to(pages::sign_in::code::<CodeFields<Phone>>),
        )
        .route(
            "/sign-in/email",
            post().to(pages::sign_in::code::<CodeFields<Email>>),
        )
        .route("/sign-in/send", post().to(pages::delivered_code::send_code))
        .route("/sign-in/pass", post().to(pages::pass::sign_in))
        .route("/sign-in/restart", post().to(pages::starting_over::restart))
        .route("/password/strength", post().to(pages::password::strength))
        .route("/recover", get().to(pages::recovery::ask))
        .route("/recover", post().to(pages::recovery::send))
        .route("/recover/{token}", get().to(pages::recovery::show))
        .route("/recover/{token}", post().to(pages::recovery::reset))
        .route("/found", get().to(pages::found_key::ask))
        .route("/found", post().to(pages::found_key::report))
        .route("/activate", get().to(pages::activate::ask))
        .route("/activate", post().to(pages::activate::take_code))
        .route("/activate/key", get().to(pages::activate::ask_for_key))
        .route("/invite/{token}", get().to(pages::invitation::show))
        .route("/invite/{token}", post().to(pages::invitation::accept))
        .service(led_to(
            "/upstream/{name}/sign-out",
            web::route().to(pages::upstream::sign_out),
        ))
        .service(led_to(
            "/upstream/{name}/start",
            web::route().to(pages::upstream::start),
        ))
        .service(led_to(
            "/upstream/{name}/callback",
            web::route().to(pages::upstream::callback),
        ))
        .route("/sign-out", post().to(pages::sign_out::sign_out))
        .route("/objection/{token}", get().to(pages::objection::show))
        .route("/objection/{token}", post().to(pages::objection::object))
        .service(led_to(
            "/applications/enter",
            web::route().to(pages::application::enter),
        ))
        .route(
            "/oauth2/authorize",
            web::get().to(pages::authorize::authorize),
        )
        .route("/oauth2/authorize", web::head().to(not_looked_at))
        .route("/oauth2/authorize", post().to(pages::authorize::from_form))
        .route("/device", get().to(pages::device_code::show))
        .route("/device", post().to(pages::device_code::decide))
        .route("/oauth2/consent", post().to(pages::authorize::decide))
        .route(
            "/oauth2/end-session",
            web::get().to(pages::end_session::ask),
        )
        .route("/oauth2/end-session", web::head().to(not_looked_at))
        .route(
            "/oauth2/end-session",
            post().to(pages::end_session::from_form),
        )
        .route("/oauth2/sign-out", post().to(pages::end_session::confirm))
        .route("/step-up", get().to(pages::step_up::dispatch))
        .route("/step-up/password", post().to(pages::step_up::password))
        .route(
            "/step-up/totp",
            post().to(pages::step_up::code::<CodeFields<Totp>>),
        )
        .route(
            "/step-up/backup-code",
            post().to(pages::step_up::code::<CodeFields<BackupCodes>>),
        )
        .route(
            "/step-up/yubikey",
            post().to(pages::step_up::code::<OtpFields>),
        )
        .route(
            "/step-up/phone",
            post().to(pages::step_up::code::<CodeFields<Phone>>),
        )
        .route(
            "/step-up/email",
            post().to(pages::step_up::code::<CodeFields<Email>>),
        )
        .route("/step-up/send", post().to(pages::step_up::send_code))
        .service(
            scope("/webauthn")
                .route(
                    "/registration/options",
                    post().to(ceremonies::registration::options),
                )
                .route(
                    "/registration/verify",
                    post().to(ceremonies::registration::verify),
                )
                .route(
                    "/authentication/options",
                    post().to(ceremonies::authentication::options),
                )
                .route(
                    "/authentication/verify",
                    post().to(ceremonies::authentication::verify),
                )
                .route("/step-up/options", post().to(ceremonies::step_up::options))
                .route("/step-up/verify", post().to(ceremonies::step_up::verify))
                .route("/desk/options", post().to(ceremonies::desk::options))
                .route("/desk/verify", post().to(ceremonies::desk::verify))
                .route(
                    "/activation/options",
                    post().to(ceremonies::activation::options),
                )
                .route(
                    "/activation/verify",
                    post().to(ceremonies::activation::verify),
                )
                .route("/touch/options", post().to(ceremonies::touch::options))
                .route("/touch/verify", post().to(ceremonies::touch::verify))
                .default_service(web::to(nothing_here)),
        )
        .service(
            scope("/account")
                .wrap(from_fn(kept_forms::keep))
                .configure(account)
                .default_service(web::to(nothing_here)),
        )
        .service(
            scope("/console")
                .wrap(from_fn(console::guard))
                .wrap(from_fn(kept_forms::keep))
                .configure(console::routes)
                .default_service(web::to(nothing_here)),
        )
        .default_service(web::to(nothing_here));
}

fn account(app: &mut ServiceConfig) {
    app.route("", get().to(pages::account::show))
        .route("/backup-codes", get().to(pages::backup_codes::show))
        .route("/backup-codes", post().to(pages::backup_codes::make))
        .route("/profile", get().to(pages::profile::show))
        .route("/profile", post().to(pages::profile::save))
        .route("/email", get().to(pages::profile::ask_for_email))
        .route("/email", post().to(pages::profile::begin_email))
        .route("/email/confirm", post().to(pages::profile::confirm_email))
        .route("/email/send", post().to(pages::profile::send_email_code))
        .route("/email/restart", post().to(pages::profile::restart_email))
        .route("/password", get().to(pages::password::show))
        .route("/password", post().to(pages::password::change))
        .route("/password/new", get().to(pages::pass::ask))
        .route("/password/new", post().to(pages::pass::choose))
        .route("/devices", get().to(pages::devices::list))
        .route("/devices/add", get().to(pages::enrol::choose))
        .route("/devices/add/totp", get().to(pages::enrol::totp::show))
        .route("/devices/add/totp", post().to(pages::enrol::totp::confirm))
        .route(
            "/devices/add/yubikey",
            get().to(pages::enrol::yubikey::show),
        )
        .route(
            "/devices/add/yubikey",
            post().to(pages::enrol::yubikey::add),
        )
        .route("/devices/add/phone", get().to(pages::enrol::phone::show))
        .route("/devices/add/phone", post().to(pages::enrol::phone::begin))
        .route(
            "/devices/add/phone/send",
            post().to(pages::enrol::phone::send),
        )
        .route(
            "/devices/add/phone/confirm",
            post().to(pages::enrol::phone::confirm),
        )
        .route(
            "/devices/add/phone/restart",
            post().to(pages::enrol::phone::restart),
        )
        .route("/devices/add/email", get().to(pages::enrol::email::show))
        .route("/devices/add/email", post().to(pages::enrol::email::begin))
        .route(
            "/devices/add/email/send",
            post().to(pages::enrol::email::send),
        )
        .route(
            "/devices/add/email/confirm",
            post().to(pages::enrol::email::confirm),
        )
        .route(
            "/devices/add/email/restart",
            post().to(pages::enrol::email::restart),
        )
        .route("/devices/add/{kind}", get().to(pages::enrol::credential))
        .route("/devices/{id}/rename", post().to(pages::devices::rename))
        .route(
            "/devices/{id}/default",
            post().to(pages::devices::make_default),
        )
        .route(
            "/devices/{id}/remove",
            get().to(pages::devices::ask_to_remove),
        )
        .route("/devices/{id}/remove", post().to(pages::devices::remove))
        .route("/keys/{id}/lost", get().to(pages::lost_key::ask))
        .route("/keys/{id}/lost", post().to(pages::lost_key::report))
        .route("/upstream", get().to(pages::upstream::own))
        .route(
            "/upstream/{name}/unlink",
            post().to(pages::upstream::unlink),
        )
        .route("/applications", get().to(pages::own_applications::list))
        .route(
            "/applications/end",
            post().to(pages::own_applications::take_back),
        )
        .route("/browsers", get().to(pages::trusted_browsers::list))
        .route(
            "/browsers/{id}/end",
            post().to(pages::trusted_browsers::end),
        )
        .route("/sessions", get().to(pages::sessions::list))
        .route(
            "/sessions/others/end",
            post().to(pages::sessions::end_others),
        )
        .route("/sessions/{id}/end", post().to(pages::sessions::end));
}

async fn home() -> Answer {
    Ok(redirect("/account"))
}

async fn nothing_here() -> Answer {
    Err(codes::REQUEST_NOT_FOUND.into())
}

fn malformed<E: ResponseError>(error: E, _: &actix_web::HttpRequest) -> actix_web::Error {
    Refused::from(unreadable(&error)).into()
}

fn missing<E: std::fmt::Display>(_: E, _: &actix_web::HttpRequest) -> actix_web::Error {
    Refused::from(codes::REQUEST_NOT_FOUND).into()
}
