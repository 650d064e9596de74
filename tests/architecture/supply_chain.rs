//! What a dependency may bring along: licences, copies, other people's C.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::rings::list;
use super::source;

/// Licences that ask for no more than a notice, or (MPL) for changes to their own files.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Two copies of one of these are two behaviours, or two keyrings.
const ONE_COPY: &[&str] = &[
    "actix-web",
    "diesel",
    "minijinja",
    "ring",
    "rustls",
    "tokio",
    "webauthn-rs-core",
    "webauthn-rs-proto",
];

/// A second TLS library in one process is a second set of defects, and these need a C tool chain.
const BANNED: &[&str] = &[
    "aws-lc-rs",
    "aws-lc-sys",
    "native-tls",
    "openssl",
    "openssl-sys",
    "rustls-platform-verifier",
];

/// Lines of crates that an advisory is open for, and that nobody mends: with their versions up to the
/// first dot that changes.
const FORSAKEN: &[(&str, &str, &str)] = &[(
    "h2",
    "0.3.",
    "RUSTSEC-2026-0258: empty frames without end; actix-web brings it with its feature `http2`",
)];

/// Crates that are in the program twice, and whose doing that is.
const KNOWN_COPIES: &[(&str, &str)] = &[
    ("aead", COOKIE),
    ("aes", COOKIE),
    ("aes-gcm", COOKIE),
    ("argon2", GLUE),
    (
        "base64",
        "actix-web's cookie has 0.20, webauthn-rs 0.21, hyper-util 0.23",
    ),
    ("blake2", GLUE),
    ("block-buffer", COOKIE),
    ("cipher", COOKIE),
    ("cpufeatures", COOKIE),
    ("crypto-common", COOKIE),
    ("ctr", COOKIE),
    ("digest", COOKIE),
    ("getrandom", "ring has 0.2, rand 0.9 of actix-session 0.3"),
    ("ghash", COOKIE),
    ("hkdf", COOKIE),
    ("hmac", COOKIE),
    ("http", "actix-web speaks http 0.2, reqwest 1"),
    ("inout", COOKIE),
    (
        "nom",
        "lettre has 8, webauthn-rs's parsers of certificates 7",
    ),
    ("password-hash", GLUE),
    ("polyval", COOKIE),
    ("rand", "actix-web's cookie has 0.8, actix-session 0.9"),
    ("rand_chacha", "with rand"),
    ("rand_core", "with rand"),
    (
        "regex-syntax",
        "regex has 0.8, phonenumber's regex-cache 0.6",
    ),
    ("serde_spanned", TOML),
    ("sha2", COOKIE),
    ("thiserror", "webauthn-rs-core has 1"),
    ("toml", TOML),
    ("toml_datetime", TOML),
    ("universal-hash", COOKIE),
    ("winnow", TOML),
];
const COOKIE: &str = "actix-web's cookie 0.16 has the generation of RustCrypto before ours";
const GLUE: &str = "webauthn-rs's crypto-glue has the generation of RustCrypto before ours";
const TOML: &str = "figment has toml 0.8, diesel_migrations 0.9";

/// Direct dependencies that no line of code names, and what they are for.
const SILENT: &[(&str, &str)] = &[(
    "libsqlite3-sys",
    "its feature `bundled` builds SQLite into the program",
)];

struct Package {
    name: String,
    version: String,
    licence: Option<String>,
}

/// A package of ours.
struct Member {
    name: String,
    /// Its folder.
    folder: PathBuf,
    /// Direct dependencies as code names them, each with whether only tests use it.
    direct: BTreeMap<String, bool>,
}

struct Chain {
    packages: Vec<Package>,
    /// The packages of the workspace.
    members: Vec<Member>,
}

fn chain() -> &'static Chain {
    static CHAIN: OnceLock<Chain> = OnceLock::new();
    CHAIN.get_or_init(read)
}

fn read() -> Chain {
    // Without the filter cargo wants every crate of every platform, which nobody has downloaded.
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--locked",
        "--offline",
        "--all-features",
        "--filter-platform",
        &host(),
    ]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo speaks JSON");
    let packages = rows(&metadata["packages"])
        .map(|package| Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: package["license"].as_str().map(str::to_owned),
        })
        .collect();
    let ours: BTreeSet<String> = rows(&metadata["workspace_members"]).map(text).collect();
    let members = rows(&metadata["packages"])
        .filter(|package| ours.contains(&text(&package["id"])))
        .map(member)
        .collect();
    Chain { packages, members }
}

fn member(package: &Value) -> Member {
    let mut direct = BTreeMap::new();
    for dependency in rows(&package["dependencies"]) {
        let name = dependency["rename"]
            .as_str()
            .or(dependency["name"].as_str())
            .expect("a dependency has a name");
        let tests_only = dependency["kind"] == "dev";
        let entry = direct.entry(name.to_owned()).or_insert(tests_only);
        *entry &= tests_only;
    }
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    Member {
        name: text(&package["name"]),
        folder: manifest.parent().expect("a folder").to_owned(),
        direct,
    }
}

fn rows(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn host() -> String {
    let about = run(Command::new("rustc").arg("-vV"));
    about
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("rustc knows its host")
        .to_owned()
}

fn cargo(arguments: &[&str]) -> String {
    run(Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments))
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the tool chain is there");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("tools speak UTF-8")
}

impl Chain {
    fn versions(&self, name: &str) -> Vec<&str> {
        self.packages
            .iter()
            .filter(|package| package.name == name)
            .map(|package| package.version.as_str())
            .collect()
    }
}

