//! Typed ids: a UUIDv7 inside, a prefixed word outside (`cus_01jd…`), one registry.

use std::fmt;

/// Why a text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The part before the underscore names another kind of thing.
    #[error("this is not a {expected} id: it must begin with \"{expected}_\"")]
    WrongPrefix {
        /// The prefix that was expected.
        expected: &'static str,
    },
    /// The part after the underscore is not 26 characters of base 32.
    #[error("the id is damaged: after \"{expected}_\" come 26 letters and digits")]
    Damaged {
        /// The prefix that was expected.
        expected: &'static str,
    },
}

/// Crockford's base 32 in lower case, the alphabet of TypeID: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Writes 128 bits as 26 characters, most significant first; the first carries three bits.
pub fn encode(value: u128) -> String {
    (0..26).rev().map(|place| char::from(ALPHABET[usize::try_from((value >> (place * 5)) & 31).unwrap_or(0)])).collect()
}

/// Reads what [`encode`] wrote; `None` for anything else.
pub fn decode(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 26 || bytes[0] > b'7' {
        return None;
    }
    bytes.iter().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|letter| letter == byte)?;
        Some((value << 5) | digit as u128)
    })
}

/// What every typed id can do; rows and JSON are mapped through it.
pub trait Id: Copy + fmt::Display {
    /// The word before the underscore.
    const PREFIX: &'static str;
    /// Wraps the stored UUID.
    fn from_uuid(uuid: uuid::Uuid) -> Self;
    /// The stored UUID.
    fn uuid(self) -> uuid::Uuid;
    /// The stored UUID by reference, as a statement's parameter wants it.
    fn as_uuid(&self) -> &uuid::Uuid;
}

fn parse(prefix: &'static str, text: &str) -> Result<uuid::Uuid, IdError> {
    let rest = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(IdError::WrongPrefix { expected: prefix })?;
    decode(rest).map(uuid::Uuid::from_u128).ok_or(IdError::Damaged { expected: prefix })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct $name(uuid::Uuid);

            impl Id for $name {
                const PREFIX: &'static str = $prefix;
                fn from_uuid(uuid: uuid::Uuid) -> Self { Self(uuid) }
                fn uuid(self) -> uuid::Uuid { self.0 }
                fn as_uuid(&self) -> &uuid::Uuid { &self.0 }
            }
            impl fmt::Display for $name {
                fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(out, "{}_{}", $prefix, encode(self.0.as_u128()))
                }
            }
            impl std::str::FromStr for $name {
                type Err = IdError;
                fn from_str(text: &str) -> Result<Self, IdError> { parse($prefix, text).map(Self) }
            }
            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> { out.collect_str(self) }
            }
            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
                    crate::text::deserialize_from_str(input)
                }
            }
            impl utoipa::PartialSchema for $name {
                fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                    crate::text::pattern_schema(
                        concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                        concat!($prefix, "_01jd3q5m8kf4r9x2v7w6n0t1ac"),
                    )
                }
            }
            impl utoipa::ToSchema for $name {}
        )*

        /// Every prefix of the registry, in its order.
        pub const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// An allowance account: one owner's prepaid balance in one unit.
    AccountId = "acc",
    /// A file on a ticket.
    AttachmentId = "att",
    /// An entry of the audit trail.
    AuditEntryId = "aud",
    /// A link that shows a customer's balance to whoever has it.
    BalanceLinkId = "bal",
    /// A comment on a ticket.
    CommentId = "com",
    /// Who buys from an organization.
    CustomerId = "cus",
    /// A line of the ledger.
    EntryId = "ent",
    /// An archive that an owner ordered.
    ExportId = "exp",
    /// Units promised to a subject.
    HoldId = "hld",
    /// A run of an import.
    ImportRunId = "imp",
    /// An invitation to join an organization.
    InvitationId = "ivt",
    /// A bill.
    InvoiceId = "inv",
    /// Where units came from.
    LotId = "lot",
    /// A message in the mail queue.
    MailId = "mai",
    /// A version of what mails of a kind say.
    MailTemplateId = "mtp",
    /// A user's role in an organization.
    MembershipId = "mem",
    /// Something a person was told.
    NotificationId = "not",
    /// An idempotent request to the ledger.
    OperationId = "opr",
    /// A business, the tenant.
    OrganizationId = "org",
    /// Money received.
    PaymentId = "pay",
    /// What is sold, under one name through all its versions.
    PlanId = "pln",
    /// An immutable version of a plan.
    PlanVersionId = "plv",
    /// Money given back.
    RefundId = "ref",
    /// A single-use link that acts in a person's name.
    SecretLinkId = "lnk",
    /// A signed-in browser or an API token.
    SessionId = "ses",
    /// A customer's running plan.
    SubscriptionId = "sub",
    /// A line of a ticket's history.
    TicketEventId = "tev",
    /// A ticket's inner id; people see its `TKT-` number.
    TicketId = "tkt",
    /// A saved view of the list of tickets.
    TicketViewId = "tvw",
    /// Time worked on a ticket.
    TimeEntryId = "tim",
    /// A one-off purchase of units.
    TopUpId = "top",
    /// A person who can sign in.
    UserId = "usr",
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_reads_back_as_it_was_written(value: u128) {
            let id = CustomerId::from_uuid(uuid::Uuid::from_u128(value));
            prop_assert_eq!(id.to_string().parse::<CustomerId>(), Ok(id));
        }

        #[test]
        fn rubbish_is_never_an_id(text in "\\PC{0,40}") {
            if let Ok(id) = text.parse::<CustomerId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let invoice = InvoiceId::from_uuid(uuid::Uuid::from_u128(7)).to_string();
        assert_eq!(invoice.parse::<CustomerId>(), Err(IdError::WrongPrefix { expected: "cus" }));
    }

    #[test]
    fn prefixes_are_unique() {
        let mut sorted = PREFIXES.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), PREFIXES.len());
    }
}
