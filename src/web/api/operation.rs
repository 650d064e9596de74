//! One address and method of the API, described once: its route, what it asks of a token, and its part
//! of the document come from that.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::lists::{Filter, MOST_DAYS, Takes};
use crate::web::answer::status;
use keyward_core::domain::api_token::ApiScope;
use keyward_core::problem::{Code, codes};

/// What every address may answer with, whatever is asked.
const ALWAYS: &[Code] = &[
    codes::REQUEST_MALFORMED,
    codes::REQUEST_TOO_LARGE,
    codes::REQUEST_LATE,
    codes::REQUEST_ADDRESS_TOO_LONG,
    codes::REQUEST_HEADERS_TOO_LARGE,
    codes::REQUEST_ENCODING,
    codes::REQUEST_NOT_FOUND,
    codes::REQUEST_TOO_MANY,
    codes::API_TOKEN_REQUIRED,
    codes::API_TOKEN_REFUSED,
    codes::API_TOKEN_SCOPE,
    codes::API_TOKEN_OWNER,
    codes::API_TOKEN_TOO_MANY,
    codes::DATABASE_BUSY,
    codes::INTERNAL,
];

/// A header, a filter or a part of the path.
#[derive(Clone)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    place: &'static str,
    says: &'static str,
    schema: Value,
    is_required: bool,
}

/// One operation.
#[derive(Clone)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The path below `/api/v1`.
    pub path: &'static str,
    /// What a token needs for it.
    pub scope: ApiScope,
    /// The path's and the query's parameters, and the headers.
    pub parameters: Vec<Parameter>,
    route: fn() -> Route,
    id: &'static str,
    says: &'static str,
    body: Option<Value>,
    answer: (u16, Option<Value>, &'static str),
    headers: Map<String, Value>,
    codes: Vec<Code>,
    schemas: BTreeMap<String, Value>,
}

