//! The words in which balances are told.

use crate::ledger::about::About;

/// Where units come from, in words.
pub fn source(word: &str) -> &str {
    match word {
        "plan_period" => "Plan",
        "topup" => "Top-up",
        "trial" => "Trial",
        "gift_purchase" => "Gift",
        "promo" => "Promotion",
        "goodwill" => "Goodwill",
        "rollover" => "Rolled over",
        "refund_grace" => "Given back",
        "exchange" => "Exchanged",
        "import" => "Brought along",
        "adjustment" => "Set right by hand",
        "credit_line" => "Overage allowed by the plan",
        other => other,
    }
}

/// What happened, for who reads a statement, and by what kind of operation: units that came by the name of what brought them.
pub fn told(word: &str, operation: &str, about: &About) -> String {
    match (word, about.source.as_deref()) {
        // What tickets do not explain of what the system before had left.
        ("adjust_down", _) if operation == "import" => "Set right by the import".to_owned(),
        ("adjust_down", _) => "Set right by hand".to_owned(),
        ("grant" | "activate", Some(plan)) if about.is_plan => format!("Plan {plan}"),
        ("grant" | "activate", Some("Top-up")) => "Bought".to_owned(),
        ("grant" | "activate", Some(source)) => source.to_owned(),
        ("expire", Some(source)) => format!("Expired: {source}"),
        _ => kind(word).to_owned(),
    }
}

/// What happened, in words.
pub fn kind(word: &str) -> &str {
    match word {
        "grant" => "Granted",
        "activate" => "Begun",
        "hold" => "Held",
        "capture" | "consume" => "Used",
        "release" => "Given back",
        "timeout" => "Hold timed out",
        "refund" => "Given back after use",
        "expire" => "Expired",
        "roll_out" => "Rolled over",
        "grace_out" => "Moved to hours that last longer",
        "void" => "Taken back",
        "charge_debt" => "Owed",
        "repay_debt" => "Kept for what was owed",
        "exchange_out" => "Exchanged",
        "adjust_down" => "Set right",
        "rehome_out" | "rehome_in" => "Moved",
        "freeze" => "Frozen",
        "unfreeze" => "Unfrozen",
        "extend" => "Extended",
        other => other,
    }
}

/// What happened to a thing, up to its name: `Held for`; none where the word stands by itself.
pub fn kind_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "hold" => "Held for",
        "capture" | "consume" => "Used for",
        "release" => "Given back from",
        "timeout" => "Given back, since the hold timed out, from",
        "refund" => "Given back after use for",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_import_set_right_was_set_right_by_nobodys_hand() {
        let about = About { source: Some("Brought along".to_owned()), ..About::default() };
        assert_eq!(told("adjust_down", "import", &about), "Set right by the import");
        assert_eq!(told("adjust_down", "adjust", &about), "Set right by hand");
    }
}
