//! What the papers name is there: files, functions, and the other papers that they link to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::rings::{PAGES, list, page};
use super::source;

/// One Markdown file.
struct Paper {
    path: PathBuf,
    text: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn papers() -> Vec<Paper> {
    let names = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let mut paths: Vec<PathBuf> = names.iter().map(|name| root().join(name)).collect();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                paths.push(path);
            }
        }
    }
    let read = |path: PathBuf| Paper {
        text: fs::read_to_string(&path).expect("the paper is there"),
        path,
    };
    paths.into_iter().map(read).collect()
}

impl Paper {
    fn name(&self) -> String {
        let path = self.path.strip_prefix(root()).unwrap_or(&self.path);
        path.display().to_string()
    }

    /// What stands between two backquotes.
    fn quoted(&self) -> impl Iterator<Item = &str> {
        self.text.split('`').skip(1).step_by(2)
    }

    /// The targets of links to files.
    fn links(&self) -> impl Iterator<Item = &str> {
        let targets = self.text.split("](").skip(1);
        let targets = targets.filter_map(|rest| rest.split(')').next());
        let files = targets.filter(|target| !target.contains("://"));
        files.filter_map(|target| target.split('#').next())
    }
}

/// Where a Rust file that a paper names may lie.
fn file_of(path: &str) -> Option<PathBuf> {
    let written = root().join(path);
    source::file_of(path).or_else(|| written.is_file().then_some(written))
}

/// Whether a Rust file has a function of this name.
fn has_function(file: &Path, name: &str) -> bool {
    let text = fs::read_to_string(file).expect("the file is there");
    let starts = [format!("fn {name}("), format!("fn {name}<")];
    starts.iter().any(|start| text.contains(start.as_str()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = BTreeSet::new();
    for paper in papers() {
        for target in paper.links() {
            let folder = paper.path.parent().expect("a folder");
            if !folder.join(target).exists() {
                wrong.insert(format!("{}: {target}", paper.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn every_file_and_function_that_a_paper_names_is_there() {
    let mut wrong = BTreeSet::new();
    for paper in papers() {
        for name in paper.quoted() {
            let (path, function) = name.split_once("::").unwrap_or((name, ""));
            let is_path = !path.contains(['…', ' ', '*', '{']);
            let there = if path.ends_with(".rs") && is_path {
                file_of(path)
                    .is_some_and(|file| function.is_empty() || has_function(&file, function))
            } else {
                let ours = [
                    "crates/",
                    "docs/",
                    "migrations/",
                    "src/",
                    "templates/",
                    "tests/",
                ];
                let is_ours = is_path && ours.iter().any(|folder| path.starts_with(folder));
                !is_ours || root().join(path).exists()
            };
            if !there {
                wrong.insert(format!("{}: {name}", paper.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", list(&wrong));
}

#[test]
fn the_architecture_names_every_module_of_the_map() {
    let paper = fs::read_to_string(root().join("docs/architecture.md")).expect("it is there");
    let crates = source::CRATES.iter().map(|name| format!("keyward-{name}"));
    let modules = PAGES.iter().flat_map(|file| page(file)).chain(crates);
    let missing: BTreeSet<String> = modules
        .filter(|name| !paper.contains(&format!("`{name}`")))
        .map(|name| format!("docs/architecture.md: {name}"))
        .collect();
    assert!(missing.is_empty(), "{}", list(&missing));
}

#[test]
fn every_decision_stands_in_the_index() {
    let folder = root().join("docs/decisions");
    let index = fs::read_to_string(folder.join("README.md")).expect("the index is there");
    let missing: BTreeSet<String> = papers()
        .iter()
        .filter(|paper| {
            paper.path.parent() == Some(&folder) && !paper.name().ends_with("README.md")
        })
        .map(|paper| {
            paper
                .path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| !index.contains(&format!("]({name})")))
        .collect();
    assert!(missing.is_empty(), "{}", list(&missing));
}

#[test]
fn acceptance_tests_lie_where_that_lies_which_they_drive() {
    let tests = root().join("tests/acceptance");
    let mirrored = |folder: &Path| {
        let below = |parent: &str| root().join(parent).join(folder).is_dir();
        below("src/web")
            || below("src")
            || source::CRATES.iter().any(|name| folder == Path::new(name))
    };
    // The clients that others have drive one address each.
    let alone = |folder: &Path| folder == Path::new("machine/real_clients");
    let strays: BTreeSet<String> = source::files("tests/acceptance")
        .iter()
        .filter_map(|file| {
            file.parent()?
                .strip_prefix(&tests)
                .ok()
                .map(Path::to_path_buf)
        })
        .filter(|folder| !mirrored(folder) && !alone(folder))
        .map(|folder| format!("tests/acceptance/{}", folder.display()))
        .collect();
    assert!(strays.is_empty(), "{}", list(&strays));
}
