//! On which page a form stands. Browsers say so in `Referer`; where a proxy, an extension or a setting
//! hides that, or shortens it to the origin, the form's own address tells.

use actix_web::HttpRequest;
use actix_web::http::header::REFERER;
use url::form_urlencoded::{self, Serializer};
use url::{Position, Url};

use keyward_core::flows::next_path::NextPath;

/// Pages with forms of people who are signed in, and the fields of their forms that stand in the
/// page's query. `{}` is any one segment.
const PAGES: &[(&str, &[&str])] = &[
    ("/account", &[]),
    ("/account/applications", &[]),
    ("/account/backup-codes", &[]),
    ("/account/browsers", &[]),
    ("/account/devices", &[]),
    ("/account/devices/add", &[]),
    ("/account/devices/add/{}", &[]),
    ("/account/devices/{}/remove", &[]),
    ("/account/keys/{}/lost", &[]),
    ("/account/email", &[]),
    ("/account/password", &[]),
    ("/account/password/new", &[]),
    ("/account/profile", &[]),
    ("/account/sessions", &[]),
    ("/account/upstream", &[]),
    ("/console", &[]),
    ("/console/applications", &[]),
    ("/console/applications/explain", &["user", "url", "method"]),
    ("/console/applications/new", &[]),
    ("/console/applications/{}", &[]),
    ("/console/applications/{}/remove", &[]),
    ("/console/audit", &[]),
    ("/console/browsers", &[]),
    ("/console/clients", &[]),
    ("/console/clients/new", &[]),
    ("/console/clients/{}", &[]),
    ("/console/clients/{}/revoke", &[]),
    ("/console/devices", &[]),
    ("/console/devices/{}/remove", &[]),
    ("/console/found-reports", &[]),
    ("/console/groups", &[]),
    ("/console/groups/remove", &["name"]),
    ("/console/groups/roles", &["name", "role", "grant"]),
    ("/console/groups/show", &["name"]),
    ("/console/invites", &[]),
    ("/console/invites/new", &[]),
    ("/console/otp-keys", &[]),
    ("/console/key-cases", &[]),
    ("/console/key-proposals", &[]),
    ("/console/keys", &[]),
    ("/console/keys/import", &[]),
    ("/console/keys/new", &[]),
    ("/console/keys/{}", &[]),
    ("/console/keys/{}/enrolments", &[]),
    ("/console/keys/{}/moves/{}", &[]),
    ("/console/keys/{}/replaced", &[]),
    ("/console/lockouts", &[]),
    ("/console/lockouts/clear", &[]),
    ("/console/openid-clients", &[]),
    ("/console/openid-clients/new", &[]),
    ("/console/openid-clients/{}", &[]),
    ("/console/openid-clients/{}/remove", &[]),
    ("/console/openid-clients/{}/rotate", &["at_once"]),
    ("/console/passes", &[]),
    ("/console/phones", &[]),
    ("/console/policies", &[]),
    ("/console/policies/affected", &["group"]),
    ("/console/policies/dry-run", &["group"]),
    ("/console/policies/edit", &["group"]),
    ("/console/policies/remove", &["group"]),
    ("/console/services", &[]),
    ("/console/services/new", &[]),
    ("/console/services/{}", &[]),
    ("/console/services/{}/remove", &[]),
    ("/console/reports", &[]),
    ("/console/sessions", &[]),
    ("/console/sessions/everybody", &[]),
    ("/console/tokens", &[]),
    ("/console/tokens/new", &[]),
    ("/console/tokens/{}/revoke", &[]),
    ("/console/users", &[]),
    ("/console/users/new", &[]),
    ("/console/users/{}", &[]),
    ("/console/users/{}/delete", &[]),
    ("/console/users/{}/disable", &[]),
    ("/console/users/{}/edit", &[]),
    ("/console/users/{}/sessions/end", &[]),
    ("/console/users/{}/superuser", &[]),
    ("/console/users/{}/upstream/{}/remove", &[]),
    ("/console/webhooks", &[]),
    ("/console/webhooks/new", &[]),
    ("/console/webhooks/{}", &[]),
    ("/console/webhooks/{}/remove", &[]),
    ("/console/webhooks/{}/rotate", &[]),
];

/// Forms that stand neither on a page of their own address nor on one above it.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/console/applications", "/console/applications/new"),
    ("/console/clients", "/console/clients/new"),
    ("/console/groups/members", "/console/groups/show"),
    ("/console/invites", "/console/invites/new"),
    ("/console/keys", "/console/keys/new"),
    ("/console/keys/find", "/console/keys"),
    ("/console/openid-clients", "/console/openid-clients/new"),
    ("/console/policies/discard", "/console/policies/edit"),
    ("/console/policies/switch-on", "/console/policies/dry-run"),
    ("/console/services", "/console/services/new"),
    ("/console/tokens", "/console/tokens/new"),
    ("/console/users", "/console/users/new"),
    ("/console/webhooks", "/console/webhooks/new"),
];

