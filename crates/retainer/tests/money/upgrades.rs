//! Better plans in mid-period, and giving back what was paid for them.

use serde_json::{Value, json};

use super::Shop;

/// Cleo's payments for ten hours, of which four were used, and for the difference to a hundred.
struct Upgraded {
    shop: Shop,
    cleo: String,
    first: String,
    difference: String,
}

impl Upgraded {
    async fn open(terms: Value) -> Self {
        Self::open_with(terms, "").await
    }

    /// The same; the upgrade itself is done by other functions.
    async fn open_with(terms: Value, functions: &str) -> Self {
        let shop = Shop::open().await;
        let (cleo, small) = (shop.customer("Cleo").await, shop.plan("Standard", json!({})).await);
        let mut better = json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}});
        for (key, value) in terms.as_object().expect("terms") {
            better[key] = value.clone();
        }
        let large = shop.plan("Pro", better).await;
        let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": small})).await;
        let first = shop.pay_open(&id).await.expect("a payment");
        shop.use_hours(&cleo, 4).await;
        // A pause moves the periods that follow; the one that runs keeps its beginning.
        let pause = format!("/subscriptions/{id}/pause");
        assert_eq!(shop.olga.post(&pause, json!({})).await.status, 200);
        shop.go_to("2026-11-22T09:00:00Z").await;
        assert_eq!(shop.olga.delete(&pause).await.status, 200);
        let wish = shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": large})).await;
        let owner = runtime::db::connect(&shop.app.root_config).await.expect("the owner");
        owner.batch_execute(functions).await.expect("other functions");
        let difference = shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
        let present = include_str!("../../migrations/repeatable/ledger_4_lots.sql");
        owner.batch_execute(present).await.expect("the functions of today");
        Self { shop, cleo, first, difference }
    }

    async fn give_back(&self, payment: &str) {
        let path = format!("/payments/{payment}/refunds");
        let refunded = self.shop.olga.post(&path, json!({"reason": "Unhappy."})).await;
        assert_eq!(refunded.status, 201, "{}", refunded.body);
    }

    /// Asks for a better plan; the invoice, and what it comes to.
    async fn wish(&self, name: &str, quantity: &str, price: &str) -> (String, Value) {
        let terms = json!({"quantity": quantity, "price": {"amount": price, "currency": "USD"}});
        let plan = self.shop.plan(name, terms).await;
        let subscription = self.shop.get("/subscriptions").await["items"][0]["id"].as_str().expect("an id").to_owned();
        let path = format!("/subscriptions/{subscription}/plan-change");
        let wish = self.shop.olga.post(&path, json!({"plan": plan})).await;
        let invoice = wish.body["invoice"].as_str().expect("an invoice").to_owned();
        let total = self.shop.get(&format!("/invoices/{invoice}")).await["invoice"]["total"]["amount"].clone();
        (invoice, total)
    }

    /// What is left and what is owed.
    async fn standing(&self) -> [String; 2] {
        let balance = self.shop.balance(&self.cleo).await;
        [balance.prepaid_left().decimal(), balance.owed().decimal()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_of_an_upgrade_leaves_what_was_paid_for_before() {
    let cleo = Upgraded::open(json!({})).await;
    assert_eq!(cleo.standing().await, ["96.00", "0.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["6.00", "0.00"]);
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_says_which_plan_its_units_come_from_or_why_it_was_written() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.give_back(&cleo.difference).await;
    let why = cleo.shop.get(&format!("/allowances/why?customer={}", cleo.cleo)).await;
    let told: Vec<String> = why["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .rev()
        .map(|entry| format!("{} {}", entry["kind"].as_str().unwrap_or_default(), entry["source"]))
        .filter(|told| !told.starts_with("extend"))
        .collect();
    let wanted = [
        "grant \"Standard\"",
        "consume \"Standard\"",
        "freeze null",
        "unfreeze null",
        "roll_out \"Standard\"",
        "grant \"Standard, rolled over\"",
        "grant \"Pro\"",
        "void \"Pro\"",
    ];
    assert_eq!(told, wanted, "{why}");
    let newest = &why["entries"][0];
    assert_eq!(newest["reason"], "Its payment was refunded.", "{newest}");
    let page = cleo.shop.app.signed_in("acme", "olga@acme.example").await;
    let page = page.get(&format!("/acme/customers/{}/balance", cleo.cleo)).await.html;
    assert!(page.contains("from Standard, rolled over") && page.contains("Its payment was refunded."), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hours_of_a_refunded_upgrade_that_were_used_are_owed() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.shop.use_hours(&cleo.cleo, 20).await;
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "14.00"], "24 were used, and 10 are paid for");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_of_the_first_payment_leaves_what_the_upgrade_brought() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["90.00", "4.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_plans_that_stack_each_refund_takes_back_its_own_hours() {
    let cleo = Upgraded::open(json!({"upgrade": "stack"})).await;
    assert_eq!(cleo.standing().await, ["106.00", "0.00"]);
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["100.00", "4.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_upgrades_in_one_period_come_to_the_best_plans_allowance() {
    let cleo = Upgraded::open(json!({})).await;
    let (invoice, total) = cleo.wish("Max", "150", "5000").await;
    assert_eq!(total, "1000.00");
    let second = cleo.shop.pay(&invoice).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"]);
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["56.00", "0.00"]);
    cleo.give_back(&second).await;
    assert_eq!(cleo.standing().await, ["6.00", "0.00"]);
    let sold = cleo.shop.get("/reports/hours").await["months"][0]["sold"].clone();
    assert_eq!(sold, "150.00", "what moves from lot to lot is not sold again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refunded_upgrade_the_next_one_sells_only_what_is_more_than_what_stays_paid() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.give_back(&cleo.difference).await;
    let (invoice, total) = cleo.wish("Max", "150", "5000").await;
    assert_eq!(total, "4550.00", "450 of 5000 stay paid");
    let second = cleo.shop.pay(&invoice).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"]);
    cleo.give_back(&second).await;
    assert_eq!(cleo.standing().await, ["6.00", "0.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refund_of_the_first_payment_the_next_upgrade_makes_up_for_it() {
    let cleo = Upgraded::open(json!({})).await;
    cleo.give_back(&cleo.first).await;
    let (invoice, total) = cleo.wish("Max", "150", "5000").await;
    assert_eq!(total, "1450.00", "3550 of 5000 stay paid");
    cleo.shop.pay(&invoice).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"], "the four hours that were owed are repaid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_refunded_plan_that_stacked_the_next_upgrade_builds_on_the_plan_before_it() {
    let cleo = Upgraded::open(json!({"upgrade": "stack"})).await;
    cleo.give_back(&cleo.difference).await;
    let (invoice, total) = cleo.wish("Max", "150", "5000").await;
    assert_eq!(total, "4550.00");
    cleo.shop.pay(&invoice).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_takes_back_the_open_bill_that_counted_from_it() {
    let cleo = Upgraded::open(json!({})).await;
    let (invoice, total) = cleo.wish("Max", "150", "5000").await;
    assert_eq!(total, "1000.00");
    cleo.give_back(&cleo.difference).await;
    let seen = cleo.shop.get(&format!("/invoices/{invoice}")).await;
    assert_eq!(seen["invoice"]["state"], "void", "{seen}");
    let body = json!({"invoice": invoice, "amount": {"amount": "1000.00", "currency": "USD"}});
    assert_eq!(cleo.shop.olga.post("/payments", body).await.status, 409);
}

/// As upgrades were before each payment had lots of its own: what was left of the plan went into the better plan's lot.
const MERGING: &str = "
create or replace function ledger_upgrade(op allowance_operations) returns jsonb language plpgsql as $$
declare
  v_old allowance_lots := ledger_lock_lot(op, 'from_lot');
  v_new allowance_lots;
begin
  v_new := ledger_terms(op, v_old.account_id);
  v_new.predecessor_id := v_old.id;
  v_new.amount := greatest(0, v_new.amount - (v_old.amount - (v_old.remaining - v_old.held)));
  if v_old.remaining > v_old.held then
    perform ledger_post(op, v_old.account_id, v_old.id, null, 'void', v_old.remaining - v_old.held, op.created_at);
  end if;
  perform ledger_end_lot(op, v_old.id, 'upgraded', op.created_at);
  return jsonb_build_object('lot', ledger_open_lot(op, v_new, op.created_at), 'existing', false);
end $$";

/// Cleo, whose upgrade was done that way; what comes after it is done as it is now.
async fn merged() -> Upgraded {
    let cleo = Upgraded::open_with(json!({}), MERGING).await;
    assert_eq!(cleo.standing().await, ["96.00", "0.00"]);
    cleo
}

async fn verified(cleo: &Upgraded) {
    let app = &cleo.shop.app;
    let who = kernel::Actor::system("test");
    let tx = app.server.app.begin(app.acme, who, runtime::tx::Access::Write).await.expect("a transaction");
    assert_eq!(retainer::ledger::verify::verify(&tx).await.expect("a check"), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_plan_that_was_merged_into_a_better_one_the_refund_takes_back_what_is_left_of_it() {
    let cleo = merged().await;
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["90.00", "4.00"]);
    verified(&cleo).await;
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "4.00"]);
    verified(&cleo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_used_of_a_merged_plan_is_owed_once() {
    let cleo = merged().await;
    cleo.shop.use_hours(&cleo.cleo, 95).await;
    cleo.give_back(&cleo.first).await;
    assert_eq!(cleo.standing().await, ["0.00", "9.00"], "99 were used, and 90 are paid for");
    cleo.give_back(&cleo.difference).await;
    assert_eq!(cleo.standing().await, ["0.00", "99.00"]);
    verified(&cleo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_of_a_merged_plan_counts_what_was_used_before_the_merging() {
    let cleo = merged().await;
    let (invoice, _) = cleo.wish("Max", "150", "5000").await;
    cleo.shop.pay(&invoice).await;
    assert_eq!(cleo.standing().await, ["146.00", "0.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seats_in_use_are_not_lost_when_a_better_plan_is_taken() {
    use retainer::ledger::{self, Hold, Key, Owner, Subject};
    let shop = Shop::open().await;
    let cleo = shop.customer("Cleo").await;
    let seats = |quantity: &str, price: &str| json!({"unit": "seat", "quantity": quantity, "price": {"amount": price, "currency": "USD"}});
    let small = shop.plan("Team", seats("10", "100")).await;
    let large = shop.plan("Company", seats("20", "180")).await;
    let id = shop.made("/subscriptions", json!({"customer": cleo, "plan": small})).await;
    let first = shop.pay_open(&id).await.expect("a payment");
    let app = &shop.app.server.app;
    let who = kernel::Actor::system("test");
    let tx = app.begin(shop.app.acme, who, runtime::tx::Access::Write).await.expect("a transaction");
    for member in 0..6 {
        let input = Hold {
            owner: Owner::Customer(cleo.parse().expect("a customer")),
            amount: kernel::Quantity::new(1, kernel::Unit::Seat),
            subject: Subject::new("member", format!("m{member}")),
            expires_at: None,
            policy: Value::Null,
            key: Key::new(format!("m{member}")),
        };
        ledger::hold(&tx, input).await.expect("a seat");
    }
    tx.commit().await.expect("a commit");
    let standing = async || {
        let all = shop.get(&format!("/customers/{cleo}/allowances")).await;
        let seats =
            all["items"].as_array().expect("items").iter().find(|it| it["unit"] == "seat").expect("seats").clone();
        [seats["left"].clone(), seats["held"].clone()]
    };
    assert_eq!(standing().await, ["4", "6"]);
    let wish = shop.olga.post(&format!("/subscriptions/{id}/plan-change"), json!({"plan": large})).await;
    let second = shop.pay(wish.body["invoice"].as_str().expect("an invoice")).await;
    assert_eq!(standing().await, ["14", "6"], "twenty seats, six of them taken");
    let undone = shop.olga.post(&format!("/payments/{second}/refunds"), json!({"reason": "Too many."})).await;
    assert_eq!(undone.status, 201, "{}", undone.body);
    assert_eq!(standing().await, ["4", "6"]);
    let undone = shop.olga.post(&format!("/payments/{first}/refunds"), json!({"reason": "All of it."})).await;
    assert_eq!(undone.status, 201, "{}", undone.body);
    assert_eq!(standing().await, ["0", "6"], "members keep their seats until they are put out");
}
