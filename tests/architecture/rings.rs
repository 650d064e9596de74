//! Imports go down only: between crates the compiler keeps that, and inside the two crates of several
//! modules the order is the one of their `lib.rs`, which is their map.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::source::{self, Source, is_name};

/// What ring 0 must not know: waiting, threads, the network and files.
const NOT_IN_RING_0: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures_util",
    "actix_web",
    "diesel",
    "reqwest",
    "std::fs",
    "TcpListener",
    "TcpStream",
    "UdpSocket",
    "std::process",
    "std::thread",
    "std::io",
];

/// The pages: the roots of the crates that have several modules.
pub const PAGES: [&str; 2] = ["crates/keyward-core/src/lib.rs", "src/lib.rs"];

/// The modules of a page in order.
pub fn page(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = fs::read_to_string(path).expect("a crate has a root");
    let modules = text.lines().filter_map(|line| {
        let name = line.strip_prefix("pub mod ")?;
        name.strip_suffix(';').map(str::to_owned)
    });
    modules.collect()
}

/// The top-level modules that a file names, each with the place where it does.
fn imports(file: &Source) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for at in file.find("crate::") {
        let names = heads(&file.code[at + "crate::".len()..]);
        found.extend(names.into_iter().map(|name| (name, at)));
    }
    // `super::super::x` reaches the root too, where the chain is as long as the module is deep.
    for at in file.find("super::") {
        if file.code[..at].ends_with("super::") {
            continue;
        }
        let chain = &file.code[at..];
        let steps = chain
            .as_bytes()
            .chunks(7)
            .take_while(|step| *step == b"super::")
            .count();
        if steps >= file.depth() {
            found.extend(
                heads(&chain[steps * 7..])
                    .into_iter()
                    .map(|name| (name, at)),
            );
        }
    }
    found
}

/// The first names of a path, or of each branch of a group of paths.
pub fn heads(path: &str) -> Vec<String> {
    let Some(group) = path.strip_prefix('{') else {
        return vec![path.chars().take_while(|c| is_name(*c)).collect()];
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut name = String::new();
    let mut open = true;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(std::mem::take(&mut name));
                open = true;
            }
            _ if depth == 0 && open && is_name(c) => name.push(c),
            _ if depth == 0 && open && !name.is_empty() => open = false,
            _ => {}
        }
    }
    names.push(name);
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn imports_go_upwards_on_the_page_only() {
    let mut wrong = BTreeSet::new();
    for root in PAGES {
        let page = page(root);
        assert!(page.len() > 1, "{root} is no page");
        let position = |name: &str| page.iter().position(|module| module == name);
        for file in source::all() {
            let Some(own) = position(file.module()) else {
                continue;
            };
            for (name, at) in imports(&file) {
                if position(&name).is_some_and(|other| other > own) {
                    wrong.insert(format!(
                        "{}: `{}` imports `{name}`, which stands below it in {root}",
                        file.place(at),
                        file.module()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn ring_0_reads_writes_and_waits_for_nothing() {
    let page = page(PAGES[0]);
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        if !page.iter().any(|module| module == file.module()) {
            continue;
        }
        for word in NOT_IN_RING_0 {
            for at in file.find(word) {
                wrong.insert(format!("{}: `{word}` in ring 0", file.place(at)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// What a crate may depend on of ours; the program may depend on all of them but the store.
const BELOW: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("settings", &["core"]),
    ("store", &["core"]),
    ("gateways", &["core", "settings"]),
    ("actions", &["core", "settings", "store", "gateways"]),
];

#[test]
fn a_crate_depends_on_those_of_lower_rings_only() {
    let mut wrong = BTreeSet::new();
    assert!(BELOW.iter().map(|(name, _)| name).eq(source::CRATES));
    for (name, below) in BELOW {
        let file = format!("crates/keyward-{name}/Cargo.toml");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        let text = fs::read_to_string(path).expect("a crate has a manifest");
        // Databases for tests, which know the store alone.
        let (program, for_tests) = text.split_once("[dev-dependencies]").unwrap_or((&text, ""));
        let for_tests = for_tests.replace("\nkeyward-test-databases.", "\n");
        for line in program.lines().chain(for_tests.lines()) {
            let Some(rest) = line.strip_prefix("keyward-") else {
                continue;
            };
            let other = rest.split(['.', ' ']).next().unwrap_or_default();
            if !below.contains(&other) {
                wrong.insert(format!("{file}: keyward-{other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

/// Rows are read and written by actions alone: whatever a page or a command does to the database is
/// a function that a permit can be asked of.
#[test]
fn the_program_reaches_the_database_through_actions_alone() {
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        if file.file.starts_with("src/") {
            for at in file.find("keyward_store") {
                wrong.insert(format!("{}: `keyward_store`", file.place(at)));
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let text = fs::read_to_string(path).expect("the program has a manifest");
    let (_, needs) = text.split_once("\n[dependencies]\n").expect("it needs");
    let needs = needs.split("\n[").next().unwrap_or_default();
    assert!(needs.contains("keyward-actions"), "{needs}");
    if needs.contains("keyward-store") {
        wrong.insert("Cargo.toml: keyward-store".to_owned());
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

pub fn list(lines: &BTreeSet<String>) -> String {
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    format!("\n{}", lines.join("\n"))
}

#[test]
fn a_forbidden_import_is_seen_however_it_is_written() {
    let file = |path: &str, code: &str| Source {
        path: path.to_owned(),
        file: path.to_owned(),
        text: code.to_owned(),
        code: code.to_owned(),
    };
    let seen = |path, code| {
        let mut names: Vec<_> = imports(&file(path, code))
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names
    };
    assert_eq!(seen("domain/user.rs", "use crate::web::Page;"), ["web"]);
    assert_eq!(
        seen(
            "domain/user.rs",
            "use crate::{store::{a, b::c}, web, self as x};"
        ),
        ["self", "store", "web"]
    );
    assert_eq!(seen("domain/user.rs", "crate::cli::run()"), ["cli"]);
    assert_eq!(seen("domain/user.rs", "use super::super::web;"), ["web"]);
    assert!(seen("domain/user.rs", "use super::device::Device;").is_empty());
    assert_eq!(seen("clock.rs", "use super::web;"), ["web"]);
    assert!(seen("clock.rs", "mycrate::web; supercrate").is_empty());
}
