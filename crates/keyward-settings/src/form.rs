//! What a value may look like: read with a reason for every refusal, and described in words.

use figment::value::{Dict, Value};

use super::section::Key;

/// A value as it was given.
pub(super) struct Given {
    value: Value,
    /// It comes from the environment, from a file of its own or from a default, where everything
    /// is text; in the settings file numbers are numbers.
    textual: bool,
}

impl Given {
    /// A value of the settings file.
    pub fn typed(value: Value) -> Self {
        Self {
            value,
            textual: false,
        }
    }

    /// A value that is text whatever it means.
    pub fn textual(text: impl Into<String>) -> Self {
        Self {
            value: Value::from(text.into()),
            textual: true,
        }
    }

    /// The text.
    pub fn text(&self) -> Result<&str, String> {
        self.value
            .as_str()
            .ok_or_else(|| "must be text in quotation marks".to_owned())
    }

    /// The whole number.
    pub fn number(&self) -> Result<i128, String> {
        let number = match &self.value {
            Value::String(_, text) if self.textual => text.trim().parse().ok(),
            Value::Num(_, number) => number
                .to_i128()
                .or_else(|| number.to_u128().and_then(|number| number.try_into().ok())),
            _ => None,
        };
        number.ok_or_else(|| "must be a whole number".to_owned())
    }

    /// Yes or no.
    pub fn truth(&self) -> Result<bool, String> {
        let truth = match &self.value {
            Value::String(_, text) if self.textual => text.trim().parse().ok(),
            Value::Bool(_, truth) => Some(*truth),
            _ => None,
        };
        truth.ok_or_else(|| "must be true or false".to_owned())
    }

    /// The values of a list. In the environment a list is `[a, b]` or `a, b`.
    pub fn list(&self) -> Result<Vec<Given>, String> {
        match &self.value {
            Value::Array(_, values) => Ok(values.iter().cloned().map(Given::typed).collect()),
            Value::String(_, text) if self.textual && text.trim_start().starts_with('[') => {
                match text.trim().parse::<Value>() {
                    Ok(Value::Array(_, values)) => {
                        Ok(values.into_iter().map(Given::typed).collect())
                    }
                    _ => Err("is not a list such as [\"a\", \"b\"]".to_owned()),
                }
            }
            Value::String(_, text) if self.textual => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(Given::textual)
                .collect()),
            _ => Err("must be a list in square brackets".to_owned()),
        }
    }

    /// The table.
    pub fn table(&self) -> Result<&Dict, String> {
        self.value
            .as_dict()
            .ok_or_else(|| "must be a table".to_owned())
    }
}

/// What holds where nothing is given.
enum Absent<T> {
    /// Something must be given.
    Refused,
    /// This text, read as if it were given.
    Text(&'static str),
    /// This value, in these words.
    Value(fn() -> T, &'static str),
}

type Reading<T> = Box<dyn Fn(&Given) -> Result<T, String>>;

/// What a value may look like.
pub(super) struct Form<T> {
    says: String,
    read: Reading<T>,
    absent: Absent<T>,
    from_file: bool,
}

impl<T: 'static> Form<T> {
    /// A form in words, and its reading. The reading gives the reason of a refusal as the end of
    /// a sentence that begins with the key.
    pub fn new(
        says: impl Into<String>,
        read: impl Fn(&Given) -> Result<T, String> + 'static,
    ) -> Self {
        Self {
            says: says.into(),
            read: Box::new(read),
            absent: Absent::Refused,
            from_file: false,
        }
    }

    /// What holds where nothing is given, as it would be written.
    pub fn or(mut self, text: &'static str) -> Self {
        self.absent = Absent::Text(text);
        self
    }

    /// Need not be given; `says` what holds then.
    pub fn optional(self, says: &'static str) -> Form<Option<T>> {
        let read = self.read;
        Form {
            says: self.says,
            read: Box::new(move |given| read(given).map(Some)),
            absent: Absent::Value(|| None, says),
            from_file: self.from_file,
        }
    }

    /// A further condition, with its reason.
    pub fn when(self, sound: fn(&T) -> bool, otherwise: &'static str) -> Self {
        let read = self.read;
        Self {
            read: Box::new(move |given| {
                let value = read(given)?;
                sound(&value)
                    .then_some(value)
                    .ok_or_else(|| otherwise.to_owned())
            }),
            ..self
        }
    }

    /// The value may also stand in a file that `<key>_file` names.
    pub fn or_from_file(mut self) -> Self {
        self.from_file = true;
        self
    }

    /// Whether `<key>_file` is a key too.
    pub fn is_from_file(&self) -> bool {
        self.from_file
    }

    /// Reads a value that was given.
    pub fn read(&self, given: &Given) -> Result<T, String> {
        (self.read)(given)
    }

    /// The value where nothing was given.
    pub fn absent(&self) -> Result<T, String> {
        match &self.absent {
            Absent::Refused => Err("is missing".to_owned()),
            Absent::Text(text) => self.read(&Given::textual(*text)),
            Absent::Value(make, _) => Ok(make()),
        }
    }

    /// The key's line of the reference.
    pub fn describe(&self, name: &'static str, meaning: String) -> Key {
        Key {
            name,
            says: self.says.clone(),
            default: match self.absent {
                Absent::Refused => None,
                Absent::Text("") => Some("empty".to_owned()),
                Absent::Text(text) => Some(format!("`{text}`")),
                Absent::Value(_, says) => Some(says.to_owned()),
            },
            meaning,
            from_file: self.from_file,
        }
    }
}
