//! Imports go down only. The order is the one of `src/lib.rs`, which is its map.

use std::collections::BTreeSet;

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

/// The modules of the page in order, each with its ring.
fn page() -> Vec<(String, usize)> {
    let lib = source::all()
        .into_iter()
        .find(|file| file.path == "lib.rs")
        .expect("src/lib.rs is there");
    let mut ring = 0;
    let mut modules = Vec::new();
    for line in lib.text.lines() {
        if let Some(number) = line.strip_prefix("// Ring ") {
            ring = number
                .chars()
                .next()
                .and_then(|digit| digit.to_digit(10))
                .expect("a ring has a number") as usize;
        }
        if let Some(name) = line
            .trim_start_matches("pub ")
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            modules.push((name.to_owned(), ring));
        }
    }
    modules
}

/// The top-level modules that a file names, each with the place where it does.
fn imports(file: &Source) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for root in ["crate::", "keyward::"] {
        for at in file.find(root) {
            found.extend(
                heads(&file.code[at + root.len()..])
                    .into_iter()
                    .map(|name| (name, at)),
            );
        }
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
fn heads(path: &str) -> Vec<String> {
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
    let page = page();
    let position = |name: &str| page.iter().position(|(module, _)| module == name);
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        let Some(own) = position(file.module()) else {
            continue;
        };
        for (name, at) in imports(&file) {
            if position(&name).is_some_and(|other| other > own) {
                wrong.insert(format!(
                    "{}: `{}` imports `{name}`, which stands below it in src/lib.rs",
                    file.place(at),
                    file.module()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn every_module_stands_on_the_page() {
    let page = page();
    assert!(page.iter().map(|(_, ring)| *ring).is_sorted());
    for file in source::all() {
        let module = file.module();
        assert!(
            module == "lib" || module == "main" || page.iter().any(|(name, _)| name == module),
            "src/{} is not on the page of src/lib.rs",
            file.path
        );
    }
}

#[test]
fn ring_0_reads_writes_and_waits_for_nothing() {
    let page = page();
    let mut wrong = BTreeSet::new();
    for file in source::all() {
        if !page.contains(&(file.module().to_owned(), 0)) {
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

pub fn list(lines: &BTreeSet<String>) -> String {
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    format!("\n{}", lines.join("\n"))
}

#[test]
fn a_forbidden_import_is_seen_however_it_is_written() {
    let file = |path: &str, code: &str| Source {
        path: path.to_owned(),
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
