//! What the server answered, read as a person reads it: text, notices, links, forms with labels.

use std::collections::HashMap;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::html::{self, Piece, tidy};

/// One answer of the server.
#[derive(Clone, Debug)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Path and query that were asked for.
    pub path: String,
    /// The body, as text.
    pub body: String,
}

/// A form of a page, with the values that a person sees in it and those that they do not.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it goes; empty where it goes to its own page.
    pub action: String,
    /// `get` or `post`.
    pub method: String,
    /// Names and values of its fields, in order.
    pub fields: Vec<(String, String)>,
    labels: HashMap<String, String>,
    buttons: Vec<Button>,
}

#[derive(Clone, Debug, Default)]
struct Button {
    text: String,
    name: String,
    value: String,
    action: Option<String>,
}

impl Page {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        (300..400)
            .contains(&self.status)
            .then(|| self.header("location"))
    }

    /// Where it leads by itself: by a redirect, or by a refresh at once.
    pub fn leads_on(&self) -> Option<String> {
        if let Some(to) = self.location() {
            return Some(to.to_owned());
        }
        let begin = r#"http-equiv="refresh" content="0; url="#;
        let (_, after) = self.body.split_once(begin)?;
        let (to, _) = after.split_once('"')?;
        Some(to.replace("&amp;", "&"))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}\n{}", self.path, self.body))
    }

    /// The stable error code of a problem answer.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// All text of the page in one line.
    pub fn text(&self) -> String {
        let pieces = html::pieces(&self.body);
        let words: Vec<_> = pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        tidy(&words.join(" "))
    }

    /// The text of all alerts and status messages.
    pub fn notice(&self) -> String {
        self.texts(|_, attributes| {
            attributes
                .iter()
                .any(|(name, value)| name == "role" && (value == "alert" || value == "status"))
        })
        .join("\n")
    }

    /// The heading of the page.
    pub fn heading(&self) -> String {
        self.texts(|name, _| name == "h1").join(" ")
    }

    /// The address of the link of this text.
    pub fn link(&self, text: &str) -> Option<String> {
        let mut links = self.links().into_iter();
        links.find_map(|(name, address)| (name == text).then_some(address))
    }

    /// The first link to an address that begins like this.
    pub fn link_to(&self, beginning: &str) -> Option<String> {
        let mut addresses = self.links().into_iter().map(|(_, address)| address);
        addresses.find(|address| address.starts_with(beginning))
    }

    /// Name and address of every link.
    pub fn links(&self) -> Vec<(String, String)> {
        let pieces = html::pieces(&self.body);
        let links = pieces.iter().enumerate().filter_map(|(at, piece)| {
            let Piece::Open(name, attributes) = piece else {
                return None;
            };
            let address = attribute(attributes, "href")?;
            (name == "a").then(|| (name_of(&pieces, at), address.to_owned()))
        });
        links.collect()
    }

    fn texts(&self, wanted: impl Fn(&str, &[(String, String)]) -> bool) -> Vec<String> {
        let pieces = html::pieces(&self.body);
        pieces
            .iter()
            .enumerate()
            .filter_map(|(at, piece)| match piece {
                Piece::Open(name, attributes) if wanted(name, attributes) => {
                    Some(inner_text(&pieces, at))
                }
                _ => None,
            })
            .filter(|text| !text.is_empty())
            .collect()
    }

    /// Every form of the page.
    pub fn forms(&self) -> Vec<Form> {
        read_forms(&html::pieces(&self.body))
    }

    /// The first form with a button of this text; a test fails where there is none.
    pub fn form(&self, button: &str) -> Form {
        self.try_form(button).unwrap_or_else(|| {
            panic!(
                "{} ({}) has no form with a button `{button}`: {}",
                self.path,
                self.status,
                self.text()
            )
        })
    }

    /// The first form with a button of this text, as it is sent by that button.
    pub fn try_form(&self, button: &str) -> Option<Form> {
        self.forms().into_iter().find_map(|form| form.by(button))
    }
}

impl Form {
    /// The form as this button sends it.
    fn by(mut self, button: &str) -> Option<Self> {
        let button = self.buttons.iter().find(|b| b.text == button)?.clone();
        if !button.name.is_empty() {
            self.fields.push((button.name, button.value));
        }
        if let Some(action) = button.action {
            self.action = action;
        }
        Some(self)
    }

    /// Whether it has a button.
    pub fn can_be_sent(&self) -> bool {
        !self.buttons.is_empty()
    }

    /// Whether there is a field of this label.
    pub fn asks_for(&self, label: &str) -> bool {
        self.labels.contains_key(label)
    }

    /// The value that a field shows.
    pub fn value(&self, label: &str) -> &str {
        let name = self.name(label);
        self.fields
            .iter()
            .find(|(field, _)| *field == name)
            .map_or("", |(_, value)| value)
    }

    fn name(&self, label: &str) -> String {
        self.labels.get(label).cloned().unwrap_or_else(|| {
            panic!("no field `{label}` among {:?}", self.labels.keys());
        })
    }

    /// Types into the field of this label.
    pub fn fill(self, label: &str, value: &str) -> Self {
        let name = self.name(label);
        self.set(&name, value)
    }

