//! What would happen if a user asked for an address, and by which rule.

use std::sync::Arc;

use super::find::of_host;
use super::obstacle::{Addable, Obstacle, addable, best_device};
use crate::App;
use keyward_core::domain::application::{
    Application, Level, Method, Reached, Request, RequestHost, Requirement, Verdict, VisitBy,
    Visitor,
};
use keyward_core::flows::permit::MayAudit;
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{groups, users};
use url::Url;

/// What would happen.
#[derive(Debug)]
pub struct Explanation {
    /// The application; `None` where none has the host.
    pub application: Option<Arc<Application>>,
    /// What its rules say of a user who has just proved themselves as well as they can.
    pub verdict: Option<Verdict>,
    /// What the rule asks for that decides.
    pub requires: Option<Requirement>,
    /// What the user can prove.
    pub reachable: Reachable,
    /// Why they can never prove what the rule asks for, where they lack it.
    pub obstacle: Option<Obstacle>,
}

/// What a user can prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reachable {
    /// Nothing: the account is switched off.
    Disabled,
    /// Up to this.
    UpTo(Level),
}

/// Says what would happen if this user asked for this address.
///
/// # Errors
/// `user.unknown`, `application.invalid` for an address that is none.
pub async fn explain(
    app: &App,
    _: &MayAudit,
    user: &str,
    address: &str,
    method: &str,
) -> Result<Explanation> {
    let invalid = |why: &str| Problem::new(codes::APPLICATION_INVALID).detailed(why);
    let url = Url::parse(address.trim())
        .map_err(|_| invalid("an address begins with https:// and a host"))?;
    let path = path_as_typed(address.trim());
    let host = url.host_str().and_then(RequestHost::parse);
    let host = host.ok_or_else(|| invalid("this address has no host"))?;
    let method = Method::parse(method).ok_or_else(|| invalid("this is no method"))?;
    let (name, now) = (user.to_owned(), app.now());
    let (user, groups, best) = app
        .store
        .look(move |connection| {
            let user = users::by_name(connection, &name)?.ok_or(codes::USER_UNKNOWN)?;
            let groups = groups::of_user(connection, user.id)?;
            let best = best_device(connection, user.id, now)?;
            Ok((user, groups, best))
        })
        .await?;
    let level = best.unwrap_or_default();
    let reachable = match user.is_enabled {
        true => Reachable::UpTo(level),
        false => Reachable::Disabled,
    };
    let application = of_host(app, &host).await?;
    let request = Request {
        host: &host,
        path: &path,
        method: &method,
    };
    let visitor = Visitor {
        user: user.id,
        groups: &groups,
        by: VisitBy::Session(Some(Reached {
            best: level,
            last: level,
            proved_at: Some(now),
        })),
    };
    let verdict = application
        .as_ref()
        .map(|found| found.judge(&request, Some(&visitor).filter(|_| user.is_enabled), now));
    let rule = verdict.and_then(Verdict::rule);
    let requires = application
        .as_ref()
        .zip(rule)
        .and_then(|(found, rule)| found.settings.rules.get(rule))
        .map(|rule| rule.requires);
    let obstacle = match verdict {
        Some(Verdict::Insufficient { requires, .. }) => {
            match addable(app, user.id, requires.level).await? {
                Addable::Kind(_) => None,
                Addable::Nothing(obstacle) => Some(obstacle),
            }
        }
        _ => None,
    };
    Ok(Explanation {
        application,
        verdict,
        requires,
        reachable,
        obstacle,
    })
}

/// The path as it stands in an address: what reads addresses resolves dots, and proxies do not.
fn path_as_typed(address: &str) -> String {
    let after_scheme = address.split_once("://").map_or("", |(_, rest)| rest);
    let before_query = after_scheme.split(['?', '#']).next().unwrap_or_default();
    // Where the host ends, browsers take either for a slash.
    let path = before_query.find(['/', '\\']);
    let path = path.and_then(|at| before_query.get(at + 1..));
    format!("/{}", path.unwrap_or_default())
}
