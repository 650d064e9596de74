//! What is to be sent, until it is sent.
//!
//! A row is claimed by one statement that moves its due time on: a lease that runs out by itself
//! where the node that holds it dies. Only the holder of the lease can end the row.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};

use super::connection::{AnyConnection, failed, listed, unreadable};
use super::pieces::{self, Over};
use super::schema::outbox;
use keyward_core::clock::Timestamp;
use keyward_core::domain::count::Count;
use keyward_core::domain::message::{About, MessageClass, MessageId, MessageRecord, MessageState};
use keyward_core::domain::user::UserId;
use keyward_core::problem::{Problem, Result};

/// The way by which something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// E-mail.
    Mail,
}

impl Channel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
        }
    }
}

/// A new row.
#[derive(Debug)]
pub struct NewMessage<'a> {
    /// The row.
    pub id: MessageId,
    /// How it is sent.
    pub channel: Channel,
    /// What it waits among.
    pub class: MessageClass,
    /// What it is about.
    pub topic: &'a str,
    /// For whom, where that is a user.
    pub user: Option<UserId>,
    /// What it is about, where it can lose its meaning.
    pub about: Option<&'a About>,
    /// What is sent, sealed.
    pub content: &'a [u8],
    /// Where it goes, sealed; it is kept when the content is forgotten.
    pub recipient: &'a [u8],
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is sent at the earliest.
    pub due_at: Timestamp,
    /// After this moment it is not sent any more.
    pub expires_at: Timestamp,
}

/// A row that was claimed.
#[derive(Debug)]
pub struct ClaimedRow {
    /// The row.
    pub id: MessageId,
    /// For whom, where that is a user.
    pub user: Option<UserId>,
    /// What it is about, where it can lose its meaning.
    pub about: Option<About>,
    /// What is sent, sealed.
    pub content: Vec<u8>,
    /// How often it was tried, this try included.
    pub tries: u32,
    /// After this moment it is not sent any more.
    pub expires_at: Timestamp,
}

/// Adds a row.
pub fn insert(connection: &mut AnyConnection, message: &NewMessage<'_>) -> Result<()> {
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(message.id.to_string()),
            outbox::channel.eq(message.channel.as_str()),
            outbox::class.eq(message.class.as_str()),
            outbox::topic.eq(message.topic),
            outbox::user_id.eq(message.user.map(|id| id.to_string())),
            outbox::content.eq(message.content),
            outbox::recipient.eq(message.recipient),
            outbox::state.eq(MessageState::Waiting.as_str()),
            outbox::tries.eq(0),
            outbox::due_at.eq(message.due_at.millis()),
            outbox::created_at.eq(message.created_at.millis()),
            outbox::expires_at.eq(message.expires_at.millis()),
            outbox::about.eq(message.about.map(About::key)),
        ))
        .execute(connection)
        .map(drop)
        .map_err(failed)
}

/// How much waits to be sent, and since when the oldest does.
pub fn depth(connection: &mut AnyConnection) -> Result<(i64, Option<Timestamp>)> {
    let is_waiting = outbox::state.eq(MessageState::Waiting.as_str());
    let (depth, oldest): (i64, Option<i64>) = outbox::table
        .filter(is_waiting)
        .select((
            diesel::dsl::count_star(),
            diesel::dsl::min(outbox::created_at),
        ))
        .get_result(connection)
        .map_err(failed)?;
    Ok((depth, oldest.map(Timestamp::from_millis)))
}

/// Whether something was written to this user about this topic since a moment, and not withdrawn.
pub fn has_since(
    connection: &mut AnyConnection,
    user: UserId,
    topic: &str,
    since: Timestamp,
) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        outbox::table
            .filter(outbox::user_id.eq(user.to_string()))
            .filter(outbox::topic.eq(topic))
            .filter(outbox::state.ne(MessageState::Withdrawn.as_str()))
            .filter(outbox::created_at.gt(since.millis())),
    ))
    .get_result(connection)
    .map_err(failed)
}

