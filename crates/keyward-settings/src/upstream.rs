//! `[[upstream]]`

use std::collections::BTreeSet;
use std::time::Duration;

use figment::value::{Dict, Value};
use ipnet::IpNet;
use secrecy::SecretString;
use url::{Host, Url};

use super::form::{Form, Given};
use super::forms::{authorities, days, duration, list, minutes, network, secret, text, truth};
use super::section::{Section, section};
use super::server::Server;
use super::source::{Source, Wrong};
use keyward_core::domain::group::GroupName;
use keyward_core::domain::outgoing::AuthorityCertificates;
use keyward_core::domain::upstream::{Provisioning, UpstreamName, UpstreamProvider};

section! {
    /// An OpenID provider at which people may sign in, such as Entra. It is written as a table
    /// `[[upstream]]`, as `[upstream.NAME]`, or as `[upstream]` where there is one alone.
    UpstreamTable = "" {
        /// What it is called in addresses, such as `/upstream/NAME/callback`: the NAME of
        /// `[upstream.NAME]`, where it is written so.
        id "id": Option<UpstreamName> = upstream_name().optional("`entra` where `tenant_id` is given, else `openid`");
        /// What its button says after `Continue with`.
        name "name": Option<String> = text(64).optional("`Microsoft` where `tenant_id` is given, else the host of `issuer`");
        /// Its issuer, letter by letter as its own discovery document has it.
        issuer "issuer": Option<String> = issuer().optional("that of `tenant_id` at login.microsoftonline.com");
        /// The tenant of Entra whose users may sign in, and no other's.
        tenant_id "tenant_id": Option<String> = tenant().optional("none: it is not Entra");
        /// Our id as its client.
        client_id "client_id": String = text(256);
        /// The secret shared with it. Without one we are a public client, which PKCE alone protects.
        client_secret "client_secret": Option<SecretString> = secret().or_from_file().optional("none");
        /// Where its answers go, which must be registered there letter by letter.
        redirect_uri "redirect_uri": Option<Url> = redirect_uri().optional("`server.public_url` and `/upstream/NAME/callback`");
        /// Whether guests of the tenant may sign in too.
        admits_guests "admits_guests": bool = truth().or("false");
        /// Whether its multi-factor authentication stands for the second factor, where a token says
        /// that there was one within `max_age`. Superusers prove one of their own, and so does whom the
        /// policy `own-second-factor` concerns.
        counts_as_second_factor "counts_as_second_factor": bool = truth().or("false");
        /// How long ago that may have been.
        max_age "max_age": Duration = duration(minutes(1)..=days(7)).or("1h");
        /// The classes of authentication that are asked for (`acr_values`), where the provider needs that
        /// to ask for a second factor.
        acr_values "acr_values": Option<String> = text(512).optional("none");
        /// The tenant for whose members a first sign-in makes an account: the value of `tid` in their
        /// tokens, or the issuer where the provider has no tenants.
        provision_tenant "provision.tenant": Option<String> = text(512).optional("accounts are made by invitations and administrators alone");
        /// The groups of Keyward that such accounts join.
        provision_groups "provision.groups": Vec<GroupName> = groups().or("[]");
        /// Values of `groups`, of which a token must hold one for that.
        provision_members_of "provision.members_of": Vec<String> = values().or("[]");
        /// Whether signing out here leads to signing out there.
        sign_out_there "sign_out_there": bool = truth().or("false");
        /// Networks that it is reached in although they are loopback, private or link-local. By plain
        /// http no others are.
        networks "networks": Vec<IpNet> = networks().or("[]");
        /// A file of certificates as PEM that its own may be signed with, besides those that browsers
        /// trust. It is read at the start.
        ca_file "ca_file": Option<AuthorityCertificates> = authorities().optional("none");
        /// How long it may take for one answer.
        timeout "timeout": Duration = duration(Duration::from_millis(100)..=minutes(1)).or("5s");
    }
}

/// The key under which all providers stand.
pub(super) const KEY: &str = "upstream";

