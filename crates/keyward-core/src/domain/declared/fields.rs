//! A declaration as keys and values: what files hold, and what is compared.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Declaration, SharedKey};
use crate::domain::application::{Access, ApplicationSettings, Rule as AccessRule, Who};
use crate::domain::openid_client::{ClientFields, ClientKeys, ClientSettings};
use crate::domain::policy::{Rule, Rules};
use crate::domain::user::fold;
use crate::domain::validation_client::ValidationClientSettings;
use crate::domain::validation_service::ValidationServiceSettings;
use crate::domain::webhook::WebhookSettings;

/// A key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key in files.
    pub key: &'static str,
    /// The value; null for none.
    pub value: Value,
    /// Whether the same holds where a file leaves it out.
    pub is_usual: bool,
}

impl Field {
    fn new(key: &'static str, value: Value) -> Self {
        Self::or(key, value, &Value::Null)
    }

    fn or(key: &'static str, value: Value, usual: &Value) -> Self {
        let is_usual = value == *usual;
        Self {
            key,
            value,
            is_usual,
        }
    }
}

impl Declaration {
    /// Its fields, without its secret. What a declaration leaves as it is, is no field of it.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Group(name) => vec![Field::new("name", json!(name))],
            Self::Application(settings) => of_application(settings),
            Self::OpenidClient(settings, _) => of_openid_client(settings),
            Self::Policy { scope, rules, mail } => {
                let group = scope.group().map_or(Value::Null, |group| json!(group));
                let mut fields = vec![Field::new("group", group)];
                fields.extend(mail.map(|mail| Field::or("mail", json!(mail), &json!(true))));
                fields.extend(of_rules(rules));
                fields
            }
            Self::ValidationService(settings, key) => of_service(settings, key),
            Self::ValidationClient {
                id,
                settings,
                is_active,
                ..
            } => {
                let mut fields = vec![Field::new("id", json!(id))];
                fields.extend(of_client(settings));
                fields.push(Field::or("active", json!(is_active), &json!(true)));
                fields
            }
            Self::Webhook(settings, _) => of_webhook(settings),
        }
    }

    /// Its secret, and what that is called in files, which name one of its own with `_file` behind that.
    pub fn secret(&self) -> Option<(&'static str, &SharedKey)> {
        match self {
            Self::ValidationService(_, key) | Self::ValidationClient { key, .. } => {
                Some(("api_key", key))
            }
            Self::Webhook(_, key) => Some(("secret", key)),
            Self::OpenidClient(settings, key) => {
                let has_one = settings.authentication.is_by_secret();
                has_one.then_some(("secret", key))
            }
            Self::Group(_) | Self::Application(_) | Self::Policy { .. } => None,
        }
    }
}

fn of_application(settings: &ApplicationSettings) -> Vec<Field> {
    let mut hosts: Vec<String> = settings.hosts.iter().map(ToString::to_string).collect();
    hosts.sort_unstable();
    let rules: Vec<String> = settings.rules.iter().map(canonical).collect();
    vec![
        Field::new("name", json!(settings.name.as_str())),
        Field::or("contact", json!(settings.contact), &json!("")),
        Field::new("hosts", json!(hosts)),
        Field::or("rules", json!(rules), &json!([])),
    ]
}

/// One text for all rules that say the same in another order.
fn canonical(rule: &AccessRule) -> String {
    let mut rule = rule.clone();
    rule.methods.sort_unstable();
    rule.methods.dedup();
    rule.who = in_order(rule.who);
    rule.to_string()
}

fn in_order(mut who: Who) -> Who {
    if let Who::Members { groups, users } = &mut who {
        groups.sort_unstable();
        users.sort_by_cached_key(|user| fold(&user.name));
        users.dedup();
    }
    who
}

