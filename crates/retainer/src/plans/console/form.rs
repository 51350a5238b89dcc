//! The form of a plan's terms: what was typed becomes terms, and terms become what stands in the fields.

use kernel::{Currency, Decimal, Period, Quantity, Refusal as _, Unit};
use maud::{Markup, html};

use crate::pages::Form;
use crate::pages::parts::{Input, Select, currencies};
use crate::plans::Terms;
use crate::plans::terms::{CreditClose, ExpiryRule, OverageRule, RolloverRule, UpgradeRule, WrittenTerms};

/// A form for a plan that does not exist yet.
pub(super) fn blank(currency: Currency) -> Form {
    Form::blank()
        .with("currency", currency.to_string())
        .with("period", "month")
        .with("unit", "hour")
        .with("quantity", "10")
        .with("trial_days", "0")
}

/// A form that holds terms.
pub(super) fn filled(terms: &Terms) -> Form {
    let number = |count: Option<i16>| count.map(|count| count.to_string()).unwrap_or_default();
    let amount = |atoms: Option<i64>| atoms.map(|atoms| Quantity::new(atoms, terms.unit).spoken()).unwrap_or_default();
    Form::blank()
        .with("price", terms.price.decimal())
        .with("currency", terms.price.currency.to_string())
        .with("period", terms.period.word())
        .with("unit", terms.unit.to_string())
        .with("quantity", amount(terms.quantity))
        .with("rollover", terms.rollover.word())
        .with("rollover_cap", amount(terms.rollover_cap))
        .with("rollover_periods", number(terms.rollover_periods))
        .with("expiry", terms.expiry.word())
        .with("expiry_count", number(terms.expiry_count))
        .with("overage", terms.overage.word())
        .with("overage_limit", amount(terms.credit.map(|credit| credit.limit)))
        .with("overage_rate", terms.credit.map(|credit| credit.rate.decimal()).unwrap_or_default())
        .with("overage_close", terms.credit.map_or("", |credit| credit.close.word()))
        .with("trial_days", terms.trial_days.to_string())
        .with("upgrade", terms.upgrade.word())
}

/// The terms that were typed; all that is wrong with them is noted. What a choice makes meaningless is not read: its
/// field is not shown either.
pub(super) fn read(form: &mut Form) -> Option<Terms> {
    let currency = form.read::<Currency>("currency");
    let money = currency.unwrap_or(Currency::USD);
    let price = form.read_money("price", money);
    let (period, unit) = (form.read("period"), form.read::<Unit>("unit"));
    let quantity = read_amount(form, "quantity", unit);
    let (rollover, expiry, overage) = (form.read("rollover"), form.read("expiry"), form.read("overage"));
    let (trial_days, upgrade) = (read_count(form, "trial_days"), form.read("upgrade"));
    let is_counted = matches!(expiry, Some(ExpiryRule::Periods | ExpiryRule::Days));
    let (is_capped, is_rolled) =
        (rollover == Some(RolloverRule::Cap), rollover.is_some_and(|rule| rule != RolloverRule::None));
    let is_credit = overage == Some(OverageRule::Credit);
    need(form, "expiry_count", (is_counted, "Say how many."));
    need(form, "rollover_cap", (is_capped, "Say how much at most."));
    need(form, "overage_limit", (is_credit, "Say how much more."));
    need(form, "overage_rate", (is_credit, "Say what each costs."));
    let overage_rate =
        if is_credit && form.error("overage_rate").is_none() { form.read_money("overage_rate", money) } else { None };
    let written = WrittenTerms {
        expiry_count: if is_counted { read_count(form, "expiry_count") } else { None },
        rollover_cap: if is_capped { read_amount(form, "rollover_cap", unit) } else { None },
        rollover_periods: if is_rolled { read_count(form, "rollover_periods") } else { None },
        overage_limit: if is_credit { read_amount(form, "overage_limit", unit) } else { None },
        overage_rate,
        overage_close: if is_credit { form.read_optional("overage_close") } else { None },
        price: price?,
        period: period?,
        unit: unit?,
        quantity,
        rollover: rollover?,
        expiry: expiry?,
        overage: overage?,
        trial_days: trial_days.unwrap_or_default(),
        upgrade: upgrade?,
    };
    if !form.is_good() {
        return None;
    }
    match written.meant() {
        Ok(terms) => Some(terms),
        Err(refusal) => {
            let field = refusal.pointer().and_then(|pointer| pointer.strip_prefix("/terms/")).unwrap_or_default();
            form.refuse(field, refusal.sentence());
            None
        }
    }
}

