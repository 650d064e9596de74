//! In how many round trips a page loads: everything that it needs is named in it, so that the
//! browser asks for all of it at once, when it has read the head.

use std::collections::BTreeSet;

use crate::views::assets;

/// As many connections as browsers open to one server over HTTP/1.1: what is needed beyond that
/// waits for another answer.
const AT_ONCE: usize = 6;

/// What stands between these two marks, wherever they are.
fn between<'a>(text: &'a str, before: &'a str, after: char) -> impl Iterator<Item = &'a str> {
    let parts = text.split(before).skip(1);
    parts.filter_map(move |part| part.split(after).next())
}

/// Checks that neither a script nor a style sheet of a page leads to something that the page does
/// not name itself.
pub(super) fn check(name: &str, page: &str) {
    let prefix = assets::url("");
    let assets_after = |mark: &str| -> BTreeSet<String> {
        let mark = format!("{mark}{prefix}");
        between(page, &mark, '"').map(str::to_owned).collect()
    };
    let sheets = assets_after("<link rel=\"stylesheet\" href=\"");
    assert_eq!(sheets.len(), 1, "{name}: one style sheet: {sheets:?}");
    let scripts = assets_after("<script type=\"module\" src=\"");
    let preloaded = assets_after("<link rel=\"modulepreload\" href=\"");
    let named: BTreeSet<&String> = scripts.union(&preloaded).collect();
    for path in &named {
        let script = text_of(path);
        assert!(!script.contains("import("), "{name}: {path} imports late");
        let imports =
            between(&script, "from \"./", '"').chain(between(&script, "import \"./", '"'));
        for import in imports {
            let import = format!("js/{import}");
            assert!(
                named.contains(&import),
                "{name}: {path} needs {import}, which the page does not preload"
            );
        }
    }
    // Who is in has most of it from the page before.
    let needed = named.len() + sheets.len();
    let is_first = name.contains("-sign-in-");
    assert!(
        !is_first || needed <= AT_ONCE,
        "{name}: {needed} files: {named:?}"
    );
    for path in &sheets {
        let sheet = text_of(path);
        assert!(!sheet.contains("@import"), "{path} needs another");
        assert!(!sheet.contains("url("), "{path} needs a file");
    }
}

fn text_of(path: &str) -> String {
    let asset = assets::find(path).unwrap_or_else(|| panic!("no {path}"));
    String::from_utf8(asset.bytes.into_owned()).expect("text")
}
