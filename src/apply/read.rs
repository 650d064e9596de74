//! What files declare, from their tables.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use url::Url;

use super::beside::{beside, secret_file};
use super::openid_client::{self, openid_client};
use super::source::{self, Source};
use super::table::Table;
use keyward_core::domain::application::{ApplicationName, ApplicationSettings, HostPattern};
use keyward_core::domain::declared::{Declaration, Declarations, Kind, Place, SharedKey};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::policy::{Rule, Rules, Scope};
use keyward_core::domain::validation_client::{
    ValidationClientId, ValidationClientSettings, parse_addresses,
};
use keyward_core::domain::validation_service::{SyncLevel, ValidationServiceSettings};
use keyward_core::domain::webhook::{WantedEvents, WebhookSettings};
use keyward_core::problem::Result;
use keyward_core::protocols::standard_webhooks::WebhookSecret;
use keyward_gateways::validation::can_ask;

/// Reads files, which together declare one state.
///
/// # Errors
/// `declared.invalid` with file, key and reason.
pub fn read(paths: &[PathBuf]) -> Result<Declarations> {
    let mut declared = Declarations::default();
    for path in paths {
        one_file(source::open(path)?, &mut declared)?;
    }
    Ok(declared)
}

fn one_file(source: Source, declared: &mut Declarations) -> Result<()> {
    let Source {
        name: file,
        folder,
        value,
    } = source;
    let place = |key: String| Place {
        file: file.clone(),
        key,
    };
    let value = match value {
        Value::Null => Value::Object(Map::new()),
        value => value,
    };
    let mut whole = Table::open(place(String::new()), value, &Kind::ALL.map(Kind::key))?;
    for kind in Kind::ALL {
        let key = kind.key();
        let items = match whole.take(key) {
            None => continue,
            Some(Value::Array(items)) => items,
            Some(_) => return Err(whole.wrong(key, "must be a list")),
        };
        declared.speak_of(kind);
        for (index, item) in items.into_iter().enumerate() {
            let place = place(format!("{key}[{index}]"));
            let declaration = one(kind, &place, item, &folder)?;
            declared.add(place, declaration)?;
        }
    }
    Ok(())
}

fn one(kind: Kind, place: &Place, item: Value, folder: &Path) -> Result<Declaration> {
    let open = |item, keys: &[&str]| Table::open(place.clone(), item, keys);
    match kind {
        Kind::Group => group(match item {
            Value::String(name) => open(serde_json::json!({ "name": name }), &["name"])?,
            item => open(item, &["name"])?,
        }),
        Kind::Application => application(open(item, &["name", "contact", "hosts", "rules"])?),
        Kind::OpenidClient => openid_client(open(item, &openid_client::KEYS)?, folder),
        Kind::Policy => {
            let mut keys = vec!["group", "mail"];
            keys.extend(Rule::ALL.map(Rule::json_name));
            policy(open(item, &keys)?)
        }
        Kind::ValidationService => {
            let keys = [
                "name",
                "urls",
                "client_id",
                "signed",
                "api_key_file",
                "ca",
                "ca_file",
                "sl",
                "timeout",
                "enabled",
            ];
            service(open(item, &keys)?, folder)
        }
        Kind::ValidationClient => {
            let keys = [
                "id",
                "note",
                "owner",
                "allow",
                "rate_limit",
                "must_sign",
                "may_see_user",
                "active",
                "api_key_file",
            ];
            client(open(item, &keys)?, folder)
        }
        Kind::Webhook => {
            let keys = ["name", "url", "events", "enabled", "secret_file"];
            webhook(open(item, &keys)?, folder)
        }
    }
}

fn group(mut table: Table) -> Result<Declaration> {
    let name = table.needed_text("name")?;
    let name = GroupName::parse(&name).map_err(|problem| table.refused("name", &problem))?;
    Ok(Declaration::Group(name))
}

fn application(mut table: Table) -> Result<Declaration> {
    let name = table.needed_text("name")?;
    let name = ApplicationName::parse(&name).map_err(|problem| table.refused("name", &problem))?;
    let mut hosts = Vec::new();
    for (index, host) in table.texts("hosts")?.unwrap_or_default().iter().enumerate() {
        let host = HostPattern::parse(host);
        hosts.push(host.map_err(|problem| table.refused(&format!("hosts[{index}]"), &problem))?);
    }
    let mut rules = Vec::new();
    for (index, rule) in table.texts("rules")?.unwrap_or_default().iter().enumerate() {
        let rule = rule.parse();
        rules.push(rule.map_err(|problem| table.refused(&format!("rules[{index}]"), &problem))?);
    }
    let settings = ApplicationSettings {
        name,
        contact: table.text("contact")?.unwrap_or_default(),
        hosts,
        rules,
    };
    let settings = settings.checked();
    settings
        .map(Declaration::Application)
        .map_err(|problem| table.refused_whole(&problem))
}

