//! Whom an event is told to, and by what messages.

use std::time::Duration;

use super::{place, post_later};
use crate::delivered_code::open_delivery_address;
use crate::{WriteContext, objection};
use keyward_core::clock::Timestamp;
use keyward_core::domain::delivery_address::DeliveryAddress;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::{Actor, Event, EventDetail, EventKind};
use keyward_core::domain::message::{About, Envelope, Message, Notification};
use keyward_core::domain::notification::{Audience, MOST_AN_HOUR, Rule, demand_of, rule_for};
use keyward_core::domain::policy::DutyKind;
use keyward_core::domain::user::{EmailAddress, User, UserId, UserName, fold};
use keyward_core::problem::{Problem, Result, codes};
use keyward_store::{AnyConnection, delivery_addresses, devices, duties, outbox, users};

/// How long a notice is worth sending: as long as mail servers are used to wait for each other
/// (RFC 5321 §4.5.4.1).
const NOTICES_LAST: Duration = Duration::from_hours(24 * 5);
/// What policy asks of a user within this time is one mail.
const ONE_CHANGE: Duration = Duration::from_hours(1);
/// Within which messages about what a user did themselves are counted.
const AN_HOUR: Duration = Duration::from_hours(1);

/// Tells an event to whom the rules say, in the caller's transaction.
pub(crate) fn notify(
    connection: &mut AnyConnection,
    context: &WriteContext,
    event: &Event,
) -> Result<()> {
    let Some(rule) = rule_for(event.kind, event.outcome).filter(|_| !event.is_quiet) else {
        return Ok(());
    };
    // What came too late was no answer, and says nothing about a user.
    if rule.is_inverted && event.journey.is_none() {
        return Ok(());
    }
    let owner = match event.subject {
        Some(subject) => users::by_id(connection, subject)?,
        None => None,
    };
    if owner.is_none() && event.subject.is_some() {
        return Ok(());
    }
    let notification = describe(connection, context, rule, event, owner.as_ref())?;
    let is_enough = is_told_enough(connection, context, rule, event)?;
    for audience in rule.to {
        match audience {
            Audience::Owner | Audience::OwnerEverywhere if is_enough => {}
            Audience::Owner | Audience::OwnerEverywhere => {
                let Some(owner) = &owner else { continue };
                let addresses = match audience {
                    Audience::OwnerEverywhere => every_address(connection, context, owner)?,
                    _ => owner.email.clone().into_iter().collect(),
                };
                let mut notification = notification.clone();
                // A reader of mail at a new address is no witness of what happened at the old one.
                if !addresses.is_empty() && event.kind != EventKind::EmailChanged {
                    notification.objection = objection::offer(
                        connection,
                        context,
                        event,
                        owner.id,
                        &notification,
                        None,
                    )?;
                }
                let about = match rule.demand {
                    0 => event.journey.clone().map(About::Failure),
                    _ => Some(About::Policy(owner.id)),
                };
                tell(
                    connection,
                    context,
                    rule,
                    &notification,
                    owner,
                    addresses,
                    about,
                )?;
            }
            Audience::Administrators => {
                let notification = Notification {
                    to_owner: false,
                    ..notification.clone()
                };
                for administrator in users::superusers(connection)? {
                    if owner
                        .as_ref()
                        .is_none_or(|owner| owner.id != administrator.id)
                    {
                        let address = administrator.email.clone().into_iter().collect();
                        tell(
                            connection,
                            context,
                            rule,
                            &notification,
                            &administrator,
                            address,
                            None,
                        )?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Whether its owner was told within an hour, as often as any user is, of what they did themselves: who
/// does it without end fills neither the outbox nor a mailbox.
///
/// # Errors
/// `account.too_often` for a change, which is not made where it cannot be told.
fn is_told_enough(
    connection: &mut AnyConnection,
    context: &WriteContext,
    rule: &Rule,
    event: &Event,
) -> Result<bool> {
    let Some(owner) = event.subject.filter(|id| event.actor == Actor::User(*id)) else {
        return Ok(false);
    };
    let since = context.now - AN_HOUR;
    let told = outbox::number_since(connection, owner, &rule.topic(), since, MOST_AN_HOUR)?;
    match told < MOST_AN_HOUR {
        true => Ok(false),
        false if rule.is_change() => {
            Err(Problem::new(codes::ACCOUNT_TOO_OFTEN).retry_after(AN_HOUR))
        }
        false => Ok(true),
    }
}

/// Tells an event at the address that was the owner's before it, with the link by which they object
/// to what they did not do, in the caller's transaction.
pub(crate) fn tell_formerly(
    connection: &mut AnyConnection,
    context: &WriteContext,
    event: &Event,
    owner: &User,
    former: &EmailAddress,
) -> Result<()> {
    let Some(rule) = rule_for(event.kind, event.outcome) else {
        return Ok(());
    };
    let mut notification = describe(connection, context, rule, event, Some(owner))?;
    notification.objection = objection::offer(
        connection,
        context,
        event,
        owner.id,
        &notification,
        Some(former),
    )?;
    let addresses = vec![former.clone()];
    tell(
        connection,
        context,
        rule,
        &notification,
        owner,
        addresses,
        None,
    )
}

fn describe(
    connection: &mut AnyConnection,
    context: &WriteContext,
    rule: &Rule,
    event: &Event,
    owner: Option<&User>,
) -> Result<Notification> {
    let by = match event.actor {
        Actor::CommandLine => Some("command line".to_owned()),
        Actor::User(id) if owner.is_none_or(|owner| owner.id != id) => {
            users::by_id(connection, id)?.map(|user| user.name.as_str().to_owned())
        }
        Actor::User(_) | Actor::Anonymous => None,
    };
    // Where another user acted, their address is none of the owner's business.
    let client = event.client.as_ref().filter(|_| by.is_none());
    Ok(Notification {
        event: rule.topic(),
        at: context.now,
        account: owner.map_or_else(String::new, |owner| owner.name.as_str().to_owned()),
        to_owner: true,
        by,
        device: device_of(connection, event)?,
        codes_left: codes_left(event),
        until: until(connection, event)?,
        address: client.map(|client| client.address),
        user_agent: client.map(|client| client.user_agent.clone()),
        objection: None,
    })
}

/// The device of an event: as it is now, or as the event tells of one that is gone.
fn device_of(
    connection: &mut AnyConnection,
    event: &Event,
) -> Result<Option<(DeviceKind, String)>> {
    let Some(id) = event.device else {
        return Ok(None);
    };
    if let Some(device) = devices::by_id(connection, id)? {
        return Ok(Some((device.kind, device.name.as_str().to_owned())));
    }
    Ok(match &event.detail {
        Some(EventDetail::Device {
            kind,
            name: Some(name),
        }) => Some((*kind, name.clone())),
        _ => None,
    })
}

/// What an event says about the codes of a set, after one was used.
fn codes_left(event: &Event) -> Option<u64> {
    match event.detail {
        Some(EventDetail::CodesLeft { left }) => u64::try_from(left).ok(),
        _ => None,
    }
}

/// Until when the owner has to do what they are reminded of.
fn until(connection: &mut AnyConnection, event: &Event) -> Result<Option<Timestamp>> {
    let is_due = event.kind == EventKind::SecondFactorDue;
    let Some(owner) = event.subject.filter(|_| is_due) else {
        return Ok(None);
    };
    let duty = duties::get(connection, owner, DutyKind::SecondFactor)?;
    Ok(duty.and_then(|duty| duty.deadline))
}

/// Every address at which a user gets mail: their own, and those that codes are sent to.
fn every_address(
    connection: &mut AnyConnection,
    context: &WriteContext,
    owner: &User,
) -> Result<Vec<EmailAddress>> {
    let mut addresses: Vec<EmailAddress> = owner.email.clone().into_iter().collect();
    for sealed in delivery_addresses::mailboxes_of(connection, owner.id)? {
        let DeliveryAddress::Mail(address) = open_delivery_address(&context.master_key, &sealed)?
        else {
            continue;
        };
        let is_known = |known: &EmailAddress| fold(known.as_str()) == fold(address.as_str());
        if !addresses.iter().any(is_known) {
            addresses.push(address);
        }
    }
    Ok(addresses)
}

fn tell(
    connection: &mut AnyConnection,
    context: &WriteContext,
    rule: &Rule,
    notification: &Notification,
    reader: &User,
    addresses: Vec<EmailAddress>,
    about: Option<About>,
) -> Result<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let topic = rule.topic();
    if let Some(pause) = rule.at_most_every
        && outbox::has_since(connection, reader.id, &topic, context.now - pause)?
    {
        return Ok(());
    }
    if let Some(about) = about.as_ref().filter(|_| rule.demand > 0) {
        let told = outbox::topics_since(connection, about, context.now - ONE_CHANGE)?;
        if told.iter().any(|topic| demand_of(topic) >= rule.demand) {
            return Ok(());
        }
        outbox::withdraw(connection, about, context.now)?;
    }
    let after = rule.after.unwrap_or_default();
    for to in addresses {
        let envelope = Envelope {
            to,
            name: Some(reader.name.as_str().to_owned()),
            language: None,
            message: Message::Notification(notification.clone()),
        };
        let about = about.clone();
        let (id, lasting) = (Some(reader.id), NOTICES_LAST);
        post_later(
            connection, context, &topic, id, about, &envelope, lasting, after,
        )?;
    }
    Ok(())
}

/// Puts `instead` in place of a user name in the messages about its owner that wait for others, in the
/// caller's transaction.
pub(crate) fn forget_in_messages(
    connection: &mut AnyConnection,
    context: &WriteContext,
    name: &UserName,
    instead: &str,
) -> Result<()> {
    let administrators = users::superusers(connection)?;
    let readers: Vec<UserId> = administrators.iter().map(|user| user.id).collect();
    for (id, content) in outbox::waiting_for(connection, &readers)? {
        let row = id.to_string();
        let plain = context.master_key.open(place(&row), &content)?;
        let Ok(mut envelope) = serde_json::from_slice::<Envelope>(&plain) else {
            continue;
        };
        let told = match &mut envelope.message {
            Message::Notification(notification) => {
                vec![Some(&mut notification.account), notification.by.as_mut()]
            }
            Message::Invitation { by, .. } => vec![by.as_mut()],
            Message::Recovery { .. }
            | Message::PasswordLink { .. }
            | Message::Code { .. }
            | Message::Test => Vec::new(),
        };
        let mut is_told = false;
        for told in told.into_iter().flatten() {
            if told == name.as_str() {
                instead.clone_into(told);
                is_told = true;
            }
        }
        if is_told {
            let plain = serde_json::to_vec(&envelope).map_err(Problem::internal)?;
            let plain = zeroize::Zeroizing::new(plain);
            let sealed = context
                .master_key
                .seal(&*context.entropy, place(&row), &plain);
            outbox::reword(connection, id, &sealed)?;
        }
    }
    Ok(())
}