/// How many messages of this topic were written to a recipient since a moment, as far as `most`.
pub fn number_since(
    connection: &mut AnyConnection,
    user: UserId,
    topic: &str,
    since: Timestamp,
    most: i64,
) -> Result<i64> {
    let some = outbox::table
        .filter(outbox::user_id.eq(user.to_string()))
        .filter(outbox::topic.eq(topic))
        .filter(outbox::created_at.gt(since.millis()))
        .select(outbox::id)
        .limit(most)
        .load::<String>(connection)
        .map_err(failed)?;
    i64::try_from(some.len()).map_err(Problem::internal)
}

/// What was written about this since a moment, and was not withdrawn.
pub fn topics_since(
    connection: &mut AnyConnection,
    about: &About,
    since: Timestamp,
) -> Result<Vec<String>> {
    outbox::table
        .filter(outbox::about.eq(about.key()))
        .filter(outbox::created_at.gt(since.millis()))
        .filter(outbox::state.ne(MessageState::Withdrawn.as_str()))
        .select(outbox::topic)
        .load(connection)
        .map_err(failed)
}

/// Whether something of these classes is due.
pub fn is_due(
    connection: &mut AnyConnection,
    channel: Channel,
    classes: &[MessageClass],
    now: Timestamp,
) -> Result<bool> {
    let classes = classes.iter().map(|class| class.as_str());
    diesel::select(diesel::dsl::exists(
        outbox::table
            // Bare, as the partial index has it.
            .filter(diesel::dsl::sql::<diesel::sql_types::Bool>(
                "state = 'waiting'",
            ))
            .filter(outbox::channel.eq(channel.as_str()))
            .filter(outbox::class.eq_any(classes))
            .filter(outbox::due_at.le(now.millis())),
    ))
    .get_result(connection)
    .map_err(failed)
}

#[derive(QueryableByName)]
struct Claim {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    user_id: Option<String>,
    #[diesel(sql_type = diesel::sql_types::Nullable<Binary>)]
    content: Option<Vec<u8>>,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    about: Option<String>,
    #[diesel(sql_type = BigInt)]
    tries: i64,
    #[diesel(sql_type = BigInt)]
    expires_at: i64,
}

