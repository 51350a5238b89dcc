//! The nouns: a view, and what it narrows the list down to.

use jiff::Timestamp;
use kernel::id::{CustomerId, MembershipId, TicketViewId};
use kernel::text::{Tag, Title};
use runtime::{Columns, Error};
use tokio_postgres::Row;

use crate::pages::Form;
use crate::pages::form::query;
use crate::tickets::listing::{Order, Stage};
use crate::tickets::{Assigned, Priority, find};

kernel::words! {
    /// How tickets stand: a status, or open, which is pending or in progress.
    Stands, "status" {
        /// Pending or in progress.
        Open = "open",
        /// Asked for, not begun.
        Pending = "pending",
        /// Begun.
        InProgress = "in_progress",
        /// Done.
        Completed = "completed",
        /// Refused.
        Rejected = "rejected",
    }
}

/// What a list of tickets is narrowed down to, and its order; what is not given narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// How they stand.
    pub status: Option<Stands>,
    /// Of this customer.
    pub customer: Option<CustomerId>,
    /// Assigned to this member, or `none`: to nobody.
    pub assignee: Option<Assigned>,
    /// Marked with this word.
    pub tag: Option<Tag>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// With these words, or with this number.
    pub q: Option<Title>,
    /// The order, if it is not the newest first.
    pub sort: Option<Order>,
}

impl Filter {
    /// What a form asks for; what it asks for in words that mean nothing is noted in it, and narrows nothing.
    pub(crate) fn of_form(form: &mut Form) -> Self {
        let mut filter = Self {
            status: form.read_optional("status"),
            customer: form.read_optional("customer"),
            assignee: form.read_optional("assignee"),
            tag: form.read_optional("tag"),
            priority: priority(form),
            q: form.read_optional("q"),
            sort: form.read_optional("sort"),
        };
        filter.sort = filter.order();
        filter
    }

    /// Its order. What is closed holds nothing and presses nobody: only open tickets are put into another one.
    pub(crate) fn order(&self) -> Option<Order> {
        self.sort.filter(|_| self.status.is_none_or(|status| Stage::from(status).is_open()))
    }

    /// As the list asks for it.
    pub(crate) fn wanted(&self) -> find::Wanted {
        let Self { status, customer, assignee, tag, priority, q, sort: _ } = self.clone();
        find::Wanted { status: status.map(Stage::from), customer, assignee, tag, priority, text: q, meant: None }
    }

    /// The query of the list's address; empty where nothing is narrowed down.
    pub fn query(&self) -> String {
        let text = |value: &dyn ToString| value.to_string();
        let pairs = [
            ("status", self.status.as_ref().map(|it| text(it))),
            ("priority", self.priority.as_ref().map(|it| text(it))),
            ("assignee", self.assignee.as_ref().map(|it| text(it))),
            ("tag", self.tag.as_ref().map(|it| text(it))),
            ("q", self.q.as_ref().map(|it| text(it))),
            ("customer", self.customer.as_ref().map(|it| text(it))),
            ("sort", self.sort.as_ref().map(|it| text(it))),
        ];
        let given: Vec<(&str, &str)> =
            pairs.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))).collect();
        query(&given)
    }
}

/// The priority, whatever capitals it was typed with into the address; the search's words are read so as well.
fn priority(form: &mut Form) -> Option<Priority> {
    let typed = form.value("priority").trim().to_owned();
    if let Some(known) = Priority::ALL.iter().find(|known| known.word().eq_ignore_ascii_case(&typed)) {
        form.respell("priority", known.word());
    }
    form.read_optional("priority")
}

impl From<Stands> for Stage {
    fn from(stands: Stands) -> Self {
        use crate::tickets::Status;
        match stands {
            Stands::Open => Self::Open,
            Stands::Pending => Self::Of(Status::Pending),
            Stands::InProgress => Self::Of(Status::InProgress),
            Stands::Completed => Self::Of(Status::Completed),
            Stands::Rejected => Self::Of(Status::Rejected),
        }
    }
}

/// A saved view, as whoever asks sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct View {
    /// Its id.
    pub id: TicketViewId,
    /// What it is called.
    pub name: String,
    /// What it narrows the list down to.
    pub filter: Filter,
    /// Whether all staff have it.
    pub shared: bool,
    /// Whether it is the asker's own.
    pub own: bool,
    /// Whether the asker's list opens with it.
    pub default: bool,
    /// Who saved it.
    pub saved_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// A word of a closed list as it is stored.
fn word<T: std::str::FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::internal(format!("a view holds the unknown word {text:?}")))
}

impl View {
    pub(super) fn of_row(row: &Row) -> Result<Self, Error> {
        let tag: Option<String> = row.get("tag");
        let words: Option<String> = row.get("words");
        let (status, priority, sort): (Option<&str>, Option<&str>, Option<&str>) =
            (row.get("status"), row.get("priority"), row.get("sort"));
        let kept = |error: kernel::text::TextError| Error::internal(format!("a view holds a damaged word: {error}"));
        let filter = Filter {
            status: status.map(word).transpose()?,
            customer: row.id_or_none("customer_id"),
            assignee: if row.get("unassigned") {
                Some(Assigned::Nobody)
            } else {
                row.id_or_none::<MembershipId>("assignee_id").map(Assigned::To)
            },
            tag: tag.map(|tag| tag.parse()).transpose().map_err(kept)?,
            priority: priority.map(word).transpose()?,
            q: words.map(|words| words.parse()).transpose().map_err(kept)?,
            sort: sort.map(word).transpose()?,
        };
        Ok(Self {
            id: row.id("id"),
            name: row.get("name"),
            filter,
            shared: row.get("shared"),
            own: row.get("own"),
            default: row.get("is_default"),
            saved_by: row.get("saved_by"),
            created_at: row.get("created_at"),
        })
    }
}