/// The most providers that a sign-in page has buttons for.
const MOST: usize = 16;

fn upstream_name() -> Form<UpstreamName> {
    Form::new("1 to 32 of a-z, 0-9 and `-`", |given: &Given| {
        UpstreamName::parse(given.text()?)
            .ok_or_else(|| "must have 1 to 32 of a-z, 0-9 and dashes within".to_owned())
    })
}

/// Kept letter by letter: two issuers are the same where their texts are (OpenID Connect Discovery 1.0
/// §4.3).
fn issuer() -> Form<String> {
    Form::new("an address without query and fragment", |given: &Given| {
        let text = given.text()?.trim();
        let is_bare = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        let parsed = Url::parse(text).ok().filter(is_bare);
        parsed.map(|_| text.to_owned()).ok_or_else(|| {
            format!("\"{text}\" is no issuer such as https://login.example.com/realms/staff")
        })
    })
}

/// One tenant: `common` and its like would let everybody in who has an account at Microsoft.
fn tenant() -> Form<String> {
    Form::new("the id of a directory: a UUID", |given: &Given| {
        let text = given.text()?.trim().to_ascii_lowercase();
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        let is_uuid =
            lengths == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        is_uuid.then_some(text).ok_or_else(|| {
            "must be the id of one directory, such as 11111111-2222-3333-4444-555555555555"
                .to_owned()
        })
    })
}

fn redirect_uri() -> Form<Url> {
    Form::new(
        "an address that ends in `/upstream/NAME/callback`",
        |given: &Given| {
            let text = given.text()?.trim();
            let is_sound = |url: &Url| {
                let is_local = matches!(url.host(), Some(Host::Domain("localhost")));
                (url.scheme() == "https" || url.scheme() == "http" && is_local)
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty()
            };
            Url::parse(text).ok().filter(is_sound).ok_or_else(|| {
                format!("\"{text}\" is no address that a browser can be sent back to")
            })
        },
    )
}

fn networks() -> Form<Vec<IpNet>> {
    list(network(), "a list of networks such as `10.0.0.0/8`")
}

fn groups() -> Form<Vec<GroupName>> {
    let group = Form::new("a group's name", |given: &Given| {
        let text = given.text()?;
        GroupName::parse(text).map_err(|_| format!("\"{text}\" is no name of a group"))
    });
    list(group, "a list of groups")
}

fn values() -> Form<Vec<String>> {
    list(text(256), "a list of texts")
}

/// All providers, however they are written.
pub(super) fn tables() -> Form<Vec<UpstreamTable>> {
    let read =
        |source: Result<Source, Wrong>| source.and_then(|source| UpstreamTable::read(&source));
    Form::new("a list of tables", move |given: &Given| {
        if let Ok(dict) = given.table() {
            if dict.contains_key("client_id") {
                return read(Source::of_table::<UpstreamTable>(dict))
                    .map(|table| vec![table])
                    .map_err(|wrong| wrong.sentence());
            }
            return dict
                .iter()
                .map(|(name, table)| {
                    read(named(name, table))
                        .map_err(|wrong| format!("{name}: {}", wrong.sentence()))
                })
                .collect();
        }
        let tables = given.list()?;
        let read = |(index, table): (usize, &Given)| {
            read(Source::of_table::<UpstreamTable>(table.table()?))
                .map_err(|wrong| format!("table {}: {}", index + 1, wrong.sentence()))
        };
        tables.iter().enumerate().map(read).collect()
    })
    .or("[]")
}

/// The table of `[upstream.NAME]`.
fn named(name: &str, table: &Value) -> Result<Source, Wrong> {
    let Some(table) = table.as_dict() else {
        return Err(Wrong::new(
            name,
            "is none of its keys, or `client_id` is missing beside it",
        ));
    };
    let mut table: Dict = table.clone();
    table
        .entry("id".to_owned())
        .or_insert_with(|| Value::from(name));
    Source::of_table::<UpstreamTable>(&table)
}

