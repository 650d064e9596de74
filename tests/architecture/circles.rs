//! Inside a folder, what two modules both need stands in a third: nobody has to read both to
//! understand one.

use std::collections::{BTreeMap, BTreeSet};

use super::rings::heads;
use super::source::{self, Source};

/// The folders whose modules form no circle.
const FOLDERS: &[&str] = &["domain", "web/console", "web/extract", "web/pages", "views"];

/// The module of a folder that a file is, or lies in; `None` for files elsewhere and for the folder's
/// own.
fn member<'a>(file: &'a Source, folder: &str) -> Option<&'a str> {
    let rest = file.path.strip_prefix(folder)?.strip_prefix('/')?;
    let name = rest.split('/').next()?.trim_end_matches(".rs");
    (name != "mod").then_some(name)
}

/// What a file names of the folder, by way of the crate's root or from beside it.
fn named(file: &Source, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let path = format!("crate::{}::", folder.replace('/', "::"));
    for at in file.find(&path) {
        found.extend(heads(&file.code[at + path.len()..]));
    }
    let up = file.depth() - folder.split('/').count();
    for at in file.find("super::") {
        if file.code[..at].ends_with("super::") {
            continue;
        }
        let chain = &file.code[at..];
        let steps = chain.as_bytes().chunks(7);
        if steps.take_while(|step| *step == b"super::").count() == up {
            found.extend(heads(&chain[up * 7..]));
        }
    }
    found
}

#[test]
fn the_modules_of_a_folder_form_no_circle() {
    let files = source::all();
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        let members: BTreeSet<&str> = files.iter().filter_map(|it| member(it, folder)).collect();
        assert!(members.len() > 5, "{folder} lies elsewhere");
        let mut needs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for file in &files {
            let Some(own) = member(file, folder) else {
                continue;
            };
            let named = named(file, folder);
            let others = members.iter().filter(|it| **it != own);
            let others = others.filter(|it| named.iter().any(|name| name == **it));
            needs.entry(own).or_default().extend(others);
        }
        let links: usize = needs.values().map(BTreeSet::len).sum();
        assert!(links > 3, "{folder}: {links} imports are seen");
        // Whoever needs nobody that is left is understood; what stays goes round.
        while let Some(done) = needs
            .iter()
            .find(|(_, others)| others.iter().all(|it| !needs.contains_key(it)))
            .map(|(name, _)| *name)
        {
            needs.remove(done);
        }
        if !needs.is_empty() {
            wrong.push(format!("{folder}: {needs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
