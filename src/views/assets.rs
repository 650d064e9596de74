//! Style sheets, scripts and drawings, served from the program itself.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::Embedded;

const FOLDER: &str = "assets/";

/// One file as it is sent.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// Its entity tag, with the quotation marks.
    pub etag: String,
    /// Whether the address names this version of it, so that it may be kept for ever.
    pub is_immutable: bool,
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
    let file = Embedded::get(&format!("{FOLDER}{path}"))?;
    let mut digest = data_encoding::HEXLOWER.encode(&file.metadata.sha256_hash());
    digest.truncate(32);
    Some(Asset {
        bytes: file.data,
        content_type,
        etag: format!("\"{digest}\""),
        is_immutable: versioned.is_some(),
    })
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
        assert_eq!(versioned.etag, bare.etag);
        assert_eq!(bare.content_type, "text/css; charset=utf-8");
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