/// Lists whose rows have forms.
const LISTS: &[&str] = &[
    "/console/browsers",
    "/console/devices",
    "/console/found-reports",
    "/console/invites",
    "/console/otp-keys",
    "/console/sessions",
];

/// The page on which a form stands that was sent with this request and, where it was read, this body.
pub fn page_of(request: &HttpRequest, body: &[u8]) -> Option<NextPath> {
    from_referer(request).or_else(|| NextPath::parse(&of_address(request.path(), body)?))
}

/// The list of the console from which something was done to one of its rows, with its filter and
/// its place, so that an administrator who works through it goes on there; `otherwise` where it was
/// done elsewhere.
pub fn list_or(request: &HttpRequest, otherwise: String) -> String {
    let list = from_referer(request).filter(|page| {
        let path = page.as_str().split('?').next().unwrap_or_default();
        LISTS.contains(&path)
    });
    list.map_or(otherwise, |list| list.as_str().to_owned())
}

fn from_referer(request: &HttpRequest) -> Option<NextPath> {
    let referer = request.headers().get(REFERER)?.to_str().ok()?;
    let referer = Url::parse(referer).ok()?;
    known(referer.path())?;
    NextPath::parse(&referer[Position::BeforePath..Position::AfterQuery])
}

/// The fields of the page at this path, if there is such a page.
fn known(path: &str) -> Option<&'static [&'static str]> {
    let is_it = |pattern: &str| {
        let (mut wanted, mut there) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), there.next()) {
                (None, None) => return true,
                (Some(wanted), Some(there)) if wanted == there => {}
                (Some("{}"), Some(there)) if !there.is_empty() => {}
                _ => return false,
            }
        }
    };
    let page = PAGES.iter().find(|(pattern, _)| is_it(pattern));
    page.map(|(_, fields)| *fields)
}

/// The page of the form that goes to this path: the nearest above it.
fn of_address(path: &str, body: &[u8]) -> Option<String> {
    let elsewhere = ELSEWHERE.iter().find(|(action, _)| *action == path);
    let mut page = elsewhere.map_or(path, |(_, page)| *page);
    let fields = loop {
        if let Some(fields) = known(page) {
            break fields;
        }
        page = page.rsplit_once('/')?.0;
    };
    let mut query = Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(body) {
        if fields.contains(&&*name) {
            query.append_pair(&name, &value);
        }
    }
    let query = query.finish();
    Some(match query.is_empty() {
        true => page.to_owned(),
        false => format!("{page}?{query}"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Addresses of a method in the sources, with `{}` for what varies.
    fn addresses(method: &str) -> BTreeSet<String> {
        let sources = [
            ("/account", include_str!("routes.rs")),
            ("/console", include_str!("console/mod.rs")),
        ];
        let mut found = BTreeSet::new();
        for (scope, source) in sources {
            let source = match scope {
                "/account" => source.split("fn account(").nth(1).expect("the account's"),
                _ => source,
            };
            let source: String = source.split_whitespace().collect();
            for route in source.split(".route(\"").skip(1) {
                let (path, rest) = route.split_once('"').expect("an address");
                let rest = rest.trim_start_matches(',');
                if rest.starts_with(&format!("{method}()")) {
                    let path: Vec<&str> = path
                        .split('/')
                        .map(|part| if part.starts_with('{') { "{}" } else { part })
                        .collect();
                    found.insert(format!("{scope}{}", path.join("/")));
                }
            }
        }
        assert!(found.len() > 20, "the sources were not read: {found:?}");
        found
    }

    #[test]
    fn every_page_of_people_who_are_signed_in_is_known_and_no_other() {
        let mut pages = addresses("get");
        // A file has no forms.
        pages.retain(|page| page != "/console/exports/{}");
        for page in &pages {
            assert!(known(page).is_some(), "{page} is unknown");
        }
        for (page, _) in PAGES {
            assert!(pages.contains(*page), "{page} is no page");
        }
        for (action, page) in ELSEWHERE {
            assert!(addresses("post").contains(*action), "{action}");
            assert!(pages.contains(*page), "{page}");
        }
        assert!(LISTS.iter().all(|list| pages.contains(*list)));
    }

    #[test]
    fn every_form_leads_back_to_a_page_beside_it() {
        for action in addresses("post") {
            let page = of_address(&action, b"").expect("a page");
            let area = action.split('/').take(3).collect::<Vec<_>>().join("/");
            assert!(page.starts_with(&area), "{action} leads to {page}");
        }
    }

    #[test]
    fn what_a_page_is_about_is_told_by_its_form() {
        let body = b"name=printers+%26+co&join=ben";
        let page = of_address("/console/groups/members", body);
        assert_eq!(
            page.as_deref(),
            Some("/console/groups/show?name=printers+%26+co")
        );
        let page = of_address("/console/users/7/disable", b"name=x");
        assert_eq!(page.as_deref(), Some("/console/users/7/disable"));
        let page = of_address("/console/users/7/pass/revoke", b"");
        assert_eq!(page.as_deref(), Some("/console/users/7"));
    }
}