/// Notes that a field is empty which a choice makes necessary.
fn need(form: &mut Form, name: &str, (is_needed, text): (bool, &str)) {
    if is_needed && form.value(name).trim().is_empty() {
        form.refuse(name, text);
    }
}

/// Reads an amount of what the plan counts, which may be left empty; what is wrong with it is noted.
fn read_amount(form: &mut Form, name: &str, unit: Option<Unit>) -> Option<Decimal> {
    if form.value(name).trim().is_empty() {
        return None;
    }
    form.read_amount(name, unit.unwrap_or(Unit::Hour)).map(Decimal::of)
}

fn read_count(form: &mut Form, name: &str) -> Option<i16> {
    let text = form.value(name).trim().to_owned();
    if text.is_empty() {
        return None;
    }
    match text.parse() {
        Ok(count) => Some(count),
        Err(_) => {
            form.refuse(name, "This must be a whole number.");
            None
        }
    }
}

fn choices(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(value, words)| ((*value).to_owned(), (*words).to_owned())).collect()
}

/// The fields of terms.
pub(super) fn fields(form: &Form) -> Markup {
    let periods = [Period::Day, Period::Week, Period::Month, Period::Year, Period::Once].map(|period| {
        let words = if period == Period::Once { "once, it does not renew".to_owned() } else { format!("a {period}") };
        (period.word().to_owned(), words)
    });
    let units = [Unit::Hour, Unit::Session, Unit::Message, Unit::Token, Unit::Seat]
        .map(|unit| (unit.to_string(), if unit == Unit::Hour { "hours".to_owned() } else { unit.sign().to_owned() }));
    html! {
        fieldset {
            legend { "What it costs and what it brings" }
            div.row {
                (Input::decimal(form, "price", "Price"))
                (Input::text(form, "currency", "Currency").suggest("currencies"))
                (currencies())
                (Select { form, name: "period", label: "For", choices: &periods })
            }
            div.row {
                (Input::decimal(form, "quantity", "It brings").optional().hint("Hours as 2:30 or 2.5. Left empty, there is no limit."))
                (Select { form, name: "unit", label: "Of", choices: &units })
            }
        }
        (left_over(form))
        (overage(form))
        fieldset {
            legend { "How it begins" }
            div.row {
                (Input::decimal(form, "trial_days", "Free days to try it").optional())
                (Select { form, name: "upgrade", label: "Who changes to it in mid-period", choices: &choices(&[
                    (UpgradeRule::Replace.word(), "gets it instead of what is left of the old plan"),
                    (UpgradeRule::Stack.word(), "keeps what is left of the old plan as well"),
                ]) })
            }
        }
    }
}

fn left_over(form: &Form) -> Markup {
    html! {
        fieldset {
            legend { "What is not used in time" }
            div.row {
                (Select { form, name: "expiry", label: "It can be used", choices: &choices(&[
                    (ExpiryRule::PeriodEnd.word(), "until its period ends"),
                    (ExpiryRule::Periods.word(), "for some periods"),
                    (ExpiryRule::Days.word(), "for some days"),
                    (ExpiryRule::Never.word(), "for ever"),
                ]) })
                (Input::decimal(form, "expiry_count", "How many").optional())
            }
            div.row {
                (Select { form, name: "rollover", label: "After that", choices: &choices(&[
                    (RolloverRule::None.word(), "it is lost"),
                    (RolloverRule::Cap.word(), "up to a limit moves on to the next period"),
                    (RolloverRule::All.word(), "all of it moves on to the next period"),
                ]) })
                (Input::decimal(form, "rollover_cap", "At most").optional().hint("Hours as 2:30 or 2.5."))
                (Input::decimal(form, "rollover_periods", "For how many more periods").optional().hint("Left empty, without end."))
            }
        }
    }
}

fn overage(form: &Form) -> Markup {
    html! {
        fieldset {
            legend { "When a ticket needs more than is left" }
            div.row {
                (Select { form, name: "overage", label: "Then", choices: &choices(&[
                    (OverageRule::Block.word(), "it has to wait for more"),
                    (OverageRule::Ask.word(), "the customer is asked first"),
                    (OverageRule::Credit.word(), "some more may be used on credit"),
                ]) })
                (Input::decimal(form, "overage_limit", "How much more at most").optional().hint("Hours as 2:30 or 2.5."))
                (Input::decimal(form, "overage_rate", "What each of them costs").optional())
                (Select { form, name: "overage_close", label: "When the period closes", choices: &choices(&[
                    (CreditClose::Bill.word(), "it is billed"),
                    (CreditClose::Carry.word(), "the next period pays"),
                    (CreditClose::Forgive.word(), "it is forgiven"),
                ]) })
            }
        }
    }
}
