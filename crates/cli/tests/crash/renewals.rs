//! Renewals in the middle of which the server is killed: each period is granted once all the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kernel::text::Name;
use kernel::{Actor, Clock};
use retainer::plans::terms::Terms;
use retainer::{App, billing, customers, plans, subscriptions};
use runtime::tx::Access;
use serde_json::{Value, json};

use crate::program::{Place, Program};
use crate::writers::{Client, Work, Writers};

/// How many customers have a free plan, and how many one that is paid.
const FREE: usize = 60;
const PAID: usize = 20;

/// Weekly plans that began 15 days ago, so that two further periods of each are due.
async fn subscribers(app: &App) -> anyhow::Result<Vec<String>> {
    let organization = retainer::organizations::find::all(&app.db).await?[0].id;
    let begin = || app.begin(organization, Actor::system("test"), Access::Write);
    let terms = |price: &str| -> Terms {
        let price = json!({ "amount": price, "currency": "USD" });
        let written = json!({ "price": price, "period": "week", "quantity": "100", "expiry": "never" });
        let written: plans::terms::WrittenTerms = serde_json::from_value(written).expect("terms");
        written.meant().expect("consistent terms")
    };
    let tx = begin().await?;
    let free = plans::offer(&tx, "Free".parse()?, &terms("0.00")).await?;
    let paid = plans::offer(&tx, "Paid".parse()?, &terms("70.00")).await?;
    tx.commit().await?;
    let mut made = Vec::new();
    for number in 0..FREE + PAID {
        let tx = begin().await?;
        let name: Name = format!("Customer {number}").parse()?;
        let customer = customers::add(&tx, customers::Add { name, email: None, notes: None, tags: Vec::new() }).await?;
        let plan = if number < FREE { free } else { paid };
        let started = subscriptions::start(&tx, subscriptions::Start { customer, plan }).await?;
        if let Some(invoice) = started.invoice {
            let amount = kernel::Money::new(70_00, kernel::Currency::USD);
            let for_what = billing::PaidFor::Invoice(invoice);
            billing::pay(&tx, billing::Pay { for_what, amount, received_at: None, reference: None }).await?;
        }
        tx.commit().await?;
        made.push(customer.to_string());
    }
    Ok(made)
}

/// All subscriptions, and how many of them are in their present period.
async fn renewed(client: &Client) -> (Vec<Value>, usize) {
    let answer = client.get("/api/v1/subscriptions?limit=100").await;
    let all = answer.body["items"].as_array().expect("a list").clone();
    let now = Clock::system().now();
    let is_done =
        |it: &&Value| it["period_end"].as_str().and_then(|at| at.parse::<Timestamp>().ok()).is_some_and(|at| at > now);
    let done = all.iter().filter(is_done).count();
    (all, done)
}

/// Waits until so many are renewed; how many are.
async fn until(place: &Place, client: &Client, wanted: usize) -> usize {
    let waiting = async {
        loop {
            let (_, done) = renewed(client).await;
            if done >= wanted {
                return done;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(Duration::from_secs(120), waiting).await {
        Ok(done) => done,
        Err(_) => panic!("of {wanted} only {} are renewed\n{}", renewed(client).await.1, place.log()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_kill_9_in_the_middle_of_renewals_each_period_is_granted_once() {
    let place = Place::new("renewals").await;
    let past = Clock::system().now().checked_sub(SignedDuration::from_hours(15 * 24)).expect("an instant");
    let customers = Arc::new(place.filled(Clock::standing_at(past), subscribers).await);

    let mut written = None;
    for wanted in [5, 40] {
        let mut program = Program::start(&place).await;
        let client = program.sign_in().await;
        let work = Work::Shop(Arc::clone(&customers), wanted);
        let writers = Writers::start_at(&client, 2, &work);
        let done = until(&place, &client, wanted).await;
        writers.acknowledged_more(6).await;
        program.kill();
        assert!(wanted > 5 || done < FREE + PAID, "the server was killed only after all were renewed");
        let more = writers.stop().await;
        written = Some(match written {
            None => more,
            Some(before) => more.and(before),
        });
    }
    let written = written.expect("notes");

    let program = Program::start(&place).await;
    let client = program.sign_in().await;
    until(&place, &client, FREE + PAID).await;
    written.is_there(&client).await;
    written.repeating_it_does_it_once(&client).await;
    for subscription in renewed(&client).await.0 {
        each_period_once(&client, &subscription).await;
    }
    for (number, customer) in customers.iter().enumerate() {
        let periods = if number < FREE { 300 } else { 100 };
        let answer = client.get(&format!("/api/v1/allowances?customer={customer}")).await;
        let granted = format!("{}.00", periods + written.bought(customer));
        assert_eq!(answer.body["items"][0]["granted"], json!(granted), "{customer}: {}", answer.body);
    }
    place.ledger_is_clean();
    program.end();
}

/// Three periods, a week apart: granted where they cost nothing; else the first is, and the others have an invoice each.
async fn each_period_once(client: &Client, subscription: &Value) {
    let id = subscription["id"].as_str().expect("an id");
    let history = client.get(&format!("/api/v1/subscriptions/{id}/history")).await;
    let periods = history.body["periods"].as_array().expect("periods").clone();
    let starts: BTreeSet<&str> = periods.iter().filter_map(|period| period["starts_at"].as_str()).collect();
    assert_eq!((periods.len(), starts.len()), (3, 3), "{id}: {}", history.body);
    let granted = periods.iter().filter(|period| period["state"] == "granted").count();
    let is_free = subscription["plan_name"] == "Free";
    assert_eq!(granted, if is_free { 3 } else { 1 }, "{id}: {}", history.body);
    let customer = subscription["customer"].as_str().expect("a customer");
    let invoices = client.get(&format!("/api/v1/invoices?customer={customer}&state=open")).await;
    let open = invoices.body["items"].as_array().map_or(0, Vec::len);
    assert_eq!(open, if is_free { 0 } else { 2 }, "{id}: {}", invoices.body);
}
