//! Whose tickets are wanted: a member's, or nobody's.

use kernel::id::{Id, MembershipId};
use uuid::Uuid;

/// To whom tickets are assigned: `none`, or a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// To nobody yet.
    Nobody,
    /// To this member.
    To(MembershipId),
}

impl Assigned {
    /// As statements take it: nobody is the nil id, which no member has.
    pub(super) fn param(self) -> Uuid {
        match self {
            Self::Nobody => Uuid::nil(),
            Self::To(member) => member.uuid(),
        }
    }

    /// The member, where it is one.
    pub fn member(self) -> Option<MembershipId> {
        match self {
            Self::Nobody => None,
            Self::To(member) => Some(member),
        }
    }
}

impl From<MembershipId> for Assigned {
    fn from(member: MembershipId) -> Self {
        Self::To(member)
    }
}

const NOBODY: &str = "none";

impl std::str::FromStr for Assigned {
    type Err = <MembershipId as std::str::FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == NOBODY { Ok(Self::Nobody) } else { text.parse().map(Self::To) }
    }
}

impl std::fmt::Display for Assigned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nobody => out.write_str(NOBODY),
            Self::To(member) => member.fmt(out),
        }
    }
}

impl serde::Serialize for Assigned {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Assigned {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        kernel::text::deserialize_from_str(input)
    }
}

impl utoipa::PartialSchema for Assigned {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        kernel::text::pattern_schema("^(none|mem_[0-7][0-9a-hjkmnp-tv-z]{25})$", NOBODY)
    }
}

impl utoipa::ToSchema for Assigned {}
