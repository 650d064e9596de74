//! The addresses for machines and scripts as OpenAPI 3.1. A test holds it against the routes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer;
use crate::problem::codes;

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
            "schemas": { "Problem": problem(), "Ceremony": ceremony(), "Health": health_schema() },
            "responses": { "Problem": {
                "description": "Refused or failed; `code` says why.",
                "content": { "application/problem+json": { "schema": reference("Problem") } },
            } },
            "securitySchemes": { "browser": {
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

fn paths() -> Value {
    json!({
        "/webauthn/registration/options": options(
            "Begins the registration of a passkey or security key",
            "PublicKeyCredentialCreationOptionsJSON (WebAuthn L3 §5.1.9)",
        ),
        "/webauthn/registration/verify": verify(
            "Finishes the registration that is in progress",
            "RegistrationResponseJSON (WebAuthn L3 §5.1.8)",
        ),
        "/webauthn/authentication/options": options(
            "Begins to prove a passkey or security key",
            "PublicKeyCredentialRequestOptionsJSON (WebAuthn L3 §5.1.10)",
        ),
        "/webauthn/authentication/verify": verify(
            "Finishes the proof that is in progress",
            "AuthenticationResponseJSON (WebAuthn L3 §5.1.8)",
        ),
        "/health/live": health("Whether the process answers", false),
        "/health/ready": health("Whether the database answers and its schema is the right one", true),
    })
}

fn options(summary: &str, answer: &str) -> Value {
    json!({ "post": {
        "summary": summary,
        "security": [{ "browser": [] }],
        "requestBody": {
            "required": false,
            "content": { "application/json": { "schema": { "type": "object" } } },
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

fn health(summary: &str, may_fail: bool) -> Value {
    let answer = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": reference("Health") } },
        })
    };
    let mut responses = json!({ "200": answer("It does.") });
    if may_fail {
        responses["503"] = answer("It does not; each part says what is wrong.");
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
        "properties": { "status": { "enum": ["ok", "failed"] } },
        "additionalProperties": { "type": "string" },
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