/// The schema of a type, by reference, with everything that it refers to.
fn schema_of<T: ToSchema>(schemas: &mut BTreeMap<String, Value>) -> Value {
    let mut found = Vec::new();
    T::schemas(&mut found);
    found.push((T::name().into_owned(), T::schema()));
    for (name, schema) in found {
        schemas.insert(name, json!(schema));
    }
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

/// The fields of a type, as its schema names them.
pub fn fields_of<T: ToSchema>() -> BTreeSet<String> {
    let schema = json!(T::schema());
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

impl Operation {
    /// An operation that `route` answers.
    pub fn new(
        method: Method,
        path: &'static str,
        id: &'static str,
        scope: ApiScope,
        says: &'static str,
        route: fn() -> Route,
    ) -> Self {
        let names = path.split('/').filter_map(|part| part.strip_prefix('{'));
        let parameters = names.map(|name| Parameter {
            name: name.strip_suffix('}').unwrap_or(name),
            place: "path",
            says: "",
            schema: json!({ "type": "string", "minLength": 1 }),
            is_required: true,
        });
        Self {
            parameters: parameters.collect(),
            method,
            path,
            scope,
            route,
            id,
            says,
            body: None,
            answer: (204, None, "Done."),
            headers: Map::new(),
            codes: ALWAYS.to_vec(),
            schemas: BTreeMap::new(),
        }
    }

    fn parameter(
        mut self,
        place: &'static str,
        name: &'static str,
        says: &'static str,
        schema: Value,
    ) -> Self {
        self.parameters.push(Parameter {
            name,
            place,
            says,
            schema,
            is_required: false,
        });
        self
    }

    /// Takes this in the query, as text.
    fn filter(self, name: &'static str, says: &'static str) -> Self {
        self.parameter("query", name, says, json!({ "type": "string" }))
    }

    /// Takes a list's filter in the query.
    pub fn narrowed_by(self, filter: &Filter) -> Self {
        let schema = match filter.takes {
            Takes::Text | Takes::User | Takes::Moment => json!({ "type": "string" }),
            Takes::Words(words) => json!({ "enum": words() }),
            Takes::Days => json!({ "type": "integer", "minimum": 0, "maximum": MOST_DAYS }),
        };
        self.parameter("query", filter.name, filter.says, schema)
    }

    /// Tells some fields alone where that is asked for.
    fn fields(self) -> Self {
        let says = "The fields to tell, with commas between them; all where nothing is said.";
        self.filter("fields", says)
    }

    /// Takes a body of this type.
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(schema_of::<T>(&mut self.schemas));
        self.codes.push(codes::REQUEST_MEDIA_TYPE);
        self
    }

    /// Answers 200 with this.
    pub fn tells<T: ToSchema>(mut self, says: &'static str) -> Self {
        let schema = schema_of::<T>(&mut self.schemas);
        self.answer = (200, Some(schema), says);
        self
    }

    /// Answers 200 with one resource and its tag, of which some fields can be asked for.
    pub fn reads<T: ToSchema>(self) -> Self {
        self.tells::<T>("The resource.").some_of::<T>().fields()
    }

    /// Answers with a resource and its tag that is changed meanwhile only under that tag.
    pub fn tagged(mut self) -> Self {
        let schema = json!({ "type": "string" });
        let says = "Changes with the resource; a change brings it back as `If-Match`.";
        let header = json!({ "description": says, "schema": schema });
        self.headers.insert("ETag".to_owned(), header);
        self
    }

    /// Asks for the tag of what is changed.
    pub fn conditional(mut self) -> Self {
        self.codes.push(codes::RESOURCE_UNCONDITIONAL);
        self.codes.push(codes::RESOURCE_OVERTAKEN);
        let says = "The `ETag` of what is changed, or `*` for whatever is there. Without it nothing is changed (428); where something was changed since, nothing is either (412).";
        self.parameter("header", "If-Match", says, json!({ "type": "string" }))
    }

    /// Answers 201 with what was created, once for each key.
    pub fn creates<T: ToSchema>(mut self) -> Self {
        let schema = schema_of::<T>(&mut self.schemas);
        self.answer = (201, Some(schema), "It was created.");
        let location = json!({ "description": "Where it is.", "schema": { "type": "string", "format": "uri-reference" } });
        self.headers.insert("Location".to_owned(), location);
        self.codes.push(codes::REQUEST_KEY_REUSED);
        self.codes.push(codes::REQUEST_KEY_RACED);
        let says = "Of your choice, for one creation. The same request with the same key gets the same answer for 24 hours, and creates nothing again.";
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
        self.parameter("header", "Idempotency-Key", says, schema)
    }

    /// Answers 200 with a page of a list.
    pub fn lists<T: ToSchema>(mut self) -> Self {
        let item = schema_of::<T>(&mut self.schemas);
        let next = json!({ "type": ["string", "null"], "description": "The `page_token` of the next page; null on the last one." });
        let page = json!({
            "type": "object",
            "required": ["items", "next_page_token"],
            "properties": { "items": { "type": "array", "items": item }, "next_page_token": next },
        });
        self.answer = (200, Some(page), "A page of the list.");
        self.codes.push(codes::REQUEST_PAGE);
        let size = json!({ "type": "integer", "minimum": 1, "maximum": super::listing::MOST, "default": super::listing::USUAL });
        let says = "The `next_page_token` of the page before, under the same filters.";
        self.some_of::<T>()
            .fields()
            .filter("page_token", says)
            .parameter("query", "page_size", "The most items of a page.", size)
    }

    /// With `fields`, none but the id is sure to be there.
    fn some_of<T: ToSchema>(mut self) -> Self {
        if let Some(schema) = self.schemas.get_mut(T::name().as_ref()) {
            schema["required"] = json!([]);
        }
        self
    }

    /// Can be refused with these codes too.
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// Its route.
    pub fn route(&self) -> Route {
        (self.route)()
    }

    /// The schemas that it refers to.
    pub fn schemas(&self) -> &BTreeMap<String, Value> {
        &self.schemas
    }

    /// The names of the filters that its query may have.
    pub fn filters(&self) -> impl Iterator<Item = &'static str> {
        let queried = |parameter: &&Parameter| parameter.place == "query";
        self.parameters
            .iter()
            .filter(queried)
            .map(|parameter| parameter.name)
    }

    /// Its part of the document.
    pub fn document(&self) -> Value {
        let mut responses = Map::new();
        let (code, schema, says) = &self.answer;
        let mut answer = json!({ "description": says });
        if let Some(schema) = schema {
            answer["content"] = json!({ "application/json": { "schema": schema } });
        }
        if !self.headers.is_empty() {
            answer["headers"] = json!(self.headers);
        }
        responses.insert(code.to_string(), answer);
        let mut refusals: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for code in &self.codes {
            let status = status(code.fault).as_u16();
            refusals.entry(status).or_default().insert(code.name);
        }
        for (status, names) in refusals {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let schema = json!({ "$ref": "#/components/schemas/Problem" });
            let refusal = json!({
                "description": names.join(", "),
                "content": { "application/problem+json": { "schema": schema } },
            });
            responses.insert(status.to_string(), refusal);
        }
        let parameters: Vec<Value> = self.parameters.iter().map(Parameter::document).collect();
        let mut document = json!({
            "operationId": self.id,
            "summary": self.says,
            "tags": [self.id.split('.').next().unwrap_or_default()],
            "security": [{ "token": [self.scope.as_str()] }],
            "description": format!("Scope `{}`.", self.scope.as_str()),
            "responses": responses,
        });
        if !parameters.is_empty() {
            document["parameters"] = json!(parameters);
        }
        if let Some(body) = &self.body {
            document["requestBody"] = json!({
                "required": true,
                "content": { "application/json": { "schema": body } },
            });
        }
        document
    }
}

impl Parameter {
    fn document(&self) -> Value {
        let mut document = json!({
            "in": self.place,
            "name": self.name,
            "required": self.is_required,
            "schema": self.schema,
        });
        if !self.says.is_empty() {
            document["description"] = self.says.into();
        }
        document
    }
}

/// The route of a handler, for [`Operation::new`]: the method is that of the operation.
pub fn to<F, Args>(handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::route().to(handler)
}
