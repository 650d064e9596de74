//! The console: for superusers and users with a role, with a second factor, and for no other user.
//! [`guard`] stands before all of it, and every handler takes the least that reaches it of whom it let
//! in: `Staff`, `Auditor`, `HelpDesk` or `Superuser`. `docs/roles.md` has each address with its role.

mod api_tokens;
mod applications;
mod confirmations;
mod confirming;
mod devices;
mod edit_user;
mod enrolments;
mod events;
mod exports;
mod found_reports;
mod group_field;
mod groups;
mod invitations;
mod key_import;
mod key_losses;
mod key_proposals;
mod keys;
mod lockouts;
mod openid_clients;
mod otp_keys;
mod overview;
mod paging;
mod passes;
mod password_links;
mod phones;
mod policies;
pub(crate) mod policy_form;
mod reports;
mod sessions;
mod trusted_browsers;
mod upstream_links;
mod user;
mod user_address;
mod users;
mod validation_clients;
mod validation_services;
mod wanted;
mod webhooks;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{ServiceConfig, post};
use actix_web::{Error, HttpMessage};

use crate::web::answer::Refused;
use crate::web::extract::permits::{Permit, tell_out_of_reach};
use crate::web::routes::get;
use keyward_core::flows::permit::Staff;
use keyward_core::problem::codes;

