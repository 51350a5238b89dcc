//! The figures of the source beside ours, and why they differ.

use super::{Dialect, Target};

/// A figure that both sides count.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Figure {
    /// Which: `hours_left`, `paid`.
    pub figure: String,
    /// What people call it.
    pub name: String,
    /// What the source counts, as a decimal.
    pub source: String,
    /// What Retainer counts for the same rows.
    pub here: String,
    /// Rows that are counted on neither side, because they go on here apart from the source.
    pub left_out: u64,
    /// Why they differ: the differences add up to what is between them.
    pub differences: Vec<Difference>,
}

/// A part of a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The decision that explains it.
    pub decision: String,
    /// How many rows it is.
    pub rows: u64,
    /// How much Retainer counts more; below zero, less.
    pub by: String,
}

/// Compares.
pub(super) async fn compare<D: Dialect>(target: &Target) -> anyhow::Result<Vec<Figure>> {
    let query = include_str!("sql/reckoning.sql").replace("{compared}", D::RECKONING);
    let mut figures: Vec<Figure> = Vec::new();
    for row in target.rows(&query, &[]).await? {
        let figure: String = row.get("figure");
        if figures.last().is_none_or(|last| last.figure != figure) {
            let [source, here] = ["source", "here"].map(|side| row.get(side));
            let name = D::figure_name(&figure).to_owned();
            let left_out = u64::try_from(row.get::<_, i64>("left_out")).unwrap_or(0);
            figures.push(Figure { figure, name, source, here, left_out, differences: Vec::new() });
        }
        let (Some(decision), Some(last)) = (row.get("why"), figures.last_mut()) else { continue };
        let rows = u64::try_from(row.get::<_, i64>("rows")).unwrap_or(0);
        last.differences.push(Difference { decision, rows, by: row.get("by") });
    }
    Ok(figures)
}
