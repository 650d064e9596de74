//! Fills the form of a page that is rendered already with what was typed into it before.
//!
//! One mechanism for every form: a page need not know that it is shown a second time. The document
//! is read by a tokenizer of the HTML standard and written again; only the fields of the one form
//! differ.

use html5gum::{HtmlString, StartTag, Token, Tokenizer};

use super::escape::escape;

/// What was typed: names and values, in the order of the form.
pub type Typed = [(String, String)];

/// The document with the form that goes to `action` filled in; `None` where there is none.
pub fn refill(document: &str, action: &str, typed: &Typed) -> Option<String> {
    let mut writer = Writer {
        action,
        typed,
        page: String::with_capacity(document.len() + 256),
        is_within: false,
        is_found: false,
        before: place_of(document, action, typed),
        text: None,
        select: None,
    };
    for Ok(token) in Tokenizer::new(document) {
        writer.write(token);
    }
    writer.is_found.then_some(writer.page)
}

/// How many forms that go to `action` stand before the one that has a field for all that was typed, as the
/// rows of a list each have one for themselves; 0 where none has.
fn place_of(document: &str, action: &str, typed: &Typed) -> usize {
    let mut forms: Vec<Vec<String>> = Vec::new();
    let mut is_within = false;
    for Ok(token) in Tokenizer::new(document) {
        match token {
            Token::StartTag(tag) if text_of(&tag.name) == "form" => {
                is_within = goes_to(&tag, action);
                if is_within {
                    forms.push(Vec::new());
                }
            }
            Token::StartTag(tag) if is_within => {
                if let (Some(names), Some(name)) = (forms.last_mut(), attribute(&tag, "name")) {
                    names.push(name);
                }
            }
            Token::EndTag(tag) if text_of(&tag.name) == "form" => is_within = false,
            _ => {}
        }
    }
    let has_all = |names: &Vec<String>| typed.iter().all(|(name, _)| names.contains(name));
    forms.iter().position(has_all).unwrap_or(0)
}

/// Whether a form is sent to this address.
fn goes_to(tag: &StartTag<()>, action: &str) -> bool {
    attribute(tag, "action").as_deref() == Some(action)
        && attribute(tag, "method").as_deref() == Some("post")
}

struct Writer<'a> {
    action: &'a str,
    typed: &'a Typed,
    page: String,
    is_within: bool,
    is_found: bool,
    /// How many forms that go to the same address come before the one.
    before: usize,
    /// What stands in the text area that is open, in place of what stood there.
    text: Option<String>,
    /// What is chosen in the selection that is open.
    select: Option<String>,
}

impl Writer<'_> {
    fn write(&mut self, token: Token<()>) {
        match token {
            Token::StartTag(tag) => self.start(tag),
            Token::EndTag(tag) => self.end(&text_of(&tag.name)),
            Token::String(text) if self.text.is_none() => {
                self.page.push_str(&escape(&text_of(&text.value)));
            }
            Token::String(_) | Token::Comment(_) | Token::Error(_) => {}
            Token::Doctype(_) => self.page.push_str("<!doctype html>"),
        }
    }

    fn start(&mut self, mut tag: StartTag<()>) {
        let name = text_of(&tag.name);
        if name == "form" {
            let goes_there = goes_to(&tag, self.action) && !self.is_found;
            self.is_within = goes_there && self.before == 0;
            self.is_found |= self.is_within;
            if goes_there {
                self.before = self.before.saturating_sub(1);
            }
        }
        let mut text = None;
        if self.is_within {
            match name.as_str() {
                "input" => self.fill(&mut tag),
                "textarea" => text = self.value(&tag),
                "select" => self.select = self.value(&tag),
                "option" => self.choose(&mut tag),
                "details" if attribute(&tag, "open").is_none() => {
                    put(&mut tag, "open", "");
                }
                _ => {}
            }
        }
        self.page.push('<');
        self.page.push_str(&name);
        for (name, value) in &tag.attributes {
            let (name, value) = (text_of(name), text_of(&value.value));
            self.page
                .push_str(&format!(" {name}=\"{}\"", escape(&value)));
        }
        self.page
            .push_str(if tag.self_closing { "/>" } else { ">" });
        if let Some(text) = text {
            // The first line end after the tag is not part of the text (HTML §13.1.2.5).
            self.page.push('\n');
            self.page.push_str(&escape(&text));
            self.text = Some(text);
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "form" => self.is_within = false,
            "textarea" => self.text = None,
            "select" => self.select = None,
            _ => {}
        }
        self.page.push_str(&format!("</{name}>"));
    }

    fn fill(&self, tag: &mut StartTag<()>) {
        let kind = attribute(tag, "type").unwrap_or_default();
        let Some(name) = attribute(tag, "name") else {
            return;
        };
        match kind.as_str() {
            // What was in these goes into no page, and buttons say the same again.
            "password" | "hidden" | "submit" | "button" => {}
            "checkbox" | "radio" => {
                let value = attribute(tag, "value").unwrap_or_else(|| "on".to_owned());
                let is_chosen = self
                    .typed
                    .iter()
                    .any(|(typed, chosen)| *typed == name && *chosen == value);
                tag.attributes.remove(&HtmlString(b"checked".to_vec()));
                if is_chosen {
                    put(tag, "checked", "");
                }
            }
            _ => {
                if let Some(value) = self.value(tag) {
                    put(tag, "value", &value);
                }
            }
        }
    }

    fn choose(&self, tag: &mut StartTag<()>) {
        let (Some(chosen), Some(value)) = (&self.select, attribute(tag, "value")) else {
            return;
        };
        tag.attributes.remove(&HtmlString(b"selected".to_vec()));
        if value == *chosen {
            put(tag, "selected", "");
        }
    }

    /// What was typed into this field.
    fn value(&self, tag: &StartTag<()>) -> Option<String> {
        let name = attribute(tag, "name")?;
        let mut typed = self.typed.iter();
        let (_, value) = typed.find(|(typed, _)| *typed == name)?;
        Some(value.clone())
    }
}