fn policy(mut table: Table) -> Result<Declaration> {
    let group = table.text("group")?;
    let scope = match group.map(|group| GroupName::parse(&group)) {
        None => Scope::Everybody,
        Some(Ok(group)) => Scope::Group(group),
        Some(Err(problem)) => return Err(table.refused("group", &problem)),
    };
    let mail = table.truth("mail")?;
    let mut rules = Rules::default();
    for rule in Rule::ALL {
        if let Some(value) = table.take(rule.json_name()) {
            set_rule(&mut rules, rule, value).map_err(|why| table.wrong(rule.json_name(), why))?;
        }
    }
    let rules = rules.checked();
    let rules = rules.map_err(|problem| table.refused_whole(&problem))?;
    Ok(Declaration::Policy {
        scope,
        rules: Box::new(rules),
        mail,
    })
}

/// Sets a rule to a value as the JSON of rules has it.
fn set_rule(rules: &mut Rules, rule: Rule, value: Value) -> std::result::Result<(), String> {
    let read = |value: Value| {
        let one = Map::from_iter([(rule.json_name().to_owned(), value)]);
        serde_json::from_value::<Rules>(Value::Object(one))
            .map_err(|error| format!("cannot be: {error}"))
    };
    let said = read(value.clone())?;
    // What is stored may be older than the rule for what is typed.
    let typed = said.typed(rule);
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let judged = Rules::default().set(rule, &typed);
    judged.map_err(|unreadable| format!("cannot be: {}", unreadable.why))?;
    let mut all = serde_json::to_value(&*rules).unwrap_or_default();
    if let Some(all) = all.as_object_mut() {
        all.insert(rule.json_name().to_owned(), value);
    }
    *rules = serde_json::from_value(all).map_err(|error| format!("cannot be: {error}"))?;
    Ok(())
}

fn service(mut table: Table, folder: &Path) -> Result<Declaration> {
    let mut urls = Vec::new();
    for (index, url) in table.texts("urls")?.unwrap_or_default().iter().enumerate() {
        let url = Url::parse(url);
        urls.push(url.map_err(|_| {
            let why = "is no address such as https://otp.example.com/wsapi/2.0/verify";
            table.wrong(&format!("urls[{index}]"), why)
        })?);
    }
    let key = key(&mut table, folder)?;
    let timeout = match table.text_or_number("timeout")? {
        None => ValidationServiceSettings::USUAL_TIMEOUT,
        Some(text) => {
            let span = keyward_settings::read_duration(&text);
            span.map_err(|why| table.wrong("timeout", why))?
        }
    };
    let sync_level =
        match table.text_or_number("sl")? {
            None => None,
            Some(text) => Some(SyncLevel::parse(&text).ok_or_else(|| {
                table.wrong("sl", "is neither fast, secure nor a number up to 100")
            })?),
        };
    let name = table.needed_text("name")?;
    let client_id = table.number("client_id")?;
    let settings = ValidationServiceSettings {
        name,
        urls,
        client_id: client_id.ok_or_else(|| table.wrong("client_id", "is missing"))?,
        api_key: match &key {
            SharedKey::Given(key) => Some(key.clone()),
            SharedKey::Kept | SharedKey::Needed | SharedKey::Absent | SharedKey::Hashed(_) => None,
        },
        ca: certificates(&mut table, folder)?,
        sync_level,
        timeout,
        is_enabled: table.truth("enabled")?.unwrap_or(true),
    };
    let checked = settings.checked().and_then(|settings| {
        can_ask(&settings)?;
        Ok(settings)
    });
    let mut settings = checked.map_err(|problem| table.refused_whole(&problem))?;
    settings.api_key = None;
    Ok(Declaration::ValidationService(Box::new(settings), key))
}

