//! What comes back from the form of a policy: a field a rule, as the table of rules declares them.

use crate::views::console::PolicyForm;
use keyward_core::domain::policy::{Input, Rule, Rules, Unreadable};

/// The fields of a form, in the order in which they came.
pub type Fields = [(String, String)];

/// What was typed into a field, without the spaces around it; `None` where that is nothing.
pub fn value<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(field, _)| field == name);
    found
        .map(|(_, value)| value.trim())
        .filter(|text| !text.is_empty())
}

/// What was typed for a rule, as it was typed.
fn typed(fields: &Fields, rule: Rule) -> Vec<&str> {
    let one = value(fields, rule.field());
    match rule.input() {
        Input::Tick => one.filter(|text| *text == "true").into_iter().collect(),
        Input::Several(_) => {
            let all = fields.iter().filter(|(field, _)| field == rule.field());
            all.map(|(_, value)| value.as_str()).collect()
        }
        Input::One(_) | Input::Number | Input::Lines { .. } => one.into_iter().collect(),
    }
}

/// What was typed, to show it again.
pub fn as_typed(fields: &Fields) -> PolicyForm {
    PolicyForm::new(|rule| {
        let typed = typed(fields, rule).into_iter();
        typed.map(str::to_owned).collect()
    })
}

/// The rules of a form; what cannot be read where they cannot.
pub fn rules(fields: &Fields) -> Result<Rules, String> {
    let mut rules = Rules::default();
    for rule in Rule::ALL {
        let mut texts = typed(fields, rule);
        if let Input::Lines { .. } = rule.input() {
            let lines = texts.into_iter().flat_map(str::lines).map(str::trim);
            texts = lines.filter(|line| !line.is_empty()).collect();
        }
        let unreadable = |wrong: Unreadable| wrong.text;
        rules.set(rule, &texts).map_err(unreadable)?;
    }
    Ok(rules)
}