/// Whether the settings file itself holds the secret of a provider.
pub(super) fn hold_secrets(value: &Value) -> bool {
    match value {
        Value::Dict(_, table) => {
            table.contains_key("client_secret") || table.values().any(hold_secrets)
        }
        Value::Array(_, tables) => tables.iter().any(hold_secrets),
        _ => false,
    }
}

/// The providers that the tables describe.
///
/// # Errors
/// What contradicts what.
pub(super) fn providers(
    tables: Vec<UpstreamTable>,
    server: &Server,
) -> Result<Vec<UpstreamProvider>, Wrong> {
    if tables.len() > MOST {
        return Err(Wrong::new(KEY, format!("has more than {MOST} providers")));
    }
    let providers = tables.into_iter().map(|table| provider(table, server));
    let providers: Vec<UpstreamProvider> = providers.collect::<Result<_, _>>()?;
    let mut names = BTreeSet::new();
    let mut issuers = BTreeSet::new();
    for provider in &providers {
        if !names.insert(&provider.name) {
            let why = format!("has two providers of the id {}", provider.name);
            return Err(Wrong::new(KEY, why));
        }
        // Their users could not be told apart.
        if !issuers.insert(&provider.issuer) {
            let why = format!("has two providers of the issuer {}", provider.issuer);
            return Err(Wrong::new(KEY, why));
        }
    }
    Ok(providers)
}

