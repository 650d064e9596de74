//! The paths of rules, and those that requests ask for.
//!
//! A rule is only worth something where the application behind it reads a path as we do. Proxies,
//! frameworks and file systems do not agree on what `/a//b`, `/a/%2e%2e/b`, `/a;x/b` or `/a%2Fb` is.
//! So a request is judged in every way in which its path can be read, and it is refused where two of
//! them come to two rules.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

use super::invalid;
use crate::problem::Result;

/// The paths that a rule is about.
///
/// - `/admin` is that path and whatever is below it; `/` is every path.
/// - `=/admin` is that path alone.
/// - `/api/*/public` and `/files/**/*.png` are patterns of a whole path: `*` stands for any characters
///   of one segment, `**` for any number of segments, none too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Segment {
    Literal(String),
    /// With `*` in it.
    Pattern(String),
    /// `**`
    Any,
}

impl PathPattern {
    /// The longest pattern, in bytes.
    pub const LONGEST: usize = 1024;

    /// Reads a pattern.
    ///
    /// # Errors
    /// `application.invalid`
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let wrong = |why: &str| {
            let shown: String = text.chars().take(100).collect();
            invalid(format!("the path \"{shown}\" {why}"))
        };
        if text.len() > Self::LONGEST {
            return Err(wrong("is longer than 1024 bytes"));
        }
        let (path, is_exact) = match text.strip_prefix('=') {
            Some(path) => (path, true),
            None => (text, false),
        };
        if !path.starts_with('/') {
            return Err(wrong("does not begin with a slash"));
        }
        if path.contains(['?', '#']) {
            return Err(wrong("has a query, which rules do not look at"));
        }
        if path.chars().any(char::is_control) || path.contains('\\') {
            return Err(wrong("has characters that no path has"));
        }
        let mut segments = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let decoded = decoded(part).into_owned();
            if matches!(decoded.as_str(), "." | "..") {
                return Err(wrong(
                    "has dots for a segment: no request is judged by such",
                ));
            }
            if decoded.contains(['/', '\\', '\u{FFFD}']) || decoded.chars().any(char::is_control) {
                return Err(wrong(
                    "hides a slash or another character that no segment has",
                ));
            }
            if part != "**" && part.contains("**") {
                return Err(wrong("has ** beside other characters of one segment"));
            }
            segments.push(Segment::read(part));
        }
        let is_pattern = segments
            .iter()
            .any(|segment| !matches!(segment, Segment::Literal(_)));
        if is_exact && is_pattern {
            return Err(wrong("cannot be one path and a pattern"));
        }
        Ok(Self::of(text, segments))
    }

    /// The pattern of a row; `None` where it can be none. What stands there keeps its meaning, whatever
    /// the rule for new ones is today.
    pub fn from_stored(text: &str) -> Option<Self> {
        let path = text.strip_prefix('=').unwrap_or(text);
        let parts = path.strip_prefix('/')?.split('/');
        let segments = parts.filter(|part| !part.is_empty()).map(Segment::read);
        Some(Self::of(text, segments.collect()))
    }

    fn of(text: &str, mut segments: Vec<Segment>) -> Self {
        let is_literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
        if !text.starts_with('=') && segments.iter().all(is_literal) {
            segments.push(Segment::Any);
        }
        Self {
            text: text.to_owned(),
            segments,
        }
    }

    /// Every path.
    pub fn everything() -> Self {
        Self {
            text: "/".to_owned(),
            segments: vec![Segment::Any],
        }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is about this reading of a path.
    fn matches(&self, path: &[Cow<'_, str>]) -> bool {
        // Back to the last `**` at most, so that no path costs more than length times length.
        let (mut at, mut from) = (0, 0);
        let mut last: Option<(usize, usize)> = None;
        loop {
            match (self.segments.get(at), path.get(from)) {
                (Some(Segment::Any), _) => {
                    last = Some((at, from));
                    at += 1;
                }
                (Some(segment), Some(part)) if segment.matches(part) => {
                    (at, from) = (at + 1, from + 1);
                }
                (None, None) => return true,
                _ => match last {
                    Some((any, taken)) if taken < path.len() => {
                        last = Some((any, taken + 1));
                        (at, from) = (any + 1, taken + 1);
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Whether every path of `other` is one of these, as far as that shows.
    pub(super) fn covers(&self, other: &Self) -> bool {
        covers(&self.segments, &other.segments)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn covers(wide: &[Segment], narrow: &[Segment]) -> bool {
    // One row a segment of `wide`, from the end: whether what is left covers what is left of `narrow`.
    let mut rest: Vec<bool> = (0..=narrow.len())
        .map(|from| from == narrow.len())
        .collect();
    for segment in wide.iter().rev() {
        let mut row = vec![false; narrow.len() + 1];
        for from in (0..=narrow.len()).rev() {
            let next = narrow.get(from);
            let one_on = |row: &[bool]| row.get(from + 1).copied().unwrap_or_default();
            let is_covered = match (segment, next) {
                (Segment::Any, _) => rest.get(from).copied().unwrap_or_default() || one_on(&row),
                (segment, Some(next)) => segment.covers(next) && one_on(&rest),
                (_, None) => false,
            };
            if let Some(cell) = row.get_mut(from) {
                *cell = is_covered;
            }
        }
        rest = row;
    }
    rest.first().copied().unwrap_or_default()
}

impl Segment {
    fn read(part: &str) -> Self {
        match part {
            "**" => Self::Any,
            part if part.contains('*') => Self::Pattern(decoded(part).into_owned()),
            part => Self::Literal(decoded(part).into_owned()),
        }
    }

    fn matches(&self, part: &str) -> bool {
        match self {
            Self::Literal(text) => text == part,
            Self::Pattern(pattern) => glob(pattern, part),
            Self::Any => true,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Any) => matches!(self, Self::Any),
            (Self::Pattern(pattern), _) if pattern == "*" => true,
            (_, Self::Literal(text)) => self.matches(text),
            (_, Self::Pattern(_)) => self == other,
        }
    }
}

/// Whether `*` for any characters makes the one the other, in time that grows with their lengths: what
/// stands between two of them is found where it stands first.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// Why the path of a request is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadPath {
    /// No path is of this form.
    NoPath,
    /// It has more segments than are read in several ways.
    TooManySegments,
}

/// The path of a request, in every way in which it can be read.
#[derive(Clone, Debug)]
pub struct RequestPath<'a> {
    first: Vec<Cow<'a, str>>,
    others: Vec<Vec<Cow<'a, str>>>,
}

impl<'a> RequestPath<'a> {
    /// The longest path that is judged, in bytes, without its query.
    pub const LONGEST: usize = 8192;

    /// The most segments that are read in several ways, encoded slashes counted: as many as make the
    /// dozen readings in a third of a millisecond.
    const MOST_READ: usize = 512;

    /// Reads the path of a request's target, without its query.
    ///
    /// # Errors
    /// [`UnreadPath::NoPath`] for what no path is: it is too long, does not begin with a slash, or has control
    /// characters, encoded ones too, or a `#`, which no client sends (RFC 9112 §3.2) and before which a
    /// server may end the path. [`UnreadPath::TooManySegments`] where it has more than 512 and can be read in
    /// several ways.
    pub fn parse(path: &'a str) -> std::result::Result<Self, UnreadPath> {
        if path.len() > Self::LONGEST || !path.starts_with('/') || path.contains('#') {
            return Err(UnreadPath::NoPath);
        }
        let special = |byte: u8| matches!(byte, b'%' | b';' | b'\\') || byte.is_ascii_control();
        let is_plain = !path.bytes().any(special) && !path.contains("//") && !path.contains("/.");
        if is_plain {
            let segments = path.split('/').filter(|part| !part.is_empty());
            return Ok(Self {
                first: segments.map(Cow::Borrowed).collect(),
                others: Vec::new(),
            });
        }
        let once = decoded(path);
        let twice = decoded(&once).into_owned();
        if [path, &*once, &*twice]
            .iter()
            .any(|text| text.chars().any(char::is_control))
        {
            return Err(UnreadPath::NoPath);
        }
        // Every slash of every reading is one in this text.
        let slashes = twice.bytes().filter(|byte| matches!(byte, b'/' | b'\\'));
        if slashes.count() > Self::MOST_READ {
            return Err(UnreadPath::TooManySegments);
        }
        let slashed = |text: &str| text.replace('\\', "/");
        let by_segment = || path.split('/').skip(1).map(decoded);
        // RFC 3986 §6.2.2: each segment decoded, dots resolved; slashes that stand beside each other
        // are one.
        let first = resolved(by_segment());
        let mut others = Vec::new();
        let mut add = |segments: Vec<Cow<'a, str>>| {
            if segments != first && !others.contains(&segments) {
                others.push(segments);
            }
        };
        // As it stands: nothing resolved, nothing merged but the end.
        add(trimmed(by_segment().collect()));
        // Nothing merged, dots resolved.
        add(trimmed(walked(by_segment(), false)));
        // Each of these with slashes merged, and with none.
        let mut add_both = |segments: Vec<Cow<'a, str>>| {
            add(resolved(segments.iter().cloned()));
            add(trimmed(walked(segments.into_iter(), false)));
        };
        // Without what RFC 2396 §3.3 called parameters of a segment.
        if path.contains(';') {
            add_both(path.split('/').skip(1).map(bare).map(decoded).collect());
        }
        // Encoded slashes and backslashes as slashes, decoded once and twice; and the same up to what was
        // encoded and begins a query or a fragment.
        let mut texts = Vec::new();
        for text in [slashed(&once), slashed(&twice)] {
            let front = text.split(['?', '#']).next().unwrap_or_default().to_owned();
            texts.extend([text, front]);
        }
        texts.dedup();
        for text in texts {
            let parts = || text.split('/').skip(1);
            add_both(parts().map(|part| Cow::Owned(part.to_owned())).collect());
            if text.contains(';') {
                add_both(
                    parts()
                        .map(|part| Cow::Owned(bare(part).to_owned()))
                        .collect(),
                );
            }
        }
        Ok(Self { first, others })
    }

    fn readings(&self) -> impl Iterator<Item = &[Cow<'a, str>]> {
        let others = self.others.iter();
        std::iter::once(&self.first)
            .chain(others)
            .map(Vec::as_slice)
    }

    /// How many segments its readings have, and so how much it costs to compare them with a pattern.
    pub(super) fn segments(&self) -> usize {
        self.readings().map(|reading| reading.len() + 1).sum()
    }

    /// The rule of each reading, by a function that finds it.
    pub(super) fn agree<T: PartialEq>(
        &self,
        rule_of: impl Fn(&dyn Fn(&PathPattern) -> bool) -> T,
    ) -> Option<T> {
        let mut found = self
            .readings()
            .map(|reading| rule_of(&|pattern: &PathPattern| pattern.matches(reading)));
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }
}

/// A segment without its parameters.
fn bare(part: &str) -> &str {
    part.split(';').next().unwrap_or_default()
}

/// With dots resolved, and without empty segments.
fn resolved<'a>(segments: impl Iterator<Item = Cow<'a, str>>) -> Vec<Cow<'a, str>> {
    walked(segments, true)
}

fn walked<'a>(segments: impl Iterator<Item = Cow<'a, str>>, merges: bool) -> Vec<Cow<'a, str>> {
    let mut path: Vec<Cow<'a, str>> = Vec::new();
    for segment in segments {
        match &*segment {
            "" if merges => {}
            "." => {}
            ".." => {
                path.pop();
            }
            _ => path.push(segment),
        }
    }
    path
}

/// Without the empty segments after a last slash.
fn trimmed(mut segments: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    if segments.last().is_some_and(|last| last.is_empty()) {
        segments.pop();
    }
    segments
}

/// Percent-encoded octets decoded (RFC 3986 §2.1); what is no UTF-8 becomes the replacement character.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