fn text_of(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(&HtmlString(name.as_bytes().to_vec()))?;
    Some(text_of(&value.value))
}

fn put(tag: &mut StartTag<()>, name: &str, value: &str) {
    let value = HtmlString(value.as_bytes().to_vec());
    let name = HtmlString(name.as_bytes().to_vec());
    tag.attributes.insert(name, value.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html>\n<html><head><title>a &amp; b</title></head><body>\
        <form method=\"get\" action=\"/save\"><input name=\"name\" value=\"\"></form>\
        <form method=\"post\" action=\"/save\"><input name=\"name\" value=\"old\">\
        <input type=\"hidden\" name=\"version\" value=\"7\">\
        <input type=\"password\" name=\"api_key\">\
        <input type=\"checkbox\" name=\"group.staff\" value=\"true\">\
        <input type=\"checkbox\" name=\"group.old\" value=\"true\" checked>\
        <textarea name=\"urls\">before</textarea>\
        <select name=\"level\"><option value=\"1\" selected>one</option><option value=\"2\">two</option></select>\
        <button>Save</button></form><p>&lt;b&gt;</p></body></html>";

    fn typed(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        fields.iter().map(owned).collect()
    }

    #[test]
    fn what_was_typed_stands_in_the_form_again_and_secrets_do_not() {
        let fields = typed(&[
            ("name", "<\"new\">"),
            ("version", "6"),
            ("api_key", "secret"),
            ("group.staff", "true"),
            ("urls", "\nhttp://a</textarea><script>"),
            ("level", "2"),
        ]);
        let page = refill(PAGE, "/save", &fields).expect("a form");
        for part in [
            "<form action=\"/save\" method=\"get\"><input name=\"name\" value=\"\">",
            "<input name=\"name\" value=\"&lt;&quot;new&quot;&gt;\">",
            "<input name=\"version\" type=\"hidden\" value=\"7\">",
            "<input checked=\"\" name=\"group.staff\"",
            "<input name=\"group.old\" type=\"checkbox\" value=\"true\">",
            "<textarea name=\"urls\">\n\nhttp://a&lt;/textarea&gt;&lt;script&gt;</textarea>",
            "<option value=\"1\">one</option><option selected=\"\" value=\"2\">two",
            "<title>a &amp; b</title>",
            "<p>&lt;b&gt;</p>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(
            !page.contains("secret") && !page.contains("before"),
            "{page}"
        );
    }

    #[test]
    fn a_page_without_the_form_is_left_alone() {
        assert_eq!(refill(PAGE, "/elsewhere", &typed(&[("name", "x")])), None);
    }

    #[test]
    fn of_the_forms_to_one_address_the_one_with_the_fields_is_filled() {
        let row =
            "<form method=\"post\" action=\"/save\"><input name=\"leave\" value=\"1\"></form>";
        let page = format!("{row}{row}{PAGE}{row}");
        let filled = refill(&page, "/save", &typed(&[("name", "new"), ("level", "2")]));
        let filled = filled.expect("the form is there");
        assert!(
            filled.contains("<input name=\"name\" value=\"new\">"),
            "{filled}"
        );
        assert_eq!(filled.matches("name=\"leave\" value=\"1\"").count(), 3);
    }
}
