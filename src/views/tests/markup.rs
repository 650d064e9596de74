//! A reader of the markup that we write: enough to find what is broken in it.

use std::collections::HashSet;

pub struct Tag<'a> {
    pub name: &'a str,
    pub closes: bool,
    pub closed: bool,
    pub attributes: Vec<(&'a str, &'a str)>,
}

impl Tag<'_> {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| *value)
    }
}

/// All tags in their order.
pub fn tags(page: &str) -> Vec<Tag<'_>> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if !inside.starts_with('!') {
            tags.push(tag(inside));
        }
    }
    tags
}

fn tag(inside: &str) -> Tag<'_> {
    let closes = inside.starts_with('/');
    let inside = inside.trim_start_matches('/');
    let closed = inside.ends_with('/');
    let inside = inside.trim_end_matches('/');
    let (name, mut rest) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let word = rest.find(|c: char| c == '=' || c.is_whitespace());
        let (key, after) = rest.split_at(word.unwrap_or(rest.len()));
        let Some(quoted) = after.strip_prefix("=\"") else {
            assert!(!after.starts_with('='), "unquoted: {inside}");
            attributes.push((key, ""));
            rest = after;
            continue;
        };
        let (value, after) = quoted.split_once('"').expect("the quotation ends");
        attributes.push((key, value));
        rest = after;
    }
    Tag {
        name,
        closes,
        closed,
        attributes,
    }
}

const VOID: [&str; 6] = ["meta", "link", "input", "img", "br", "hr"];

/// Fails where the markup is broken, inaccessible, forbidden by the content security policy,
/// or has a hole where a sentence should be.
pub fn check(name: &str, page: &str) {
    let tags = tags(page);
    balanced(name, &tags);
    ids(name, &tags);
    controls(name, &tags);
    for tag in &tags {
        let handler = tag.attributes.iter().find(|(key, _)| key.starts_with("on"));
        assert!(handler.is_none(), "{name}: {handler:?} is a script");
        assert!(
            tag.attribute("style").is_none(),
            "{name}: a style in {}",
            tag.name
        );
        assert!(tag.name != "style", "{name}: an inline style sheet");
        if tag.name == "script" && !tag.closes {
            assert!(tag.attribute("src").is_some(), "{name}: an inline script");
        }
        for url in ["href", "src", "action"]
            .iter()
            .filter_map(|key| tag.attribute(key))
        {
            let ours = url.starts_with('/') || url.starts_with('#');
            // The policy of the answer allows the picture's one origin.
            let is_logo = tag.name == "img" && tag.attribute("class") == Some("client-logo");
            let is_logo = is_logo && url.starts_with("https://");
            assert!(
                ours || is_logo || url.starts_with("otpauth:"),
                "{name}: {url} leads away"
            );
            assert!(!url.starts_with("//"), "{name}: {url} leads away");
        }
    }
    for hole in ["{$", "{ $", "{{", "}}", "undefined", "problem-", "notice-"] {
        assert!(!page.contains(hole), "{name}: {hole}");
    }
    assert_eq!(page.matches("<h1").count(), 1, "{name}: one h1");
    assert!(page.contains("<title>"), "{name}: a title");
}

fn balanced(name: &str, tags: &[Tag<'_>]) {
    let mut open = Vec::new();
    for tag in tags
        .iter()
        .filter(|tag| !tag.closed && !VOID.contains(&tag.name))
    {
        if tag.closes {
            assert_eq!(open.pop(), Some(tag.name), "{name}: {open:?}");
        } else {
            open.push(tag.name);
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
}

/// Ids are unique, and what refers to one refers to one that is there.
fn ids(name: &str, tags: &[Tag<'_>]) {
    let mut ids = HashSet::new();
    for id in tags.iter().filter_map(|tag| tag.attribute("id")) {
        assert!(ids.insert(id), "{name}: {id} twice");
    }
    for tag in tags {
        for key in [
            "for",
            "aria-describedby",
            "aria-labelledby",
            "aria-controls",
        ] {
            for id in tag.attribute(key).iter().flat_map(|ids| ids.split(' ')) {
                assert!(ids.contains(id), "{name}: {key}={id} refers to nothing");
            }
        }
    }
}

/// Every field has a label, every form says how it is sent.
fn controls(name: &str, tags: &[Tag<'_>]) {
    let labelled: HashSet<&str> = tags.iter().filter_map(|tag| tag.attribute("for")).collect();
    for tag in tags.iter().filter(|tag| !tag.closes) {
        match tag.name {
            "input" | "select" | "textarea" if tag.attribute("type") != Some("hidden") => {
                let label = tag.attribute("id").is_some_and(|id| labelled.contains(id));
                assert!(label, "{name}: {:?} has no label", tag.attribute("name"));
            }
            "form" => {
                let method = tag.attribute("method");
                assert!(
                    method.is_some() && tag.attribute("action").is_some(),
                    "{name}"
                );
            }
            "button" => assert!(tag.attribute("type").is_some(), "{name}: a button's type"),
            _ => {}
        }
    }
}
