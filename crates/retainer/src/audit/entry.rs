//! The noun: an entry of the audit trail.

use jiff::Timestamp;
use kernel::id::{self, AuditEntryId, Id, UserId};
use runtime::Columns;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

/// Something that somebody changed.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What kind of actor: user, system, anonymous.
    pub actor_kind: String,
    /// The user, if it was one.
    pub actor: Option<UserId>,
    /// Their name then.
    pub actor_name: String,
    /// What they were then.
    pub actor_role: Option<String>,
    /// From where.
    pub address: Option<String>,
    /// The request that did it, as in its `X-Request-Id`.
    pub request: Option<Uuid>,
    /// What was done.
    #[schema(example = "ticket.rejected")]
    pub action: String,
    /// The kind of thing that changed.
    #[schema(example = "ticket")]
    pub subject_kind: String,
    /// The thing.
    #[schema(example = "tkt_01jd3q5m8kf4r9x2v7w6n0t1ac")]
    pub subject: String,
    /// The changed fields before.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The changed fields after.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
}

impl AuditEntry {
    pub(super) fn of_row(row: &Row) -> Self {
        let kind: String = row.get("subject_kind");
        let address: Option<std::net::IpAddr> = row.get("address");
        Self {
            id: row.id("id"),
            at: row.get("at"),
            actor_kind: row.get("actor_kind"),
            actor: row.id_or_none("actor_user_id"),
            actor_name: row.get("actor_name"),
            actor_role: row.get("actor_role"),
            address: address.map(|address| address.to_string()),
            request: row.get("request_id"),
            action: row.get("action"),
            subject: outside(&kind, row.get("subject_id")),
            subject_kind: kind,
            before: row.get("before"),
            after: row.get("after"),
        }
    }
}

/// A thing's id as it is written outside, by the kind of thing.
fn outside(kind: &str, uuid: Uuid) -> String {
    macro_rules! kinds {
        ($($word:literal => $id:ident),* $(,)?) => {
            match kind { $($word => id::$id::from_uuid(uuid).to_string(),)* _ => uuid.to_string() }
        };
    }
    kinds! {
        "account" => AccountId, "customer" => CustomerId, "hold" => HoldId, "invitation" => InvitationId,
        "invoice" => InvoiceId, "lot" => LotId, "mail" => MailId, "membership" => MembershipId,
        "notification" => NotificationId, "organization" => OrganizationId, "payment" => PaymentId, "plan" => PlanId,
        "plan_version" => PlanVersionId, "refund" => RefundId, "session" => SessionId,
        "subscription" => SubscriptionId, "ticket" => TicketId, "top_up" => TopUpId, "user" => UserId,
    }
}

/// The id of a thing of any kind, with or without its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject(pub Uuid);

/// Why a text names no thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an id such as tkt_01jd3q5m8kf4r9x2v7w6n0t1ac")]
pub struct SubjectError;

impl std::str::FromStr for Subject {
    type Err = SubjectError;
    fn from_str(text: &str) -> Result<Self, SubjectError> {
        if let Ok(uuid) = text.parse() {
            return Ok(Self(uuid));
        }
        let (prefix, rest) = text.split_once('_').ok_or(SubjectError)?;
        let known = id::PREFIXES.contains(&prefix);
        let bits = id::decode(rest).filter(|_| known).ok_or(SubjectError)?;
        Ok(Self(Uuid::from_u128(bits)))
    }
}
impl<'de> serde::Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_read_from_any_id() {
        let ticket = id::TicketId::from_uuid(Uuid::from_u128(7));
        assert_eq!(ticket.to_string().parse(), Ok(Subject(Uuid::from_u128(7))));
        assert_eq!(outside("ticket", Uuid::from_u128(7)), ticket.to_string());
        assert_eq!("xxx_00000000000000000000000007".parse::<Subject>(), Err(SubjectError));
    }
}