fn of_openid_client(settings: &ClientSettings) -> Vec<Field> {
    fn sorted(texts: impl IntoIterator<Item: ToString>) -> Value {
        let mut texts: Vec<String> = texts.into_iter().map(|one| one.to_string()).collect();
        texts.sort_unstable();
        json!(texts)
    }
    let (id, none) = (settings.client_id.clone(), json!([]));
    let usual = ClientFields {
        grants: Some(
            settings
                .grants
                .iter()
                .map(|one| one.as_str().to_owned())
                .collect(),
        ),
        ..ClientFields::default()
    };
    let usual = usual.usual_for(id.clone());
    let grants = |of: &ClientSettings| sorted(of.grants.iter().map(|grant| grant.as_str()));
    let access = |of: &ClientSettings| {
        let (who, requires) = (in_order(of.who.clone()), of.requires);
        json!(Access { who, requires }.to_string())
    };
    let keys = settings.authentication.keys().map(ClientKeys::to_text);
    let certificate = settings.authentication.certificate();
    let certificate = certificate.map(ToString::to_string);
    let text = |url: &Option<url::Url>| json!(url.as_ref().map(url::Url::as_str));
    vec![
        Field::new("client_id", json!(id.as_str())),
        Field::new("name", json!(settings.name)),
        Field::or("contact", json!(settings.contact), &json!("")),
        Field::or(
            "authentication",
            json!(settings.authentication.as_str()),
            &json!(usual.authentication.as_str()),
        ),
        Field::new("keys", json!(keys)),
        Field::new("certificate", json!(certificate)),
        Field::or("redirect_uris", sorted(&settings.redirect_uris), &none),
        Field::or(
            "post_logout_redirect_uris",
            sorted(&settings.post_logout_redirect_uris),
            &none,
        ),
        Field::new("logo_uri", text(&settings.logo_uri)),
        Field::new(
            "backchannel_logout_uri",
            text(&settings.backchannel_logout_uri),
        ),
        Field::or(
            "grants",
            grants(settings),
            &grants(&ClientSettings::usual(id, "")),
        ),
        Field::or("scopes", sorted(&settings.scopes), &sorted(&usual.scopes)),
        Field::or("access", access(settings), &access(&usual)),
        Field::or(
            "subject",
            json!(settings.subject.as_str()),
            &json!(usual.subject.as_str()),
        ),
        Field::or(
            "access_token",
            json!(settings.access_token.as_str()),
            &json!(usual.access_token.as_str()),
        ),
        Field::or(
            "id_token_algorithm",
            json!(settings.id_token_algorithm.as_str()),
            &json!(usual.id_token_algorithm.as_str()),
        ),
        Field::or(
            "asks_consent",
            json!(settings.asks_consent),
            &json!(usual.asks_consent),
        ),
        Field::or(
            "requires_pkce",
            json!(settings.requires_pkce),
            &json!(usual.requires_pkce),
        ),
    ]
}

fn of_rules(rules: &Rules) -> Vec<Field> {
    let (said, usual) = (json!(rules), json!(Rules::default()));
    let of = |values: &Value, key: &str| values.get(key).cloned().unwrap_or_default();
    let all = Rule::ALL.into_iter().map(Rule::json_name);
    all.map(|key| Field::or(key, of(&said, key), &of(&usual, key)))
        .collect()
}

fn of_service(settings: &ValidationServiceSettings, key: &SharedKey) -> Vec<Field> {
    let mut urls: Vec<&str> = settings.urls.iter().map(url::Url::as_str).collect();
    urls.sort_unstable();
    let level = settings.sync_level.map(|level| level.to_string());
    let usual = ValidationServiceSettings::USUAL_TIMEOUT;
    let signed = match key {
        SharedKey::Kept => None,
        SharedKey::Absent => Some(false),
        SharedKey::Needed | SharedKey::Given(_) | SharedKey::Hashed(_) => Some(true),
    };
    let mut fields = vec![
        Field::new("name", json!(settings.name)),
        Field::new("urls", json!(urls)),
        Field::new("client_id", json!(settings.client_id)),
    ];
    fields.extend(signed.map(|signed| Field::or("signed", json!(signed), &json!(false))));
    fields.extend([
        Field::new("ca", json!(settings.ca.as_ref().map(|ca| ca.as_pem()))),
        Field::new("sl", json!(level)),
        Field::or("timeout", span(settings.timeout), &span(usual)),
        Field::or("enabled", json!(settings.is_enabled), &json!(true)),
    ]);
    fields
}

fn span(span: Duration) -> Value {
    let millis = span.as_millis();
    match millis % 1000 {
        0 => json!(format!("{}s", millis / 1000)),
        _ => json!(format!("{millis}ms")),
    }
}

fn of_client(settings: &ValidationClientSettings) -> Vec<Field> {
    let mut addresses: Vec<String> = settings.addresses.iter().map(ToString::to_string).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let no = json!(false);
    vec![
        Field::or("note", json!(settings.note), &json!("")),
        Field::or("owner", json!(settings.owner), &json!("")),
        Field::or("allow", json!(addresses), &json!([])),
        Field::new("rate_limit", json!(settings.rate_limit)),
        Field::or("must_sign", json!(settings.must_sign), &no),
        Field::or("may_see_user", json!(settings.may_see_user), &no),
    ]
}

fn of_webhook(settings: &WebhookSettings) -> Vec<Field> {
    let events: Vec<&str> = settings.events.words().collect();
    vec![
        Field::new("name", json!(settings.name)),
        Field::new("url", json!(settings.url.as_str())),
        Field::or("events", json!(events), &json!([])),
        Field::or("enabled", json!(settings.is_enabled), &json!(true)),
    ]
}
