//! As much of HTML as it takes to read our own pages: tags, attributes, text.

/// A piece of a page.
#[derive(Debug, PartialEq)]
pub enum Piece {
    /// `<name attributes>`
    Open(String, Vec<(String, String)>),
    /// `</name>`
    Close(String),
    /// Text between tags, with character references resolved.
    Text(String),
}

/// Elements that have no end tag.
const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// The pieces of a page in order; scripts and styles are left out.
pub fn pieces(html: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        push_text(&rest[..start], &mut found);
        rest = &rest[start..];
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->").map_or("", |(_, after)| after)
        } else if rest.starts_with("<!") {
            rest.split_once('>').map_or("", |(_, after)| after)
        } else if let Some(end) = rest.strip_prefix("</") {
            let (name, after) = end.split_once('>').unwrap_or((end, ""));
            found.push(Piece::Close(name.trim().to_lowercase()));
            after
        } else {
            tag(rest, &mut found)
        };
    }
    push_text(rest, &mut found);
    found
}

fn push_text(text: &str, found: &mut Vec<Piece>) {
    if !text.is_empty() {
        found.push(Piece::Text(unescape(text)));
    }
}

/// Reads one start tag; gives back what follows it.
fn tag<'a>(text: &'a str, found: &mut Vec<Piece>) -> &'a str {
    let inner = &text[1..];
    let end = inner
        .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .unwrap_or(inner.len());
    let name = inner[..end].to_lowercase();
    let (attributes, after) = attributes(&inner[end..]);
    if name == "script" || name == "style" {
        let close = format!("</{name}>");
        return after
            .split_once(close.as_str())
            .map_or("", |(_, after)| after);
    }
    let void = VOID.contains(&name.as_str());
    found.push(Piece::Open(name.clone(), attributes));
    if void {
        found.push(Piece::Close(name));
    }
    after
}

fn attributes(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || "=>/".contains(c))
            .unwrap_or(rest.len());
        let name = rest[..end].to_lowercase();
        rest = rest[end..].trim_start();
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            (value, rest) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    after[1..].split_once(quote).unwrap_or((&after[1..], ""))
                }
                _ => after.split_at(
                    after
                        .find(|c: char| c.is_whitespace() || c == '>')
                        .unwrap_or(after.len()),
                ),
            };
        }
        found.push((name, unescape(value)));
    }
}

/// Resolves the character references that a template engine writes.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let resolved = after.split_once(';').and_then(|(name, after)| {
            let c = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => '\u{a0}',
                _ => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((c, after))
        });
        match resolved {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Runs of white space as one space, none at the ends.
pub fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
