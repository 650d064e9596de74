//! The addresses for machines and scripts as OpenAPI 3.1. A test holds it against the routes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{answer, api};
use keyward_core::domain::device::DeviceKind;
use keyward_core::problem::codes;

fn webauthn_kinds() -> Vec<DeviceKind> {
    DeviceKind::all_that(DeviceKind::is_webauthn).collect()
}

/// The document, its keys in the order of the alphabet however the JSON library keeps them.
pub fn document() -> Value {
    sorted(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Keyward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The addresses of Keyward that machines and scripts call. Everything \
                            else is for browsers and made of pages.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "paths": paths(),
        "components": {
            "schemas": schemas(),
            "responses": { "Problem": {
                "description": "Refused or failed; `code` says why.",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            } },
            "securitySchemes": { "token": api::security(), "metrics": { "type": "http", "scheme": "bearer" }, "browser": {
                "type": "apiKey", "in": "cookie", "name": "__Host-keyward",
                "description": "The browser's session; called `keyward` on plain HTTP.",
            } },
        },
    }))
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> = map
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(values) => values.into_iter().map(sorted).collect(),
        other => other,
    }
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn schemas() -> BTreeMap<String, Value> {
    let mut schemas = api::schemas();
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Ceremony".to_owned(), ceremony());
    schemas.insert("Health".to_owned(), health_schema());
    schemas
}

fn paths() -> Value {
    let mut paths = json!({
        "/webauthn/registration/options": options(
            "Begins the registration of a passkey or security key",
            "PublicKeyCredentialCreationOptionsJSON (WebAuthn L3 §5.1.9)",
            &json!({
                "type": "object",
                "properties": {
                    "kind": { "enum": webauthn_kinds(), "default": DeviceKind::Passkey },
                    "name": { "type": "string", "description": "What its owner calls it." },
                },
            }),
        ),
        "/webauthn/registration/verify": verify(
            "Finishes the registration that is in progress",
            "RegistrationResponseJSON (WebAuthn L3 §5.1.8)",
        ),
        "/webauthn/authentication/options": options(
            "Begins to prove a passkey or security key",
            "PublicKeyCredentialRequestOptionsJSON (WebAuthn L3 §5.1.10)",
            &json!({
                "type": "object",
                "properties": {
                    "username": {
                        "type": "string",
                        "description": "Whose, where no sign-in waits for a second factor.",
                    },
                },
            }),
        ),
        "/webauthn/authentication/verify": verify(
            "Finishes the proof that is in progress",
            "AuthenticationResponseJSON (WebAuthn L3 §5.1.8)",
        ),
        "/.well-known/webauthn": related_origins(),
        "/api/v1/openapi.json": this_document(),
        "/wsapi/2.0/verify": validation(
            "Whether the one-time password of a YubiKey is good: validation protocol 2.0",
            &["nonce", "sl", "timeout"],
        ),
        "/wsapi/verify": validation(
            "Whether the one-time password of a YubiKey is good: validation protocol 1.x",
            &[],
        ),
        "/health/live": health("Whether the process answers", false),
        "/health/ready": health("Whether the database answers and its schema is the right one", true),
        "/metrics": metrics(),
    });
    for (path, methods) in api::paths() {
        paths[path] = methods;
    }
    paths
}

fn metrics() -> Value {
    json!({ "get": {
        "summary": "Numbers about the server, as Prometheus reads them",
        "security": [{ "metrics": [] }],
        "responses": {
            "200": {
                "description": "The text format, version 0.0.4.",
                "content": { "text/plain": { "schema": { "type": "string" } } },
            },
            "401": { "description": "The token of `metrics.token` is missing, or another one." },
            "404": { "$ref": "#/components/responses/Problem" },
        },
    } })
}