    /// Sets a field by its name, as somebody with developer tools would.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// The text inside the element that opens at `at`.
fn inner_text(pieces: &[Piece], at: usize) -> String {
    let Piece::Open(name, _) = &pieces[at] else {
        return String::new();
    };
    let mut depth = 0;
    let mut text = String::new();
    for piece in &pieces[at..] {
        match piece {
            Piece::Open(other, _) if other == name => depth += 1,
            Piece::Close(other) if other == name => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            Piece::Text(words) => text.push_str(words),
            _ => {}
        }
    }
    tidy(&text)
}

/// What a button or link is called.
fn name_of(pieces: &[Piece], at: usize) -> String {
    match &pieces[at] {
        Piece::Open(_, attributes) => attribute(attributes, "aria-label")
            .map_or_else(|| inner_text(pieces, at), str::to_owned),
        _ => String::new(),
    }
}

/// A control with the form that it belongs to.
fn read_forms(pieces: &[Piece]) -> Vec<Form> {
    let labels = read_labels(pieces);
    let mut forms: Vec<Form> = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut open: Option<usize> = None;
    // Controls may stand outside their form, and before it.
    let mut strays: Vec<(usize, String)> = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Open(name, attributes) if name == "form" => {
                let get = |name| attribute(attributes, name).unwrap_or_default().to_owned();
                ids.push(get("id"));
                open = Some(forms.len());
                forms.push(Form {
                    action: get("action"),
                    method: get("method").to_lowercase(),
                    ..Form::default()
                });
            }
            Piece::Close(name) if name == "form" => open = None,
            Piece::Open(_, attributes) => match (attribute(attributes, "form"), open) {
                (Some(id), _) => strays.push((at, id.to_owned())),
                (None, Some(form)) => forms[form].take(pieces, at, &labels),
                (None, None) => {}
            },
            _ => {}
        }
    }
    for (at, id) in strays {
        if let Some(form) = ids.iter().position(|other| *other == id) {
            forms[form].take(pieces, at, &labels);
        }
    }
    forms
}

impl Form {
    /// Adds the control that opens at `at`, if it is one that is sent.
    fn take(&mut self, pieces: &[Piece], at: usize, labels: &HashMap<usize, String>) {
        let Piece::Open(element, attributes) = &pieces[at] else {
            return;
        };
        let get = |name| attribute(attributes, name);
        let kind = get("type").unwrap_or("text");
        let name = get("name").unwrap_or_default().to_owned();
        let value = get("value").unwrap_or_default().to_owned();
        if get("disabled").is_some() {
            return;
        }
        match element.as_str() {
            "button" if get("type").is_none_or(|kind| kind == "submit") => {
                self.buttons.push(Button {
                    text: name_of(pieces, at),
                    name,
                    value,
                    action: get("formaction").map(str::to_owned),
                });
                return;
            }
            "input" | "select" | "textarea" if !name.is_empty() => {}
            _ => return,
        }
        if let Some(label) = get("aria-label").or(labels.get(&at).map(String::as_str)) {
            self.labels.insert(label.to_owned(), name.clone());
        }
        let value = match element.as_str() {
            "select" => chosen(pieces, at),
            "textarea" => inner_text(pieces, at),
            _ if kind == "checkbox" || kind == "radio" => {
                if get("checked").is_none() {
                    return;
                }
                get("value").unwrap_or("on").to_owned()
            }
            _ => value,
        };
        self.fields.push((name, value));
    }
}

/// The value of the chosen option, or of the first one.
fn chosen(pieces: &[Piece], at: usize) -> String {
    let end = pieces[at..]
        .iter()
        .position(|piece| *piece == Piece::Close("select".to_owned()))
        .map_or(pieces.len(), |length| at + length);
    let options: Vec<_> = (at..end)
        .filter_map(|at| match &pieces[at] {
            Piece::Open(name, attributes) if name == "option" => Some((
                attribute(attributes, "selected").is_some(),
                attribute(attributes, "value")
                    .map_or_else(|| inner_text(pieces, at), str::to_owned),
            )),
            _ => None,
        })
        .collect();
    let first = options.first().cloned();
    options
        .into_iter()
        .find(|(selected, _)| *selected)
        .or(first)
        .map(|(_, value)| value)
        .unwrap_or_default()
}

/// The label of each control, by the control's place.
fn read_labels(pieces: &[Piece]) -> HashMap<usize, String> {
    let mut found = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Open(name, attributes) = piece else {
            continue;
        };
        if name != "label" {
            continue;
        }
        let control = match attribute(attributes, "for") {
            Some(id) => pieces.iter().position(|piece| {
                matches!(piece, Piece::Open(_, attributes) if attribute(attributes, "id") == Some(id))
            }),
            None => pieces[at..]
                .iter()
                .take_while(|piece| **piece != Piece::Close("label".to_owned()))
                .position(|piece| {
                    matches!(piece, Piece::Open(name, _)
                        if ["input", "select", "textarea"].contains(&name.as_str()))
                })
                .map(|distance| at + distance),
        };
        if let Some(control) = control {
            found.insert(control, inner_text(pieces, at));
        }
    }
    found
}
