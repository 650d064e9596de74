//! Reads the program and its crates as bare code: comments and literals blanked out, tests cut away,
//! line numbers kept.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates of the lower rings, by their names without `keyward-`. All but the first are one module.
pub const CRATES: &[&str] = &["core", "settings", "store", "gateways", "actions"];

/// One file of the program or its crates.
pub struct Source {
    /// Path by modules, with forward slashes: `domain/user.rs` is in `keyward-core`, and
    /// `store/users.rs` in `keyward-store`.
    pub path: String,
    /// Path from the root of the repository.
    pub file: String,
    /// The text as it stands.
    pub text: String,
    /// The text without comments, literals and `#[cfg(test)]` items, of the same length.
    pub code: String,
}

impl Source {
    /// The top-level module to which this file belongs.
    pub fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep the file's own module lies under the crate's root.
    pub fn depth(&self) -> usize {
        let parts = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") {
            parts - 1
        } else {
            parts
        }
    }

    /// `file:line` of a place in the text.
    pub fn place(&self, offset: usize) -> String {
        let line = self.code[..offset].matches('\n').count() + 1;
        format!("{}:{line}", self.file)
    }

    /// Where `word` stands in the code as a whole word (a leading or trailing sign of the pattern
    /// itself needs no boundary).
    pub fn find<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code.match_indices(word).filter_map(move |(at, _)| {
            let before = self.code[..at].chars().next_back();
            let after = self.code[at + word.len()..].chars().next();
            let open = |side: Option<char>, edge: Option<char>| {
                !edge.is_some_and(is_name) || !side.is_some_and(is_name)
            };
            (open(before, word.chars().next()) && open(after, word.chars().next_back()))
                .then_some(at)
        })
    }
}

pub fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Every Rust file under a folder of the repository, in order.
pub fn files(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut found,
    );
    found.sort();
    found
}

/// The folders of our own code, each with what its paths begin with by modules.
fn folders() -> Vec<(String, String)> {
    let mut folders = vec![("src".to_owned(), String::new())];
    for name in CRATES {
        let module = match *name {
            "core" => String::new(),
            name => format!("{name}/"),
        };
        folders.push((format!("crates/keyward-{name}/src"), module));
    }
    folders
}

/// The file that a path by modules means, if there is one.
pub fn file_of(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    folders().into_iter().find_map(|(folder, module)| {
        let inner = path.strip_prefix(&module)?;
        let inner = match inner {
            "mod.rs" => "lib.rs",
            inner => inner,
        };
        let file = root.join(folder).join(inner);
        file.is_file().then_some(file)
    })
}

/// Every Rust file of the program and its crates.
pub fn program() -> Vec<PathBuf> {
    let folders = folders();
    folders
        .iter()
        .flat_map(|(folder, _)| files(folder))
        .collect()
}

/// Every file of the program and its crates.
/// Those named `tests.rs`, and those in a folder `tests`, hold nothing but tests, and are left out.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    for (folder, module) in folders() {
        for path in files(&folder) {
            // What Cargo runs before the build is no part of the program.
            let below = path.strip_prefix(root).unwrap_or(&path);
            let is_test = below.ends_with("tests.rs")
                || below.components().any(|part| part.as_os_str() == "tests");
            if is_test || path.ends_with("src/build.rs") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            let under = |root: &Path| {
                let path = path.strip_prefix(root).expect("it lies there");
                path.to_string_lossy().replace('\\', "/")
            };
            let inner = under(&root.join(&folder));
            sources.push(Source {
                path: match inner.as_str() {
                    "lib.rs" if !module.is_empty() => format!("{module}mod.rs"),
                    inner => format!("{module}{inner}"),
                },
                file: under(root),
                code: without_tests(&bare(&text)),
                text,
            });
        }
    }
    sources
}

/// Blanks comments and the insides of literals.
pub fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let previous = out.chars().next_back();
        let length = skipped(rest, previous).unwrap_or(0);
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        } else {
            blank(&rest[..length], &mut out);
            rest = &rest[length..];
        }
    }
    out
}

/// Length of the comment or literal at the start of `rest`, if there is one.
fn skipped(rest: &str, previous: Option<char>) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if rest.starts_with('"') {
        return Some(quoted(rest));
    }
    if rest.starts_with('r') && !previous.is_some_and(|c| is_name(c) && c != 'b' && c != 'c') {
        return raw_string(rest);
    }
    if let Some(inner) = rest.strip_prefix('\'') {
        return character(inner).map(|length| length + 1);
    }
    None
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    loop {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            match rest[at..].chars().next() {
                Some(c) => at += c.len_utf8(),
                None => return at,
            }
        }
    }
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    let body = rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let close = body.find(&end).unwrap_or(body.len());
    Some((2 + hashes + close + end.len()).min(rest.len()))
}

/// Length of a character literal after its opening quote; `None` for a lifetime.
fn character(inner: &str) -> Option<usize> {
    if let Some(escape) = inner.strip_prefix('\\') {
        let first = escape.chars().next()?.len_utf8();
        return Some(1 + first + escape[first..].find('\'')? + 1);
    }
    let first = inner.chars().next()?.len_utf8();
    inner[first..].starts_with('\'').then_some(first + 1)
}

fn blank(text: &str, out: &mut String) {
    for c in text.chars() {
        if c == '\n' {
            out.push('\n');
        } else {
            out.extend(std::iter::repeat_n(' ', c.len_utf8()));
        }
    }
}

/// Blanks every item under `#[cfg(test)]`.
pub fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        out.push_str(&rest[..start]);
        let end = start + MARK.len() + item(&rest[start + MARK.len()..]);
        blank(&rest[start..end], &mut out);
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Length of the item at the start of `code`: up to its closing brace, or to its semicolon.
fn item(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn only_code_is_left_of_a_source() {
    let text = "let a = 'x'; // crate::web\nlet b: &'a str = r#\"crate::\"web\"#; /* a /* b */ */ f(\"\\\"crate\", '\\'');\n#[cfg(test)]\nmod tests { fn x() { y.unwrap() } }\nlet é = 1;";
    let code = without_tests(&bare(text));
    assert_eq!(code.len(), text.len());
    assert_eq!(code.lines().count(), text.lines().count());
    for gone in ["crate", "unwrap", "tests", "web", "a /*"] {
        assert!(!code.contains(gone), "{gone} is still in {code}");
    }
    for kept in ["let a =", "let b: &'a str =", "f(", "let é = 1;"] {
        assert!(code.contains(kept), "{kept} is gone from {code}");
    }
}