fn key(table: &mut Table, folder: &Path) -> Result<SharedKey> {
    let signed = table.truth("signed")?;
    match (table.text("api_key_file")?, signed) {
        (Some(_), Some(false)) => {
            Err(table.wrong("signed", "is false, and there is an api_key_file"))
        }
        (Some(path), _) => secret_file(table, "api_key_file", &path, folder).map(SharedKey::Given),
        (None, None) => Ok(SharedKey::Kept),
        (None, Some(true)) => Ok(SharedKey::Needed),
        (None, Some(false)) => Ok(SharedKey::Absent),
    }
}

fn certificates(table: &mut Table, folder: &Path) -> Result<Option<AuthorityCertificates>> {
    let (key, text) = match (table.text("ca")?, table.text("ca_file")?) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(table.wrong("ca", "and ca_file are both given; keep one")),
        (Some(text), None) => ("ca", text),
        (None, Some(path)) => (
            "ca_file",
            beside(table, "ca_file", &path, folder)?.to_string(),
        ),
    };
    let read = AuthorityCertificates::parse(&text);
    read.map(Some)
        .ok_or_else(|| table.wrong(key, "holds no certificates as PEM"))
}

fn client(mut table: Table, folder: &Path) -> Result<Declaration> {
    let id = table.number("id")?;
    let id = id.ok_or_else(|| table.wrong("id", "is missing"))?;
    let id = i64::try_from(id).ok().and_then(ValidationClientId::new);
    let id = id.filter(|id| *id <= ValidationClientId::GREATEST);
    let id = id.ok_or_else(|| table.wrong("id", "must be a number from 1 to 9999999999"))?;
    let addresses = table.texts("allow")?.unwrap_or_default().join(" ");
    let addresses =
        parse_addresses(&addresses).map_err(|problem| table.refused("allow", &problem))?;
    let rate_limit = match table.number("rate_limit")? {
        None => None,
        Some(rate) => Some(
            u32::try_from(rate)
                .ok()
                .and_then(NonZeroU32::new)
                .ok_or_else(|| table.wrong("rate_limit", "must be a number from 1 to 1000000"))?,
        ),
    };
    let settings = ValidationClientSettings {
        note: table.text("note")?.unwrap_or_default(),
        owner: table.text("owner")?.unwrap_or_default(),
        addresses,
        rate_limit,
        must_sign: table.truth("must_sign")?.unwrap_or(false),
        may_see_user: table.truth("may_see_user")?.unwrap_or(false),
    };
    let settings = settings.checked();
    let settings = settings.map_err(|problem| table.refused_whole(&problem))?;
    let is_active = table.truth("active")?.unwrap_or(true);
    let key = match table.text("api_key_file")? {
        None => SharedKey::Kept,
        Some(path) => {
            let key = secret_file(&table, "api_key_file", &path, folder)?;
            let bytes = data_encoding::BASE64.decode(key.expose_secret().as_bytes());
            let bytes = bytes.map(zeroize::Zeroizing::new);
            if !bytes.is_ok_and(|bytes| (1..=64).contains(&bytes.len())) {
                return Err(table.wrong("api_key_file", "holds no key of 1 to 64 bytes in base64"));
            }
            SharedKey::Given(key)
        }
    };
    Ok(Declaration::ValidationClient {
        id,
        settings,
        is_active,
        key,
    })
}

fn webhook(mut table: Table, folder: &Path) -> Result<Declaration> {
    let name = table.needed_text("name")?;
    let url = table.needed_text("url")?;
    let url = WebhookSettings::parse_url(&url).map_err(|problem| table.refused("url", &problem))?;
    let events = table.texts("events")?.unwrap_or_default().join(" ");
    let events =
        WantedEvents::parse(&events).map_err(|problem| table.refused("events", &problem))?;
    let settings = WebhookSettings {
        name,
        url,
        events,
        is_enabled: table.truth("enabled")?.unwrap_or(true),
    };
    let settings = settings.checked();
    let settings = settings.map_err(|problem| table.refused_whole(&problem))?;
    let secret = match table.text("secret_file")? {
        None => SharedKey::Kept,
        Some(path) => {
            let text = secret_file(&table, "secret_file", &path, folder)?;
            let secret = WebhookSecret::parse(text.expose_secret());
            let secret = secret.ok_or_else(|| {
                let why =
                    "holds no secret: 24 to 64 bytes in base64, with whsec_ before them or not";
                table.wrong("secret_file", why)
            })?;
            SharedKey::Given(SecretString::from(secret.expose().as_str()))
        }
    };
    Ok(Declaration::Webhook(settings, secret))
}
