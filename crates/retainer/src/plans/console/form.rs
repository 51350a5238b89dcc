//! The form of a plan's terms: what was typed becomes terms, and terms become what stands in the fields.

use kernel::{Currency, Money, Period, Refusal as _, Unit};
use maud::{Markup, html};

use crate::pages::Form;
use crate::pages::parts::{Input, Select};
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
    let written = WrittenTerms::from(terms);
    let number = |count: Option<i16>| count.map(|count| count.to_string()).unwrap_or_default();
    let decimal = |decimal: &Option<_>| decimal.as_ref().map(ToString::to_string).unwrap_or_default();
    Form::blank()
        .with("price", terms.price.decimal())
        .with("currency", terms.price.currency.to_string())
        .with("period", terms.period.word())
        .with("unit", terms.unit.to_string())
        .with("quantity", decimal(&written.quantity))
        .with("rollover", terms.rollover.word())
        .with("rollover_cap", decimal(&written.rollover_cap))
        .with("rollover_periods", number(terms.rollover_periods))
        .with("expiry", terms.expiry.word())
        .with("expiry_count", number(terms.expiry_count))
        .with("overage", terms.overage.word())
        .with("overage_limit", decimal(&written.overage_limit))
        .with("overage_rate", terms.credit.map(|credit| credit.rate.decimal()).unwrap_or_default())
        .with("overage_close", terms.credit.map_or("", |credit| credit.close.word()))
        .with("trial_days", terms.trial_days.to_string())
        .with("upgrade", terms.upgrade.word())
}

/// The terms that were typed; what is wrong with them is noted.
pub(super) fn read(form: &mut Form) -> Option<Terms> {
    let currency = form.read::<Currency>("currency")?;
    let written = WrittenTerms {
        price: read_money(form, "price", currency)?,
        period: form.read("period")?,
        unit: form.read("unit")?,
        quantity: form.read_optional("quantity"),
        rollover: form.read("rollover")?,
        rollover_cap: form.read_optional("rollover_cap"),
        rollover_periods: read_count(form, "rollover_periods"),
        expiry: form.read("expiry")?,
        expiry_count: read_count(form, "expiry_count"),
        overage: form.read("overage")?,
        overage_limit: form.read_optional("overage_limit"),
        overage_rate: if form.value("overage_rate").trim().is_empty() {
            None
        } else {
            read_money(form, "overage_rate", currency)
        },
        overage_close: form.read_optional("overage_close"),
        trial_days: read_count(form, "trial_days").unwrap_or_default(),
        upgrade: form.read("upgrade")?,
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

/// Reads an amount of money of a currency; what is wrong with it is noted.
fn read_money(form: &mut Form, name: &str, currency: Currency) -> Option<Money> {
    match Money::parse(form.value(name), currency) {
        Ok(amount) => Some(amount),
        Err(error) => {
            form.refuse(name, format!("The amount {error}."));
            None
        }
    }
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
        let words = if period == Period::Once { "once, not renewed".to_owned() } else { format!("a {period}") };
        (period.word().to_owned(), words)
    });
    let units = [Unit::Hour, Unit::Session, Unit::Message, Unit::Token, Unit::Seat]
        .map(|unit| (unit.to_string(), if unit == Unit::Hour { "hours".to_owned() } else { unit.sign().to_owned() }));
    html! {
        fieldset {
            legend { "Price and allowance" }
            div.row {
                (Input::decimal(form, "price", "Price"))
                (Input::text(form, "currency", "Currency"))
                (Select { form, name: "period", label: "Paid", choices: &periods })
            }
            div.row {
                (Input::decimal(form, "quantity", "Each period brings").optional().hint("Empty is no limit."))
                (Select { form, name: "unit", label: "Of", choices: &units })
            }
        }
        (left_over(form))
        (overage(form))
        fieldset {
            legend { "Beginning" }
            div.row {
                (Input::decimal(form, "trial_days", "Days to try").optional())
                (Select { form, name: "upgrade", label: "An upgrade to this plan", choices: &choices(&[
                    (UpgradeRule::Replace.word(), "replaces what is left of the plan before"),
                    (UpgradeRule::Stack.word(), "leaves the plan before beside it"),
                ]) })
            }
        }
    }
}

fn left_over(form: &Form) -> Markup {
    html! {
        fieldset {
            legend { "What is not used" }
            div.row {
                (Select { form, name: "expiry", label: "Expires", choices: &choices(&[
                    (ExpiryRule::PeriodEnd.word(), "with its period"),
                    (ExpiryRule::Periods.word(), "after so many periods"),
                    (ExpiryRule::Days.word(), "after so many days"),
                    (ExpiryRule::Never.word(), "never"),
                ]) })
                (Input::decimal(form, "expiry_count", "How many").optional())
            }
            div.row {
                (Select { form, name: "rollover", label: "When it expires", choices: &choices(&[
                    (RolloverRule::None.word(), "it is lost"),
                    (RolloverRule::Cap.word(), "so much at most moves on"),
                    (RolloverRule::All.word(), "all of it moves on"),
                ]) })
                (Input::decimal(form, "rollover_cap", "At most").optional())
                (Input::decimal(form, "rollover_periods", "For how many periods").optional())
            }
        }
    }
}

fn overage(form: &Form) -> Markup {
    html! {
        fieldset {
            legend { "When work needs more than is left" }
            div.row {
                (Select { form, name: "overage", label: "Then", choices: &choices(&[
                    (OverageRule::Block.word(), "it is refused"),
                    (OverageRule::Ask.word(), "the customer is asked first"),
                    (OverageRule::Credit.word(), "so much more may be used"),
                ]) })
                (Input::decimal(form, "overage_limit", "How much more").optional())
                (Input::decimal(form, "overage_rate", "Price of each").optional())
                (Select { form, name: "overage_close", label: "When the period closes", choices: &choices(&[
                    ("", "does not apply"),
                    (CreditClose::Bill.word(), "it is billed"),
                    (CreditClose::Carry.word(), "the next period pays"),
                    (CreditClose::Forgive.word(), "it is forgiven"),
                ]) })
            }
        }
    }
}
