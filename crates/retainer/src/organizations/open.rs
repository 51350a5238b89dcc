//! Whether an organization is open for business.

use jiff::Timestamp;

use super::Organization;

runtime::refusals! {
    /// Why nothing changes any more.
    pub enum ClosingRefused {
        /// The organization is being closed.
        Closing { until: Timestamp } => Conflict, "organization.closing", "This organization is being closed and will be deleted on {until}. Until then nothing in it can be changed, unless an owner keeps it.";
    }
}

/// Refuses unless the organization is open.
///
/// # Errors
/// [`ClosingRefused`]
pub fn require_open(closes_at: Option<Timestamp>) -> Result<(), ClosingRefused> {
    closes_at.map_or(Ok(()), |until| Err(ClosingRefused::Closing { until }))
}

impl Organization {
    /// Refuses unless it is open.
    ///
    /// # Errors
    /// [`ClosingRefused`]
    pub fn require_open(&self) -> Result<(), ClosingRefused> {
        require_open(self.closes_at)
    }
}