fn provider(table: UpstreamTable, server: &Server) -> Result<UpstreamProvider, Wrong> {
    let usual = match table.tenant_id {
        Some(_) => "entra",
        None => "openid",
    };
    let name = table.id.or_else(|| UpstreamName::parse(usual));
    let name = name.ok_or_else(|| Wrong::new(KEY, "has a provider without an id"))?;
    let wrong = |why: String| Wrong::new(KEY, format!("({name}) {why}"));
    let issuer = match (&table.issuer, &table.tenant_id) {
        (Some(issuer), _) => issuer.clone(),
        (None, Some(tenant)) => format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        (None, None) => return Err(wrong("needs issuer or tenant_id".to_owned())),
    };
    let host = Url::parse(&issuer).ok();
    let host = host.as_ref().and_then(Url::host_str).unwrap_or_default();
    let label = table.name.unwrap_or_else(|| match &table.tenant_id {
        Some(_) => "Microsoft".to_owned(),
        None => host.to_owned(),
    });
    let callback = format!("/upstream/{name}/callback");
    let redirect_uri = match table.redirect_uri {
        Some(uri) if !uri.path().ends_with(&callback) => {
            return Err(wrong(format!(
                "has a redirect_uri that does not end in {callback}"
            )));
        }
        Some(uri) => uri,
        None => {
            let joined = server.public_url.join(&callback);
            joined.map_err(|error| wrong(format!("has no redirect_uri: {error}")))?
        }
    };
    let provisioning = match table.provision_tenant {
        Some(tenant) => Some(Provisioning {
            tenant,
            members_of: table.provision_members_of,
            groups: table.provision_groups,
        }),
        None if table.provision_groups.is_empty() && table.provision_members_of.is_empty() => None,
        None => {
            return Err(wrong(
                "has provision.groups without provision.tenant".to_owned(),
            ));
        }
    };
    Ok(UpstreamProvider {
        name,
        label,
        issuer,
        tenant: table.tenant_id,
        client_id: table.client_id,
        client_secret: table.client_secret,
        redirect_uri,
        admits_guests: table.admits_guests,
        counts_as_second_factor: table.counts_as_second_factor,
        max_age: table.max_age,
        acr_values: table.acr_values,
        provisioning,
        sign_out_there: table.sign_out_there,
        networks: table.networks,
        authorities: table.ca_file,
        timeout: table.timeout,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret as _;

    use super::super::{Environment, Settings};

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keyward.toml");
        fs::write(&path, file).expect("a file");
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let environment = Environment::of(environment.iter().map(owned));
        Settings::load(Some(&path), environment).map_err(|problem| problem.to_string())
    }

    const TENANT: &str = "tenant_id = \"11111111-2222-4333-8444-555555555555\"";

    #[test]
    fn one_provider_or_several_are_written_as_toml_has_it() {
        let one = format!("[upstream]\n{TENANT}\nclient_id = \"a\"");
        let named = "[upstream.staff]\nissuer = \"https://a.example/b\"\nclient_id = \"a\"\n\
             [upstream.other]\nissuer = \"https://b.example\"\nclient_id = \"b\"\nname = \"Others\"";
        let several = format!(
            "[[upstream]]\n{TENANT}\nclient_id = \"a\"\n[[upstream]]\nid = \"x\"\n\
             issuer = \"https://b.example\"\nclient_id = \"b\"\nprovision.tenant = \"t\"\n\
             provision.groups = [\"staff\"]"
        );
        let told = |file: &str| {
            let settings = load(file, &[]).unwrap_or_else(|why| panic!("{why}"));
            let providers = settings.upstream.into_iter();
            let told = providers.map(|one| (one.name.to_string(), one.label, one.issuer));
            told.collect::<Vec<_>>()
        };
        let entra = (
            "entra".to_owned(),
            "Microsoft".to_owned(),
            "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0"
                .to_owned(),
        );
        assert_eq!(told(""), []);
        assert_eq!(told(&one), std::slice::from_ref(&entra));
        let names: Vec<_> = told(named).into_iter().map(|one| (one.0, one.1)).collect();
        let expected = [("other", "Others"), ("staff", "a.example")];
        assert_eq!(names, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(told(&several)[0], entra);
        let settings = load(&several, &[]).expect("settings");
        let other = settings.upstream.last().expect("another");
        assert_eq!(
            other.redirect_uri.as_str(),
            "http://localhost:8080/upstream/x/callback"
        );
        assert!(other.provisioning.is_some());
    }

    #[test]
    fn the_secret_of_the_one_provider_can_stand_in_the_environment() {
        let file = format!("[upstream]\n{TENANT}\nclient_id = \"a\"");
        let given = [("KEYWARD_UPSTREAM__CLIENT_SECRET", "secret")];
        let settings = load(&file, &given).expect("settings");
        let secret = settings.upstream[0].client_secret.as_ref().expect("one");
        assert_eq!(secret.expose_secret(), "secret");
        assert!(!format!("{settings:?}").contains("\"secret\""));
    }

    #[test]
    fn what_would_let_anybody_in_or_contradicts_itself_is_refused() {
        for (table, why) in [
            ("client_id = \"a\"", "needs issuer or tenant_id"),
            (
                "tenant_id = \"common\"\nclient_id = \"a\"",
                "must be the id of one directory",
            ),
            (
                "issuer = \"https://a.example?b\"\nclient_id = \"a\"",
                "is no issuer",
            ),
            ("issuer = \"https://a.example\"", "is missing"),
            (
                "issuer = \"https://a.example\"\nclient_id = \"a\"\nclient_sceret = \"x\"",
                "the nearest one is client_secret",
            ),
            (
                "issuer = \"https://a.example\"\nclient_id = \"a\"\n\
                 redirect_uri = \"https://k.example/cb\"",
                "does not end in /upstream/openid/callback",
            ),
            (
                "issuer = \"https://a.example\"\nclient_id = \"a\"\nprovision.groups = [\"x\"]",
                "without provision.tenant",
            ),
            (
                "issuer = \"https://a.example\"\nclient_id = \"a\"\n[[upstream]]\n\
                 id = \"b\"\nissuer = \"https://a.example\"\nclient_id = \"a\"",
                "two providers of the issuer",
            ),
        ] {
            let refused = load(&format!("[[upstream]]\n{table}"), &[]);
            let said = refused.err().unwrap_or_else(|| panic!("{table} is taken"));
            assert!(said.contains(why), "{table}: {said}");
        }
    }
}