fn options(summary: &str, answer: &str, wish: &Value) -> Value {
    json!({ "post": {
        "summary": summary,
        "security": [{ "browser": [] }],
        "requestBody": {
            "required": false,
            "content": { "application/json": { "schema": wish } },
        },
        "responses": {
            "200": {
                "description": format!("{answer}; good for one answer."),
                "content": { "application/json": { "schema": reference("Ceremony") } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    } })
}

fn verify(summary: &str, body: &str) -> Value {
    json!({ "post": {
        "summary": summary,
        "security": [{ "browser": [] }],
        "requestBody": {
            "required": true,
            "description": format!("{body}: what `toJSON()` of the credential gives."),
            "content": { "application/json": { "schema": reference("Ceremony") } },
        },
        "responses": {
            "200": {
                "description": "Accepted, and where to go next.",
                "content": { "application/json": { "schema": {
                    "type": "object",
                    "properties": { "next": { "type": "string", "format": "uri-reference" } },
                } } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    } })
}

fn related_origins() -> Value {
    json!({ "get": {
        "summary": "The origins that share the credentials (WebAuthn L3 §5.11)",
        "security": [],
        "responses": {
            "200": {
                "description": "The origins, our own first.",
                "content": { "application/json": { "schema": {
                    "type": "object",
                    "required": ["origins"],
                    "properties": { "origins": {
                        "type": "array",
                        "items": { "type": "string", "format": "uri" },
                    } },
                } } },
            },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    } })
}

fn this_document() -> Value {
    json!({ "get": {
        "summary": "This document",
        "security": [],
        "responses": { "200": {
            "description": "OpenAPI 3.1.",
            "content": { "application/json": { "schema": { "type": "object" } } },
        } },
    } })
}

fn validation(summary: &str, more: &[&str]) -> Value {
    let required = |name: &&str| ["id", "otp", "nonce"].contains(name);
    let names = || ["id", "otp", "h", "timestamp"].iter().chain(more);
    let parameters: Vec<Value> = names()
        .map(|name| {
            let schema = json!({ "type": "string" });
            json!({ "in": "query", "name": name, "required": required(name), "schema": schema })
        })
        .collect();
    let fields: BTreeMap<&str, Value> = names()
        .map(|name| (*name, json!({ "type": "string" })))
        .collect();
    let answer = json!({ "200": {
        "description": "Lines of `name=value` that end with CRLF: `h`, `t`, what was asked, \
                        `status`, and an empty line. A refusal has this status too.",
        "content": { "text/plain": { "schema": { "type": "string" } } },
    } });
    json!({
        "get": {
            "summary": summary,
            "security": [],
            "parameters": parameters,
            "responses": answer,
        },
        "post": {
            "summary": summary,
            "security": [],
            "requestBody": {
                "required": true,
                "description": "Counts where the address has no query.",
                "content": { "application/x-www-form-urlencoded": { "schema": {
                    "type": "object",
                    "required": names().filter(|name| required(name)).collect::<Vec<_>>(),
                    "properties": fields,
                } } },
            },
            "responses": answer,
        },
    })
}

fn health(summary: &str, may_fail: bool) -> Value {
    let mut responses = json!({ "200": {
        "description": "Yes.",
        "content": { "application/json": { "schema": reference("Health") } },
    } });
    if may_fail {
        responses["503"] = json!({ "$ref": "#/components/responses/Problem" });
    }
    json!({ "get": { "summary": summary, "security": [], "responses": responses } })
}

fn ceremony() -> Value {
    json!({
        "type": "object",
        "description": "A WebAuthn JSON form, as `parseCreationOptionsFromJSON`, \
                        `parseRequestOptionsFromJSON` and `toJSON` of browsers read and write it.",
    })
}

fn health_schema() -> Value {
    json!({
        "type": "object",
        "required": ["status"],
        "properties": { "status": { "enum": ["live", "ready"] } },
    })
}

fn problem() -> Value {
    let names: Vec<&str> = codes::ALL.iter().map(|code| code.name).collect();
    let mut statuses: Vec<u16> = codes::ALL
        .iter()
        .map(|code| answer::status(code.fault).as_u16())
        .collect();
    statuses.sort_unstable();
    statuses.dedup();
    json!({
        "type": "object",
        "description": "RFC 9457.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": { "type": "string", "format": "uri" },
            "title": { "type": "string" },
            "status": { "enum": statuses },
            "code": { "enum": names },
            "detail": { "type": "string" },
        },
    })
}
