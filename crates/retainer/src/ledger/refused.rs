use jiff::Timestamp;
use kernel::{Quantity, Unit};
use runtime::Error;
use serde_json::Value;

runtime::refusals! {
    /// Why the ledger did not do it.
    pub enum LedgerRefused {
        /// Not enough is left.
        Short { spendable: Quantity } => Exhausted, "ledger.short", "Only {spendable} left; this needs more.";
        /// Enough is left, but not for this.
        NotApplicable { applicable: Quantity } => Exhausted, "ledger.not_applicable", "What is left may not all be used for this: only {applicable} may.";
        /// The operation does not fit this lot or account.
        Unfit => Conflict, "ledger.unfit", "This cannot be done with these units.";
        /// The account takes no new spending.
        Frozen => Conflict, "ledger.frozen", "These hours stand still while the plan is paused. They can be used again when it goes on.";
        /// The account is closed.
        Closed => Conflict, "ledger.closed", "This balance is closed.";
        /// Only a frozen account can be unfrozen.
        NotFrozen => Conflict, "ledger.not_frozen", "This balance is not frozen.";
        /// The hold was captured, released or timed out before.
        HoldClosed { state: String } => Conflict, "ledger.hold_closed", "These units are no longer on hold: they were {state}.";
        /// More than the hold still has.
        ExceedsHold { open: Quantity } => Invalid, "ledger.exceeds_hold", "Only {open} of this are on hold.", at "/amount";
        /// More than was captured and not yet given back.
        ExceedsCaptured { refundable: Quantity } => Invalid, "ledger.exceeds_captured", "Only {refundable} of this can be given back.", at "/amount";
        /// The subject has an open hold for this purpose already.
        SubjectAlreadyHeld => Conflict, "ledger.subject_already_held", "Units are on hold for this already.";
        /// The source has granted a lot on other terms.
        SourceUsed => Conflict, "ledger.source_used", "This was granted already, on other terms.";
        /// The key was used for something else.
        KeyReused => Conflict, "ledger.key_reused", "This key was used for another operation.";
        /// The lot has ended.
        LotEnded => Conflict, "ledger.lot_ended", "These units have ended already.";
        /// It is not time yet.
        NotDue { expires_at: String } => Conflict, "ledger.not_due", "These units do not end before {expires_at}.";
        /// No such account, lot or hold.
        NotFound => NotFound, "ledger.not_found", "There is no such balance.";
        /// An exchange needs two accounts.
        SameAccount => Invalid, "ledger.same_account", "Units cannot be exchanged for themselves.";
        /// Not a positive amount, or beyond all measure.
        InvalidAmount => Invalid, "ledger.invalid_amount", "The amount must be more than zero.", at "/amount";
        /// It would have ended before it began to count.
        AlreadyExpired => Invalid, "ledger.already_expired", "The end is in the past.", at "/expires_at";
        /// Start, end and the rollover's end are not in order.
        InvalidPeriod => Invalid, "ledger.invalid_period", "The end must be after the start, and a rollover must end later still.", at "/expires_at";
        /// An adjustment without a reason.
        ReasonRequired => Invalid, "ledger.reason_required", "Say why the balance is adjusted.", at "/reason";
        /// The amount is of another unit than the account.
        UnitMismatch { unit: Unit } => Invalid, "ledger.unit_mismatch", "The amount must be in {unit}.", at "/amount";
    }
}

/// The refusal that an outcome of `ledger_operate` stands for.
pub(super) fn refusal(outcome: &str, detail: &Value) -> Error {
    let quantity = |name: &str| {
        let unit = detail["unit"].as_str().and_then(|unit| unit.parse().ok()).unwrap_or(Unit::Hour);
        Quantity::new(detail[name].as_i64().unwrap_or(0), unit)
    };
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    match outcome {
        "short" => LedgerRefused::Short { spendable: quantity("spendable") },
        "not_applicable" if detail.get("applicable").is_some() => {
            LedgerRefused::NotApplicable { applicable: quantity("applicable") }
        }
        "not_applicable" => LedgerRefused::Unfit,
        "frozen" => LedgerRefused::Frozen,
        "closed" => LedgerRefused::Closed,
        "not_frozen" => LedgerRefused::NotFrozen,
        "hold_closed" => LedgerRefused::HoldClosed { state: text("state") },
        "exceeds_hold" => LedgerRefused::ExceedsHold { open: quantity("open") },
        "exceeds_captured" => LedgerRefused::ExceedsCaptured { refundable: quantity("refundable") },
        "subject_already_held" => LedgerRefused::SubjectAlreadyHeld,
        "source_used" => LedgerRefused::SourceUsed,
        "key_reused" => LedgerRefused::KeyReused,
        "lot_ended" => LedgerRefused::LotEnded,
        "not_due" => LedgerRefused::NotDue { expires_at: when(&text("expires_at")) },
        "not_found" => LedgerRefused::NotFound,
        "same_account" => LedgerRefused::SameAccount,
        "invalid_amount" => LedgerRefused::InvalidAmount,
        "already_expired" => LedgerRefused::AlreadyExpired,
        "invalid_period" => LedgerRefused::InvalidPeriod,
        "unit_mismatch" => LedgerRefused::UnitMismatch { unit: quantity("").unit },
        "reason_required" => LedgerRefused::ReasonRequired,
        _ => return Error::internal(format!("the ledger refused with the unknown outcome {outcome:?}")),
    }
    .into()
}

fn when(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| "a date that was never set".to_owned(), |at| at.to_string())
}