/// Name and version of what is linked into the program, macros and build scripts aside.
fn shipped() -> BTreeSet<(String, String)> {
    let tree = cargo(&[
        "tree",
        "--package=keyward",
        "--locked",
        "--offline",
        "--all-features",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--format={p}",
    ]);
    tree.lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(" v")?;
            let version = rest.split(' ').next()?;
            Some((name.to_owned(), version.to_owned()))
        })
        .collect()
}

#[test]
fn every_licence_lets_keyward_be_given_away() {
    let wrong: BTreeSet<_> = chain()
        .packages
        .iter()
        .filter(|package| !package.licence.as_deref().is_some_and(free))
        .map(|package| {
            format!(
                "{} {}: {:?}",
                package.name, package.version, package.licence
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Whether an SPDX expression can be met by the licences above. `/` is the old way to write OR.
fn free(expression: &str) -> bool {
    let expression = expression
        .replace('/', " OR ")
        .replace(" WITH LLVM-exception", "");
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at);
    met && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> bool {
    let mut met = both(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at);
    }
    met
}

fn both(words: &[&str], at: &mut usize) -> bool {
    let mut met = licence(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= licence(words, at);
    }
    met
}

fn licence(words: &[&str], at: &mut usize) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let met = either(words, at);
        *at += 1;
        return met;
    }
    LICENCES.contains(&word)
}

#[test]
fn there_is_one_copy_of_what_must_agree_with_itself() {
    for name in ONE_COPY {
        let versions = chain().versions(name);
        assert_eq!(versions.len(), 1, "{name}: {versions:?}");
    }
}

#[test]
fn there_is_one_tls_library() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"))
        .expect("the lock file is checked in");
    for name in BANNED {
        assert!(
            !lock.contains(&format!("\nname = \"{name}\"\n")),
            "{name} came in; `cargo tree --target all --all-features -i {name}` says through whom"
        );
    }
}

#[test]
fn nothing_decodes_pictures() {
    const DECODERS: [&str; 12] = [
        "avif", "gif", "image", "jpeg", "jxl", "png", "resvg", "tiff", "usvg", "webp", "zune",
        "skia",
    ];
    let decodes = |name: &str| name.split(['-', '_']).any(|word| DECODERS.contains(&word));
    let found: Vec<_> = shipped()
        .into_iter()
        .filter(|(name, _)| decodes(name))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_crate_is_in_the_program_once_or_for_a_known_reason() {
    let shipped = shipped();
    let mut copies: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, version) in &shipped {
        copies.entry(name).or_default().insert(version);
    }
    copies.retain(|_, versions| versions.len() > 1);
    let mut wrong = BTreeSet::new();
    for (name, versions) in &copies {
        if !KNOWN_COPIES.iter().any(|(known, _)| known == name) {
            wrong.insert(format!("{name}: {versions:?}, for no known reason"));
        }
    }
    for (name, reason) in KNOWN_COPIES {
        if !copies.contains_key(name) {
            wrong.insert(format!("{name}: there is one copy only now ({reason})"));
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn every_direct_dependency_is_used() {
    let mut wrong = BTreeSet::new();
    for member in &chain().members {
        let read = |folders: &[&str]| -> String {
            folders
                .iter()
                .map(|folder| member.folder.join(folder))
                .filter(|folder| folder.is_dir())
                .flat_map(source::files)
                .map(|path| source::bare(&fs::read_to_string(path).expect("sources are UTF-8")))
                .collect()
        };
        let has_sources = member.folder.join("src").is_dir();
        let program = read(if has_sources { &["src"] } else { &["."] });
        // Some tests of a crate lie beside all others.
        let manifest = member.folder.join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).expect("a crate has a manifest");
        let targets = manifest.lines().filter_map(|line| {
            let path = line.strip_prefix("path = \"")?;
            path.strip_suffix("/main.rs\"")
        });
        let folders: Vec<&str> = ["src", "tests", "benches"]
            .into_iter()
            .chain(targets)
            .collect();
        let everything = read(&folders);
        for (name, tests_only) in &member.direct {
            if SILENT.iter().any(|(silent, _)| silent == name) {
                continue;
            }
            let ident = name.replace('-', "_");
            let code = if *tests_only { &everything } else { &program };
            let used = code.match_indices(&ident).any(|(at, _)| {
                !code[..at].ends_with(source::is_name)
                    && code[at + ident.len()..].starts_with(['!', ':', ';', ' '])
            });
            if !used {
                wrong.insert(format!("{}: {name} is named nowhere", member.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn a_licence_expression_is_met_by_what_it_says() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
        "Apache-2.0 OR GPL-2.0-only",
        "(Apache-2.0 OR MIT) AND BSD-3-Clause",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    ] {
        assert!(free(good), "{good}");
    }
    for bad in [
        "GPL-3.0-only",
        "MIT AND GPL-2.0-only",
        "(GPL-2.0-only OR MIT) AND AGPL-3.0-only",
        "",
    ] {
        assert!(!free(bad), "{bad}");
    }
}

#[test]
fn nothing_comes_of_a_line_that_nobody_mends() {
    let shipped = shipped();
    for (name, line, why) in FORSAKEN {
        let found = shipped
            .iter()
            .find(|(shipped, version)| shipped == name && version.starts_with(line));
        assert!(found.is_none(), "{name} {line}: {why}");
    }
}
