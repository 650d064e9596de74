//! The rules of policies: what they ask for, in words, and the fields in which they are typed. Which
//! there are, the table of `domain/policy/rule.rs` says.

use serde::Serialize;

use keyward_core::domain::policy::{Effective, Input, Rule, Rules, Words};

/// A rule that asks for something, for a line of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleText {
    /// The rule's name in the locale files.
    pub rule: &'static str,
    /// What it is set to: words, or what an administrator typed.
    pub values: Vec<String>,
    /// What the names of these words begin with in the locale files; `None` where they are shown as
    /// they are.
    pub phrases: Option<&'static str>,
    /// Its number, where it is one.
    pub number: Option<u64>,
}

impl RuleText {
    /// The rules that ask for something.
    pub fn of(rules: &Rules) -> Vec<Self> {
        let text = |rule: Rule| Self::new(rule, rules.typed(rule));
        Rule::ALL.into_iter().filter_map(text).collect()
    }

    fn new(rule: Rule, typed: Vec<String>) -> Option<Self> {
        let number = typed.first()?.parse().ok();
        let (values, phrases, number) = match rule.input() {
            Input::Tick => (Vec::new(), None, None),
            Input::One(words) | Input::Several(words) => (typed, words.phrases, None),
            Input::Lines { .. } => (typed, None, None),
            Input::Number => (Vec::new(), None, number),
        };
        Some(Self {
            rule: rule.as_str(),
            values,
            phrases,
            number,
        })
    }
}

/// A rule that holds for one person, and whose policies ask for it.
#[derive(Clone, Serialize)]
pub struct HoldingRule {
    /// The rule.
    #[serde(flatten)]
    pub text: RuleText,
    /// The groups that ask for it.
    pub groups: Vec<String>,
    /// Whether everybody's policy asks for it.
    pub is_everybodys: bool,
}

impl HoldingRule {
    /// What holds for one person.
    pub fn of(effective: &Effective) -> Vec<Self> {
        let holding = |rule: Rule| {
            let text = RuleText::new(rule, effective.rules().typed(rule))?;
            let scopes = effective.spoken_by(|rules| rules.typed(rule));
            let groups = scopes.iter().filter_map(|scope| scope.group());
            Some(Self {
                groups: groups.map(|name| name.as_str().to_owned()).collect(),
                is_everybodys: scopes.iter().any(|scope| scope.group().is_none()),
                text,
            })
        };
        Rule::ALL.into_iter().filter_map(holding).collect()
    }

    #[cfg(test)]
    pub(super) fn samples() -> Vec<Self> {
        let texts = RuleText::of(&sample_rules()).into_iter().enumerate();
        texts
            .map(|(place, text)| Self {
                text,
                groups: vec!["admins".to_owned(); place % 3],
                is_everybodys: place % 3 == 0,
            })
            .collect()
    }
}

/// A word that can be chosen.
#[derive(Clone, Serialize)]
pub struct WordChoice {
    /// Its stable name.
    pub value: &'static str,
    /// Its key in the locale files; `None` where it is shown as it is.
    pub phrase: Option<String>,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// The field of a rule.
#[derive(Clone, Serialize)]
pub struct RuleField {
    /// The rule's name in the locale files.
    pub rule: &'static str,
    /// Its name in the form.
    pub name: &'static str,
    /// What kind of field: `tick`, `several`, `one`, `number` or `lines`.
    pub input: &'static str,
    /// The words among which is chosen.
    pub choices: Vec<WordChoice>,
    /// What is typed, or `true`.
    pub text: String,
    /// The key of what is said below it.
    pub hint: Option<&'static str>,
    /// The number that holds where nothing is typed, which the hint tells.
    pub usual: Option<u64>,
}

impl RuleField {
    fn new(rule: Rule, typed: &[String]) -> Self {
        let choices = |words: Words| {
            let choice = |value: &'static str| WordChoice {
                value,
                phrase: words.phrases.map(|prefix| format!("{prefix}-{value}")),
                is_chosen: typed.iter().any(|text| text == value),
            };
            (words.all)().into_iter().map(choice).collect()
        };
        let (input, choices) = match rule.input() {
            Input::Tick => ("tick", Vec::new()),
            Input::Several(words) => ("several", choices(words)),
            Input::One(words) => ("one", choices(words)),
            Input::Number => ("number", Vec::new()),
            Input::Lines { .. } => ("lines", Vec::new()),
        };
        Self {
            rule: rule.as_str(),
            name: rule.field(),
            input,
            choices,
            text: typed.join("\n"),
            hint: rule.hint(),
            usual: rule.usual(),
        }
    }
}

/// The fields of a policy's form, as they were typed or as they stand.
#[derive(Clone, Serialize)]
pub struct PolicyForm {
    /// What is ticked, which comes first.
    pub ticks: Vec<RuleField>,
    /// What is typed or chosen, with those that stand beside each other.
    pub rows: Vec<Vec<RuleField>>,
}

impl PolicyForm {
    /// The fields of all rules, with what is typed into each.
    pub fn new(typed: impl Fn(Rule) -> Vec<String>) -> Self {
        let (mut ticks, mut rows) = (Vec::new(), Vec::<Vec<RuleField>>::new());
        for rule in Rule::ALL {
            let field = RuleField::new(rule, &typed(rule));
            match (rule.input(), rows.last_mut()) {
                (Input::Tick | Input::Several(_), _) => ticks.push(field),
                (_, Some(row)) if rule.is_beside() => row.push(field),
                _ => rows.push(vec![field]),
            }
        }
        Self { ticks, rows }
    }
}

impl From<&Rules> for PolicyForm {
    fn from(rules: &Rules) -> Self {
        Self::new(|rule| rules.typed(rule))
    }
}

/// Rules of which each asks for something.
#[cfg(test)]
pub(super) fn sample_rules() -> Rules {
    let mut rules = Rules::default();
    for (place, rule) in Rule::ALL.into_iter().enumerate() {
        let number = place.to_string();
        let texts = match rule.input() {
            Input::Tick => vec!["true"],
            Input::Several(words) => (words.all)().into_iter().take(2).collect(),
            Input::One(words) => (words.all)().into_iter().take(1).collect(),
            Input::Number => vec![number.as_str()],
            Input::Lines { examples } => examples.to_vec(),
        };
        rules.set(rule, &texts).expect("a rule");
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::{Language, Phrases};

    /// What pages need of a rule beside its row in the table of `domain/policy/rule.rs`.
    #[test]
    fn every_rule_has_its_words() {
        let mut missing = Vec::new();
        for language in Language::ALL {
            let phrases = Phrases::load(language).expect("it loads");
            for rule in Rule::ALL {
                let name = rule.as_str();
                let mut needed = vec![format!("rule-{name}")];
                if let Input::Number = rule.input() {
                    needed.push(format!("rule-{name}-number"));
                }
                if Rule::judged().any(|judged| judged == rule) {
                    needed.push(format!("reason-{name}"));
                }
                let field = RuleField::new(rule, &[]);
                needed.extend(field.hint.map(str::to_owned));
                needed.extend(field.choices.into_iter().filter_map(|word| word.phrase));
                missing.extend(needed.into_iter().filter(|key| !phrases.has(key)));
            }
        }
        assert!(missing.is_empty(), "missing: {missing:?}");
    }
}
