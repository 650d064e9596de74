//! Where a sentence stands in its file.

use std::collections::BTreeMap;

use crate::views::Embedded;

/// The embedded files with this ending, by their paths.
fn files(ending: &str) -> BTreeMap<String, String> {
    Embedded::iter()
        .filter(|path| path.ends_with(ending))
        .map(|path| {
            let file = Embedded::get(&path).expect("listed");
            let text = String::from_utf8(file.data.into_owned()).expect("UTF-8");
            (path.into_owned(), text)
        })
        .collect()
}

/// The page that alone says a sentence, with the place at which it does; none for one that several
/// pages share, or that code puts together.
fn place<'a>(key: &str, pages: &'a BTreeMap<String, String>) -> (&'a str, usize) {
    let key = format!("\"{key}\"");
    let mut saying = pages
        .iter()
        .filter_map(|(page, text)| Some((page.as_str(), text.find(&key)?)));
    match (saying.next(), saying.next()) {
        (Some(place), None) => place,
        _ => ("", 0),
    }
}

/// The keys of a file in their order, each with the page under whose heading it stands.
fn keys(text: &str) -> Vec<(&str, &str)> {
    let mut heading = "";
    let mut keys = Vec::new();
    for line in text.lines() {
        if let Some(page) = line.strip_prefix("## ") {
            heading = page;
        } else if let Some((key, _)) = line.split_once(" =")
            && line.starts_with(|first: char| first.is_ascii_lowercase())
        {
            keys.push((heading, key));
        }
    }
    keys
}

#[test]
fn a_sentence_stands_under_its_page_in_the_order_in_which_the_page_says_it() {
    let pages = files(".html");
    let mut strays = Vec::new();
    for (path, text) in files(".ftl") {
        let mut last = ("", 0);
        for (heading, key) in keys(&text) {
            let (page, at) = place(key, &pages);
            if heading != page || (page, at) < last {
                let belongs = match page {
                    "" => "above all pages".to_owned(),
                    page => format!("under `## {page}`, in the order of that page"),
                };
                strays.push(format!("{path}: `{key}` stands {belongs}"));
            }
            last = (page, at);
        }
    }
    assert!(strays.is_empty(), "{}", strays.join("\n"));
}
