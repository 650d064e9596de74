//! Style sheets, scripts and drawings, served from the program itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::Embedded;

const FOLDER: &str = "assets/";

/// The style sheets that every page has, in their order; sent as one, so that a page waits for one
/// answer.
const SHEET: &str = "css/all.css";
const SHEETS: [&str; 30] = [
    "css/reset.css",
    "css/tokens.css",
    "css/base.css",
    "css/parts/icons.css",
    "css/parts/text.css",
    "css/parts/buttons.css",
    "css/parts/fields.css",
    "css/parts/notices.css",
    "css/parts/facts.css",
    "css/parts/cards.css",
    "css/parts/status.css",
    "css/parts/dialogs.css",
    "css/parts/tables.css",
    "css/parts/filters.css",
    "css/parts/panels.css",
    "css/parts/qr.css",
    "css/parts/charts.css",
    "css/pages/way-in.css",
    "css/pages/scan.css",
    "css/pages/secrets.css",
    "css/pages/options.css",
    "css/pages/topbar.css",
    "css/pages/columns.css",
    "css/pages/devices.css",
    "css/pages/console.css",
    "css/pages/overview.css",
    "css/pages/forms.css",
    "css/pages/sign-in.css",
    "css/pages/password.css",
    "css/pages/codes.css",
];

/// One file as it is sent.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// What it holds, in 32 hexadecimal digits.
    digest: String,
    /// Whether the address names this version of it, so that it may be kept for ever.
    pub is_immutable: bool,
}

impl Asset {
    /// The entity tag, with the quotation marks, of its bytes as they are or packed.
    pub fn etag(&self, is_packed: bool) -> String {
        let packed = if is_packed { "-gzip" } else { "" };
        format!("\"{}{packed}\"", self.digest)
    }

    /// Its bytes as gzip. They are packed once for as long as the program runs.
    pub fn packed(&self) -> Vec<u8> {
        static PACKED: LazyLock<Mutex<HashMap<String, Vec<u8>>>> = LazyLock::new(Mutex::default);
        let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
        let pack = || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            // A vector takes everything.
            let _ = encoder.write_all(&self.bytes);
            encoder.finish().unwrap_or_default()
        };
        packed
            .entry(self.digest.clone())
            .or_insert_with(pack)
            .clone()
    }
}

/// The version of all assets together: 12 hexadecimal digits that change when any of them does.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut paths: Vec<_> = Embedded::iter()
            .filter(|path| path.starts_with(FOLDER))
            .collect();
        paths.sort();
        let mut hash = Sha256::new();
        for path in paths {
            if let Some(file) = Embedded::get(&path) {
                hash.update(path.as_bytes());
                hash.update(file.metadata.sha256_hash());
            }
        }
        let mut digest = data_encoding::HEXLOWER.encode(&hash.finalize());
        digest.truncate(12);
        digest
    });
    &VERSION
}

/// The address of an asset, `css/base.css` for instance, with its version.
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", version())
}

/// The asset at what follows `/assets/`, with or without the version. Scripts import each other
/// by relative addresses, so the version is a folder and they stay within it.
pub fn find(path: &str) -> Option<Asset> {
    let versioned = path
        .strip_prefix(version())
        .and_then(|rest| rest.strip_prefix('/'));
    let path = versioned.unwrap_or(path);
    // A development build reads from the disk.
    if path.split('/').any(|part| part.starts_with('.')) {
        return None;
    }
    let content_type = content_type(path)?;
    let bytes = match path {
        SHEET => sheet()?,
        _ => Embedded::get(&format!("{FOLDER}{path}"))?.data,
    };
    let mut digest = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    digest.truncate(32);
    Some(Asset {
        bytes,
        content_type,
        digest,
        is_immutable: versioned.is_some(),
    })
}

fn sheet() -> Option<Cow<'static, [u8]>> {
    let mut all = Vec::new();
    for path in SHEETS {
        all.extend_from_slice(&Embedded::get(&format!("{FOLDER}{path}"))?.data);
    }
    Some(all.into())
}

fn content_type(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_versioned_address_may_be_kept_and_a_bare_one_not() {
        let versioned = find(&format!("{}/css/base.css", version())).expect("a style sheet");
        let bare = find("css/base.css").expect("a style sheet");
        assert!(versioned.is_immutable && !bare.is_immutable);
        assert_eq!(versioned.etag(true), bare.etag(true));
        assert_ne!(versioned.etag(true), versioned.etag(false));
        assert_eq!(bare.content_type, "text/css; charset=utf-8");
    }

    #[test]
    fn the_style_sheets_are_one() {
        let sheet = find(SHEET).expect("a style sheet");
        let length: usize = SHEETS
            .iter()
            .map(|path| find(path).expect(path).bytes.len())
            .sum();
        assert_eq!(sheet.bytes.len(), length);
        assert!(sheet.packed().len() < length / 2);
    }

    #[test]
    fn nothing_outside_the_assets_is_found() {
        for path in [
            "",
            "css",
            "../layout/base.html",
            "css/../../locales/en/common.ftl",
            "/etc/passwd",
            "../../Cargo.toml",
            "../assets/css/base.css",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