/// The console's addresses.
pub fn routes(console: &mut ServiceConfig) {
    console
        .route("", get().to(overview::show))
        .route("/users", get().to(users::list))
        .route("/users", post().to(users::create))
        .route("/users/new", get().to(users::ask_for_new))
        .route("/users/{id}", get().to(user::show))
        .route("/users/{id}/enable", post().to(user::enable))
        .route("/users/{id}/disable", get().to(confirmations::disable))
        .route("/users/{id}/disable", post().to(user::disable))
        .route("/users/{id}/superuser", get().to(confirmations::superuser))
        .route("/users/{id}/superuser", post().to(user::superuser))
        .route("/users/{id}/delete", get().to(confirmations::delete))
        .route("/users/{id}/delete", post().to(user::delete))
        .route("/users/{id}/edit", get().to(edit_user::ask))
        .route("/users/{id}/edit", post().to(edit_user::save))
        .route("/users/{id}/unlock", post().to(user::unlock))
        .route("/users/{id}/enrolment", post().to(enrolments::keep_for))
        .route("/users/{id}/pass", post().to(passes::issue))
        .route("/users/{id}/pass/revoke", post().to(passes::revoke))
        .route(
            "/users/{id}/password/link",
            post().to(password_links::issue),
        )
        .route("/users/{id}/password/ask", post().to(password_links::ask))
        .route(
            "/users/{id}/sessions/end",
            get().to(confirmations::end_sessions),
        )
        .route("/users/{id}/sessions/end", post().to(sessions::end_all))
        .route(
            "/users/{id}/upstream/{link}/remove",
            get().to(upstream_links::ask_to_remove),
        )
        .route(
            "/users/{id}/upstream/{link}/remove",
            post().to(upstream_links::remove),
        )
        .route("/sessions/everybody", get().to(sessions::ask_everybody))
        .route("/sessions/everybody", post().to(sessions::end_everybody))
        .route("/sessions", get().to(sessions::list))
        .route("/sessions/{id}/end", post().to(sessions::end))
        .route("/browsers", get().to(trusted_browsers::list))
        .route("/browsers/{id}/end", post().to(trusted_browsers::end))
        .route("/lockouts", get().to(lockouts::list))
        .route("/lockouts/clear", get().to(confirmations::clear_lockouts))
        .route("/lockouts/clear", post().to(lockouts::clear))
        .route("/phones", get().to(phones::show))
        .route("/phones/stop", post().to(phones::stop))
        .route("/phones/start", post().to(phones::start))
        .route("/devices", get().to(devices::list))
        .route("/devices/{id}/remove", get().to(devices::ask_to_remove))
        .route("/devices/{id}/remove", post().to(devices::remove))
        .route("/devices/{id}/release", post().to(devices::release))
        .route("/groups", get().to(groups::list))
        .route("/groups", post().to(groups::add))
        .route("/groups/show", get().to(groups::show))
        .route("/groups/members", post().to(groups::members))
        .route("/groups/roles", get().to(groups::ask_for_role))
        .route("/groups/roles", post().to(groups::change_role))
        .route("/groups/remove", get().to(groups::ask_to_remove))
        .route("/groups/remove", post().to(groups::remove))
        .route("/invites", get().to(invitations::list))
        .route("/invites", post().to(invitations::invite))
        .route("/invites/new", get().to(invitations::ask))
        .route("/invites/{id}/resend", post().to(invitations::resend))
        .route("/invites/{id}/revoke", post().to(invitations::revoke))
        .route("/reports", get().to(reports::show))
        .route("/passes", get().to(passes::list))
        .route("/policies", get().to(policies::list))
        .route("/policies/affected", get().to(policies::affected))
        .route("/policies/edit", get().to(policies::show))
        .route("/policies/edit", post().to(policies::save))
        .route("/policies/dry-run", get().to(policies::dry_run))
        .route("/policies/switch-on", post().to(policies::switch_on))
        .route("/policies/discard", post().to(policies::discard))
        .route("/policies/remove", get().to(confirmations::withdraw_policy))
        .route("/policies/remove", post().to(policies::remove))
        .route("/applications", get().to(applications::list))
        .route("/applications", post().to(applications::add))
        .route("/applications/new", get().to(applications::ask_for_new))
        .route("/applications/explain", get().to(applications::explain))
        .route("/applications/{id}", get().to(applications::show))
        .route("/applications/{id}", post().to(applications::change))
        .route(
            "/applications/{id}/remove",
            get().to(applications::ask_to_remove),
        )
        .route("/applications/{id}/remove", post().to(applications::remove))
        .route("/openid-clients", get().to(openid_clients::list))
        .route("/openid-clients", post().to(openid_clients::add))
        .route("/openid-clients/new", get().to(openid_clients::ask_for_new))
        .route("/openid-clients/{id}", get().to(openid_clients::show))
        .route("/openid-clients/{id}", post().to(openid_clients::change))
        .route(
            "/openid-clients/{id}/rotate",
            get().to(openid_clients::ask_to_rotate),
        )
        .route(
            "/openid-clients/{id}/rotate",
            post().to(openid_clients::rotate),
        )
        .route(
            "/openid-clients/{id}/remove",
            get().to(openid_clients::ask_to_remove),
        )
        .route(
            "/openid-clients/{id}/remove",
            post().to(openid_clients::remove),
        )
        .route("/services", get().to(validation_services::list))
        .route("/services", post().to(validation_services::add))
        .route("/services/new", get().to(validation_services::ask_for_new))
        .route("/services/{id}", get().to(validation_services::show))
        .route("/services/{id}", post().to(validation_services::change))
        .route("/services/{id}/test", post().to(validation_services::test))
        .route(
            "/services/{id}/remove",
            get().to(validation_services::ask_to_remove),
        )
        .route(
            "/services/{id}/remove",
            post().to(validation_services::remove),
        )
        .route("/clients", get().to(validation_clients::list))
        .route("/clients", post().to(validation_clients::add))
        .route("/clients/new", get().to(validation_clients::ask_for_new))
        .route("/clients/{id}", get().to(validation_clients::show))
        .route("/clients/{id}", post().to(validation_clients::change))
        .route(
            "/clients/{id}/revoke",
            get().to(confirmations::revoke_client),
        )
        .route(
            "/clients/{id}/revoke",
            post().to(validation_clients::revoke),
        )
        .route(
            "/clients/{id}/restore",
            post().to(validation_clients::restore),
        )
        .route("/tokens", get().to(api_tokens::list))
        .route("/tokens", post().to(api_tokens::add))
        .route("/tokens/new", get().to(api_tokens::ask_for_new))
        .route("/tokens/{id}/revoke", get().to(api_tokens::ask_to_revoke))
        .route("/tokens/{id}/revoke", post().to(api_tokens::revoke))
        .route("/keys", get().to(keys::list))
        .route("/keys", post().to(keys::add))
        .route("/keys/find", post().to(keys::find))
        .route("/keys/new", get().to(keys::ask_for_new))
        .route("/keys/import", get().to(key_import::ask))
        .route("/keys/import", post().to(key_import::import))
        .route("/keys/{id}", get().to(keys::show))
        .route("/keys/{id}", post().to(keys::change))
        .route("/keys/{id}/link", post().to(keys::link))
        .route("/keys/{id}/unlink", post().to(keys::unlink))
        .route("/keys/{id}/enrolments", get().to(enrolments::show))
        .route(
            "/keys/{id}/enrolments/{enrolment}/code",
            post().to(enrolments::issue_code),
        )
        .route(
            "/keys/{id}/enrolments/{enrolment}/withdraw",
            post().to(enrolments::withdraw),
        )
        .route("/keys/{id}/moves/lost", get().to(key_losses::ask))
        .route("/keys/{id}/moves/lost", post().to(key_losses::report))
        .route("/keys/{id}/spare", post().to(key_losses::keep_spare))
        .route("/keys/{id}/replaced", get().to(key_losses::ask_to_close))
        .route("/keys/{id}/replaced", post().to(key_losses::close))
        .route("/key-proposals", get().to(key_proposals::list))
        .route("/key-proposals", post().to(key_proposals::adopt))
        .route("/key-cases", get().to(key_losses::list))
        .route("/found-reports", get().to(found_reports::list))
        .route("/found-reports/{id}/close", post().to(found_reports::close))
        .route("/keys/{id}/moves/{move}", get().to(keys::ask_to_move))
        .route("/keys/{id}/moves/{move}", post().to(keys::make_move))
        .route("/otp-keys", get().to(otp_keys::list))
        .route("/otp-keys/{id}/activate", post().to(otp_keys::activate))
        .route("/otp-keys/{id}/deactivate", post().to(otp_keys::deactivate))
        .route("/webhooks", get().to(webhooks::list))
        .route("/webhooks", post().to(webhooks::add))
        .route("/webhooks/new", get().to(webhooks::ask_for_new))
        .route("/webhooks/{id}", get().to(webhooks::show))
        .route("/webhooks/{id}", post().to(webhooks::change))
        .route("/webhooks/{id}/test", post().to(webhooks::test))
        .route("/webhooks/{id}/rotate", get().to(webhooks::ask_to_rotate))
        .route("/webhooks/{id}/rotate", post().to(webhooks::rotate))
        .route("/webhooks/{id}/resend", post().to(webhooks::resend))
        .route("/webhooks/{id}/remove", get().to(webhooks::ask_to_remove))
        .route("/webhooks/{id}/remove", post().to(webhooks::remove))
        .route("/audit", get().to(events::list))
        .route("/exports/{file}", get().to(exports::download));
}

pub(super) use enrolments::address as enrolments_of;

/// Turns everybody else away before a form or a number of theirs is looked at.
///
/// # Errors
/// The handler's.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match request.extract::<Permit<Staff>>().await {
        Err(refused) => Ok(request.error_response(refused)),
        Ok(Permit(staff)) => {
            let user = staff.id();
            request.extensions_mut().insert(staff);
            let answer = next.call(request).await?.map_into_boxed_body();
            let refused = answer.response().error();
            let refused = refused.and_then(|error| error.as_error::<Refused>());
            let why = refused.map(Refused::code);
            if let Some(why) = why.filter(|why| *why == codes::CONSOLE_ROLE) {
                let told = tell_out_of_reach(answer.request(), user, why).await;
                told.map_err(Refused::from)?;
            }
            Ok(answer)
        }
    }
}
