//! The settings that all servers of one database must share: a browser that is sent from one to another
//! must not notice.

use std::collections::BTreeMap;

use super::Settings;
use super::section::Section;
use keyward_core::domain::upstream::UpstreamProvider;

/// What is each server's own: where it listens, and what its machine can do.
const OWN: &[&str] = &[
    "server.listen",
    "server.workers",
    "server.shutdown",
    "server.trusted_proxies",
    "server.tls.certificate",
    "server.tls.key",
    "server.redirect_from",
    "passwords.at_once",
    "mail.ca",
    "webhooks.ca_file",
    "siem.ca_file",
];

impl Settings {
    /// What each of the shared settings is, by its key.
    pub fn shared(&self) -> BTreeMap<String, String> {
        let mut shared = BTreeMap::new();
        let mut add = |section: &str, values: Vec<(&str, String)>| {
            for (key, value) in values {
                let key = format!("{section}.{key}");
                if !OWN.contains(&key.as_str()) {
                    shared.insert(key, value);
                }
            }
        };
        macro_rules! add {
            ($($field:ident: $section:ty),+) => {
                $(add(<$section>::NAME, self.$field.values());)+
            };
        }
        add!(
            server: super::Server,
            webauthn: super::Webauthn,
            session: super::Session,
            totp: super::Totp,
            backup_codes: super::BackupCodes,
            codes: super::Codes,
            phone: super::Phone,
            trusted_browser: super::TrustedBrowser,
            lockout: super::Lockout,
            policy: super::Policy,
            metadata: super::Metadata,
            yubikey: super::Yubikey,
            keys: super::Keys,
            passwords: super::Passwords,
            recovery: super::Recovery,
            invitation: super::Invitation,
            pass: super::Pass,
            mail: super::Mail,
            openid: super::Openid,
            webhooks: super::Webhooks,
            siem: super::Siem
        );
        for provider in &self.upstream {
            // The certificates are each server's own files.
            let provider = UpstreamProvider {
                authorities: None,
                ..provider.clone()
            };
            let key = format!("upstream.{}", provider.name);
            shared.insert(key, format!("{provider:?}"));
        }
        let party = &self.relying_party;
        shared.insert(
            "server.public_url".to_owned(),
            self.server.public_url.to_string(),
        );
        shared.insert("webauthn.rp_id".to_owned(), party.id.clone());
        shared.insert("webauthn.rp_name".to_owned(), party.name.clone());
        shared.insert(
            "webauthn.related_origins".to_owned(),
            party.origins.join(" "),
        );
        shared
    }
}
