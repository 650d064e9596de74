//! The parameter `claims` (OpenID Connect Core 1.0 §5.5): which claims a client asks for, and where.

use serde_json::{Map, Value};

use super::Refusal;
use crate::domain::authentication_context::ContextClass;
use crate::domain::openid_grant::{ClaimName, NamedClaims};

/// What a client asks for by name, as far as there is such a claim here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// The claims.
    pub named: NamedClaims,
    /// The context classes that the ID token must or should have, and whether it must.
    pub acr: Option<(Vec<ContextClass>, bool)>,
    /// The one subject that the answer may be about.
    pub subject: Option<String>,
}

/// The longest text, in bytes.
const LONGEST: usize = 4096;
/// The deepest nesting: the standard's own examples have four.
const DEEPEST: usize = 8;

impl ClaimsRequest {
    /// Reads the parameter. Its length and depth are bounded before it is parsed.
    ///
    /// # Errors
    /// `invalid_request`
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = |what| Refusal::parameter("claims", what);
        if text.len() > LONGEST {
            return Err(refused("has more than 4096 bytes"));
        }
        if depth(text) > DEEPEST {
            return Err(refused("is nested too deeply"));
        }
        let read: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| refused("is no JSON object"))?;
        let part = |name: &str| match read.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(part)) => Ok(part.clone()),
            Some(_) => Err(refused("holds something else than objects")),
        };
        let (id_token, userinfo) = (part("id_token")?, part("userinfo")?);
        Ok(Self {
            acr: id_token.get("acr").map(acr),
            subject: [&id_token, &userinfo]
                .into_iter()
                .find_map(|part| part.get("sub")?.get("value")?.as_str())
                .map(str::to_owned),
            named: NamedClaims {
                id_token: names(&id_token),
                userinfo: names(&userinfo),
            },
        })
    }
}

fn names(part: &Map<String, Value>) -> Vec<ClaimName> {
    part.keys()
        .filter_map(|name| ClaimName::parse(name))
        .collect()
}

/// The classes of `acr`, each once, and whether they are essential (§5.5.1.1). Without a value it is demanded
/// that there be a class (§5.5.1), and there always is one.
fn acr(asked: &Value) -> (Vec<ContextClass>, bool) {
    let is_essential = asked.get("essential").and_then(Value::as_bool);
    let (one, several) = (asked.get("value"), asked.get("values"));
    let has_values = one.is_some() || several.is_some();
    let several = several.and_then(Value::as_array).into_iter().flatten();
    let mut classes = Vec::new();
    for value in one.into_iter().chain(several) {
        if let Some(class) = value.as_str().and_then(ContextClass::parse)
            && !classes.contains(&class)
        {
            classes.push(class);
        }
    }
    (classes, is_essential.unwrap_or_default() && has_values)
}

/// How deep brackets are nested, outside texts.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_by_name_is_read() {
        let asked = ClaimsRequest::parse(
            r#"{"userinfo": {"email": null, "groups": {"essential": true}, "shoe_size": null},
                "id_token": {"name": null, "acr": {"essential": true, "values": ["phrh", "gold"]},
                             "sub": {"value": "anna"}}}"#,
        )
        .expect("sound");
        assert_eq!(asked.named.userinfo, [ClaimName::Email, ClaimName::Groups]);
        assert_eq!(asked.named.id_token, [ClaimName::Name]);
        assert_eq!(
            asked.acr,
            Some((vec![ContextClass::HardwareProtected], true))
        );
        assert_eq!(asked.subject.as_deref(), Some("anna"));
    }

    #[test]
    fn a_class_counts_once_and_is_demanded_by_a_value_alone() {
        let acr = |text: &str| {
            let text = format!(r#"{{"id_token":{{"acr":{text}}}}}"#);
            ClaimsRequest::parse(&text).expect("sound").acr
        };
        let (phr, aal2) = (ContextClass::PhishingResistant, ContextClass::Aal2);
        for (text, expected) in [
            ("null", (vec![], false)),
            (r#"{"essential":true}"#, (vec![], false)),
            (r#"{"essential":true,"values":["gold"]}"#, (vec![], true)),
            (
                r#"{"values":["phr","phr","aal2","phr"]}"#,
                (vec![phr, aal2], false),
            ),
            (
                r#"{"essential":true,"value":"phr","values":["phr"]}"#,
                (vec![phr], true),
            ),
            (r#"{"essential":"true","value":"phr"}"#, (vec![phr], false)),
        ] {
            assert_eq!(acr(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_too_deep_or_no_object_is_refused() {
        let deep = format!("{}{}", "{\"a\":".repeat(9), "1".to_owned() + &"}".repeat(9));
        let long = format!("{{\"a\":\"{}\"}}", "b".repeat(LONGEST));
        for text in [&deep, &long, "[]", "{", "{\"id_token\": 1}", ""] {
            assert!(ClaimsRequest::parse(text).is_err(), "{text}");
        }
        let brackets = format!("{{\"a\":\"{}\"}}", "{[".repeat(100));
        assert!(
            ClaimsRequest::parse(&brackets).is_ok(),
            "texts nest nothing"
        );
    }
}
