//! The API for other programs: `/api/v1`.
//!
//! Every operation stands in [`operations`] with all that is said of it: routes, scopes, and the
//! document of OpenAPI come from there.

mod access;
mod applications;
mod call;
mod devices;
mod enrolments;
mod events;
mod found_reports;
mod groups;
mod invitations;
mod key_losses;
mod key_proposals;
mod keys;
mod listing;
mod lists;
mod openid_clients;
mod operation;
mod policies;
mod reports;
mod tokens;
mod upstream_links;
mod users;
mod validation_clients;
mod validation_services;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, guard};
use serde_json::{Map, Value, json};

use self::call::is_method;
use self::operation::Operation;
use keyward_core::domain::api_token::ApiScope;

/// Where the API is.
pub const PREFIX: &str = "/api/v1";

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let areas = [
        verify::operations(),
        users::operations(),
        upstream_links::operations(),
        groups::operations(),
        devices::operations(),
        keys::operations(),
        key_losses::operations(),
        found_reports::operations(),
        enrolments::operations(),
        reports::operations(),
        key_proposals::operations(),
        access::operations(),
        invitations::operations(),
        policies::operations(),
        validation_services::operations(),
        validation_clients::operations(),
        applications::operations(),
        openid_clients::operations(),
        tokens::operations(),
        events::operations(),
    ];
    areas.into_iter().flatten().collect()
});

/// Every operation.
pub fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// The operation that a request asks for.
fn operation_of(request: &HttpRequest) -> Option<&'static Operation> {
    let pattern = request.match_pattern()?;
    let path = pattern.strip_prefix(PREFIX)?;
    let mut operations = operations().iter();
    operations.find(|one| one.path == path && is_method(request.method(), &one.method))
}

/// Adds the API's addresses.
pub fn routes(app: &mut ServiceConfig) {
    let paths: BTreeSet<&str> = operations().iter().map(|one| one.path).collect();
    for path in paths {
        let mut resource = web::resource(format!("{PREFIX}{path}"));
        for operation in operations().iter().filter(|one| one.path == path) {
            let route = operation.route();
            resource = resource.route(match operation.method {
                Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
                ref method => route.guard(guard::Method(method.clone())),
            });
        }
        app.service(resource);
    }
}

/// The paths of the document.
pub fn paths() -> BTreeMap<String, Value> {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for operation in operations() {
        let path = format!("{PREFIX}{}", operation.path);
        let method = operation.method.as_str().to_lowercase();
        let methods = paths.entry(path).or_default();
        methods.insert(method, operation.document());
    }
    let paths = paths.into_iter();
    paths
        .map(|(path, methods)| (path, Value::Object(methods)))
        .collect()
}

/// The schemas that those refer to.
pub fn schemas() -> BTreeMap<String, Value> {
    let schemas = operations().iter().flat_map(|one| one.schemas().clone());
    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    for (name, schema) in schemas {
        // Where one operation tells some fields alone, none is sure to be there.
        match all.get_mut(&name) {
            Some(known) if schema["required"] == json!([]) => *known = schema,
            Some(_) => {}
            None => drop(all.insert(name, schema)),
        }
    }
    all
}

/// How a token is brought, with what each scope lets it do.
pub fn security() -> Value {
    let scopes: Vec<String> = ApiScope::ALL
        .iter()
        .map(|scope| format!("- `{}`: {}", scope.as_str(), scope.says()))
        .collect();
    json!({
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "kw_…",
        "description": format!("An API token. Its scopes:\n\n{}", scopes.join("\n")),
    })
}