/// Claims the row of this class that is due the longest, until `until`, for the holder of `lease`.
/// Of several nodes, one gets it.
pub fn claim(
    connection: &mut AnyConnection,
    channel: Channel,
    class: MessageClass,
    lease: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<ClaimedRow>> {
    // On SQLite there is one writer. On PostgreSQL the condition is looked at again once a row that
    // another node claims is free; skipping it spares the wait.
    let skip = match connection {
        AnyConnection::Sqlite(_) => "",
        #[cfg(feature = "postgres")]
        AnyConnection::Postgres(_) => "FOR UPDATE SKIP LOCKED",
    };
    let statement = format!(
        "UPDATE outbox SET lease = $1, due_at = $2, tries = tries + 1 WHERE id = ( \
             SELECT id FROM outbox WHERE state = 'waiting' AND channel = $3 AND class = $4 \
             AND due_at <= $5 ORDER BY due_at, id LIMIT 1 {skip} \
         ) AND state = 'waiting' AND due_at <= $6 \
         RETURNING id, user_id, about, content, tries, expires_at"
    );
    // A row that cannot be read is moved on like any other, and must not keep back those behind it.
    for _ in 0..UNREADABLE_IN_A_ROW {
        match claim_next(connection, &statement, channel, class, lease, (now, until))? {
            None => return Ok(None),
            Some(Ok(row)) => return Ok(Some(row)),
            Some(Err(problem)) => tracing::error!("a message is not sent: {problem}"),
        }
    }
    Ok(None)
}

/// How many rows that cannot be read are passed over by one claim.
const UNREADABLE_IN_A_ROW: usize = 16;

fn claim_next(
    connection: &mut AnyConnection,
    statement: &str,
    channel: Channel,
    class: MessageClass,
    lease: &str,
    (now, until): (Timestamp, Timestamp),
) -> Result<Option<Result<ClaimedRow>>> {
    let claim = diesel::sql_query(statement)
        .bind::<Text, _>(lease)
        .bind::<BigInt, _>(until.millis())
        .bind::<Text, _>(channel.as_str())
        .bind::<Text, _>(class.as_str())
        .bind::<BigInt, _>(now.millis())
        .bind::<BigInt, _>(now.millis())
        .get_result::<Claim>(connection)
        .optional()
        .map_err(failed)?;
    Ok(claim.map(|row| {
        let bad = |what| unreadable("outbox", &row.id, what);
        Ok(ClaimedRow {
            id: MessageId::from_stored(&row.id).ok_or_else(|| bad("id"))?,
            user: row.user_id.as_deref().and_then(UserId::from_stored),
            about: row.about.as_deref().and_then(About::from_stored),
            tries: row.tries.try_into().map_err(|_| bad("tries"))?,
            expires_at: Timestamp::from_millis(row.expires_at),
            content: row.content.unwrap_or_default(),
        })
    }))
}

/// Ends a row, and forgets what it said; `false` where the lease is another node's by now.
pub fn end(
    connection: &mut AnyConnection,
    id: MessageId,
    lease: &str,
    state: MessageState,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    diesel::update(
        outbox::table
            .find(id.to_string())
            .filter(outbox::lease.eq(lease)),
    )
    .set((
        outbox::state.eq(state.as_str()),
        outbox::failure.eq(failure),
        outbox::ended_at.eq(now.millis()),
        outbox::content.eq(None::<Vec<u8>>),
        outbox::lease.eq(None::<String>),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Withdraws what waits about this, and forgets what it said. What a node is sending at this moment
/// may still go out; it is not tried again.
pub fn withdraw(connection: &mut AnyConnection, about: &About, now: Timestamp) -> Result<()> {
    diesel::update(
        outbox::table
            .filter(outbox::about.eq(about.key()))
            .filter(outbox::state.eq(MessageState::Waiting.as_str())),
    )
    .set((
        outbox::state.eq(MessageState::Withdrawn.as_str()),
        outbox::ended_at.eq(now.millis()),
        outbox::content.eq(None::<Vec<u8>>),
        outbox::lease.eq(None::<String>),
    ))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// What waits for these users, and for people who are invited, sealed.
pub fn waiting_for(
    connection: &mut AnyConnection,
    readers: &[UserId],
) -> Result<Vec<(MessageId, Vec<u8>)>> {
    let readers: Vec<String> = readers.iter().map(ToString::to_string).collect();
    outbox::table
        .filter(outbox::state.eq(MessageState::Waiting.as_str()))
        .filter(
            outbox::user_id
                .eq_any(readers)
                .or(outbox::user_id.is_null()),
        )
        .filter(outbox::content.is_not_null())
        .select((outbox::id, outbox::content.assume_not_null()))
        .load::<(String, Vec<u8>)>(connection)
        .map_err(failed)?
        .into_iter()
        .map(|(id, content)| {
            let id = MessageId::from_stored(&id);
            let id = id.ok_or_else(|| unreadable("outbox", "a row", "id"))?;
            Ok((id, content))
        })
        .collect()
}

/// Puts other words into a row that waits.
pub fn reword(connection: &mut AnyConnection, id: MessageId, content: &[u8]) -> Result<()> {
    diesel::update(
        outbox::table
            .find(id.to_string())
            .filter(outbox::state.eq(MessageState::Waiting.as_str())),
    )
    .set(outbox::content.eq(content))
    .execute(connection)
    .map(drop)
    .map_err(failed)
}

/// Gives a row back until its next try; `false` where the lease is another node's by now.
pub fn put_off(
    connection: &mut AnyConnection,
    id: MessageId,
    lease: &str,
    due_at: Timestamp,
    failure: &str,
) -> Result<bool> {
    diesel::update(
        outbox::table
            .find(id.to_string())
            .filter(outbox::lease.eq(lease)),
    )
    .set((
        outbox::due_at.eq(due_at.millis()),
        outbox::failure.eq(failure),
        outbox::lease.eq(None::<String>),
    ))
    .execute(connection)
    .map(|rows| rows == 1)
    .map_err(failed)
}

/// Makes everything that waits for another try due now, and counts it. What a node is sending at
/// this moment stays theirs.
pub fn retry_now(
    connection: &mut AnyConnection,
    channel: Channel,
    now: Timestamp,
) -> Result<usize> {
    diesel::update(
        outbox::table
            .filter(outbox::state.eq(MessageState::Waiting.as_str()))
            .filter(outbox::channel.eq(channel.as_str()))
            .filter(outbox::lease.is_null())
            .filter(outbox::due_at.gt(now.millis())),
    )
    .set(outbox::due_at.eq(now.millis()))
    .execute(connection)
    .map_err(failed)
}

/// A row as it is listed, with its recipient, sealed.
pub type ListedRow = (MessageRecord, Option<Vec<u8>>);

type Listed = (
    String,
    String,
    String,
    i64,
    i64,
    i64,
    Option<String>,
    Option<Vec<u8>>,
);

/// How many messages were given up since a moment.
pub fn given_up(connection: &mut AnyConnection, since: Timestamp) -> Result<Count> {
    let rows = outbox::table
        .filter(outbox::ended_at.gt(since.millis()))
        .filter(outbox::state.eq(MessageState::Failed.as_str()))
        .select(outbox::id)
        .limit(i64::try_from(Count::BOUND + 1).unwrap_or(i64::MAX))
        .load::<String>(connection)
        .map_err(failed)?;
    Ok(Count::of(rows.len().try_into().unwrap_or(u64::MAX)))
}

/// The newest rows that have not been sent, or all of them, at most `limit`.
pub fn list(connection: &mut AnyConnection, with_sent: bool, limit: i64) -> Result<Vec<ListedRow>> {
    let mut query = outbox::table
        .select((
            outbox::id,
            outbox::topic,
            outbox::state,
            outbox::tries,
            outbox::created_at,
            outbox::due_at,
            outbox::failure,
            outbox::recipient,
        ))
        .order(outbox::id.desc())
        .limit(limit)
        .into_boxed();
    if !with_sent {
        let over = [MessageState::Sent, MessageState::Withdrawn];
        query = query.filter(outbox::state.ne_all(over.map(MessageState::as_str)));
    }
    query
        .load::<Listed>(connection)
        .map_err(failed)?
        .into_iter()
        .map(
            |(id, topic, state, tries, created_at, due_at, failure, recipient)| {
                let bad = |what| unreadable("outbox", &id, what);
                let record = MessageRecord {
                    id: MessageId::from_stored(&id).ok_or_else(|| bad("id"))?,
                    state: MessageState::from_stored(&state).ok_or_else(|| bad("state"))?,
                    tries: tries.try_into().map_err(|_| bad("tries"))?,
                    created_at: Timestamp::from_millis(created_at),
                    due_at: Timestamp::from_millis(due_at),
                    topic,
                    recipient: None,
                    failure,
                };
                Ok((record, recipient))
            },
        )
        .filter_map(listed)
        .collect()
}

/// Removes what ended before `moment`: at most `limit` of it, counted.
pub fn sweep(connection: &mut AnyConnection, moment: Timestamp, limit: i64) -> Result<usize> {
    let over = Over {
        table: "outbox",
        key: "id",
        condition: "ended_at < $1",
    };
    pieces::delete(connection, &over, moment, limit)
}
