//! What becomes of a plan when the money for it is given back.

use serde_json::{Value, json};

use super::Shop;

/// Cleo on Standard, who goes over to Pro in the same period and pays the difference.
struct Better {
    shop: Shop,
    cleo: String,
    standard: String,
    pro: String,
    subscription: String,
    difference: String,
}

impl Better {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let cleo = shop.customer("Cleo").await;
        let standard = shop.plan("Standard", json!({})).await;
        let pro = shop.plan("Pro", json!({"quantity": "100", "price": {"amount": "4000", "currency": "USD"}})).await;
        let subscription = shop.subscribe(&cleo, &standard).await;
        let mut better = Self { shop, cleo, standard, pro, subscription, difference: String::new() };
        better.difference = better.upgrade(&better.pro).await;
        better
    }

    /// Takes a dearer plan now; the payment for it.
    async fn upgrade(&self, plan: &str) -> String {
        let path = format!("/subscriptions/{}/plan-change", self.subscription);
        let wish = self.shop.olga.post(&path, json!({"plan": plan})).await;
        self.shop.pay(wish.body["invoice"].as_str().unwrap_or_else(|| panic!("{}", wish.body))).await
    }

    async fn give_back(&self, payment: &str, what: Value) -> Value {
        let refunded = self.shop.olga.post(&format!("/payments/{payment}/refunds"), what).await;
        assert_eq!(refunded.status, 201, "{}", refunded.body);
        refunded.body
    }

    async fn plan(&self) -> Value {
        self.shop.subscription(&self.subscription).await["plan_name"].clone()
    }
}

fn all() -> Value {
    json!({"reason": "Unhappy."})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_refund_of_an_upgrade_leads_back_to_the_plan_before_it() {
    let better = Better::open().await;
    let (dear, answer) = (better.plan().await, better.give_back(&better.difference, all()).await);
    assert_eq!((dear, better.plan().await), (json!("Pro"), json!("Standard")));
    assert_eq!((&answer["plan"]["outcome"], &answer["plan"]["plan"]), (&json!("restored"), &json!("Standard")));
    let sentence = answer["plan"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("Standard again instead of Pro"), "{sentence}");
    let history = better.shop.get(&format!("/subscriptions/{}/history", better.subscription)).await;
    assert_eq!(history["changes"][0]["what"], "subscription.upgrade_undone", "{history}");
    assert_eq!(better.shop.get("/reports/plans").await["mrr"][0]["amount"], "450.00");
    // A top-up costs what the old plan asks for an hour.
    let top_up = better.shop.olga.post("/top-ups", json!({"customer": better.cleo, "quantity": "1"})).await;
    assert_eq!(top_up.status, 201, "{}", top_up.body);
    better.shop.go_to("2026-12-20T09:00:00Z").await;
    let bills = better.shop.get("/invoices?state=open").await;
    let totals: Vec<&str> =
        bills["items"].as_array().expect("bills").iter().filter_map(|it| it["total"]["amount"].as_str()).collect();
    assert_eq!(totals, ["450.00", "45.00"], "{bills}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_way_back_the_same_better_plan_can_be_bought_again_and_brings_its_hours() {
    let better = Better::open().await;
    better.give_back(&better.difference, all()).await;
    assert_eq!(better.shop.left(&better.cleo).await, "10.00");
    let again = better.upgrade(&better.pro).await;
    assert_eq!((better.plan().await, better.shop.left(&better.cleo).await.as_str()), (json!("Pro"), "100.00"));
    better.give_back(&again, all()).await;
    assert_eq!((better.plan().await, better.shop.left(&better.cleo).await.as_str()), (json!("Standard"), "10.00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_passes_over_plans_whose_money_was_given_back_too() {
    let better = Better::open().await;
    let max = better.shop.plan("Max", json!({"quantity": "150", "price": {"amount": "5000", "currency": "USD"}})).await;
    let second = better.upgrade(&max).await;
    let kept = better.give_back(&better.difference, all()).await;
    assert_eq!((&kept["plan"]["outcome"], better.plan().await), (&json!("kept"), json!("Max")));
    assert!(kept["plan"]["sentence"].as_str().expect("words").contains("changed again since"), "{kept}");
    let back = better.give_back(&second, all()).await;
    assert_eq!((&back["plan"]["plan"], better.plan().await), (&json!("Standard"), json!("Standard")));
    assert_eq!(better.shop.left(&better.cleo).await, "10.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_stays_and_the_answer_says_why_where_there_is_no_way_back() {
    let better = Better::open().await;
    let archived = better.shop.olga.post(&format!("/plans/{}/archiving", better.standard), json!({})).await;
    assert!(archived.status < 300, "{}", archived.body);
    let kept = better.give_back(&better.difference, all()).await;
    assert_eq!((&kept["plan"]["outcome"], better.plan().await), (&json!("kept"), json!("Pro")));
    assert!(kept["plan"]["sentence"].as_str().expect("words").contains("no longer sold"), "{kept}");
    let later = Better::open().await;
    later.shop.go_to("2026-12-20T09:00:00Z").await;
    let kept = later.give_back(&later.difference, all()).await;
    assert!(kept["plan"]["sentence"].as_str().expect("words").contains("a later period"), "{kept}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_payment_changes_no_plan_and_the_page_says_so() {
    let better = Better::open().await;
    let part = json!({"reason": "Sorry.", "amount": {"amount": "100", "currency": "USD"}});
    let answer = better.give_back(&better.difference, part).await;
    assert_eq!((&answer["plan"], better.plan().await), (&Value::Null, json!("Pro")));
    let olga = better.shop.app.signed_in("acme", "olga@acme.example").await;
    let number = answer["invoice_number"].as_str().expect("a number");
    let page = format!("/acme/invoices/{number}");
    let seen = olga.get(&page).await;
    assert!(seen.html.contains("the plan is again the one before; a part leaves both"), "{}", seen.html);
    let refund = format!("{page}/refund");
    let part = olga.post(&refund, &[("amount", "40"), ("reason", "Sorry."), ("once", &seen.once())]).await;
    let said = olga.get(part.location()).await;
    assert!(said.html.contains("no plan changes by it"), "{}", said.html);
    let once = said.once();
    let rest = olga.post(&refund, &[("amount", ""), ("reason", "All of it."), ("once", &once)]).await;
    let said = olga.get(rest.location()).await;
    assert!(said.html.contains("The plan is Standard again instead of Pro"), "{}", said.html);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_amount_is_checked_and_shown_as_money_before_anybody_is_asked_whether_they_are_sure() {
    let better = Better::open().await;
    let olga = better.shop.app.signed_in("acme", "olga@acme.example").await;
    let refund = "/acme/invoices/INV-2026-0002/refund";
    for (typed, words) in [
        ("abc", "must be a number such as 2.5"),
        ("9999", "Only $3,550.00 of this payment can still be given back."),
        ("1.005", "The amount is finer than a cent."),
        ("0", "A refund is more than zero."),
        ("-5", "The amount must not be less than nothing."),
    ] {
        let page = olga.get(&format!("{refund}?amount={typed}&reason=Sorry.")).await;
        assert!(page.status == 422 && page.html.contains(words), "{typed}: {}", page.html);
        assert!(
            page.html.contains(&format!("value=\"{typed}\"")) && !page.html.contains("Nothing is done yet"),
            "{}",
            page.html
        );
    }
    let unsaid = olga.get(&format!("{refund}?amount=100&reason=")).await;
    assert_eq!(unsaid.status, 422, "{}", unsaid.html);
    let asked = olga.get(&format!("{refund}?amount=100&reason=Sorry.")).await;
    for words in
        ["Nothing is done yet", "Give $100.00 back", "$3,550.00</data> that are left of its payment", "Cleo", "Sorry."]
    {
        assert!(asked.html.contains(words), "{words}: {}", asked.html);
    }
    let whole = olga.get(&format!("{refund}?amount=&reason=Sorry.")).await;
    assert!(whole.html.contains("Give $3,550.00 back") && whole.html.contains("This is all of it."), "{}", whole.html);
    assert!(whole.html.contains("90:00 h that it bought and that were left go with it."), "{}", whole.html);
    assert_eq!(olga.get(refund).await.status, 303);
    assert_eq!(better.shop.left(&better.cleo).await, "100.00", "looking does nothing");
    let done = olga.post(refund, &[("amount", "100.00"), ("reason", "Sorry."), ("once", &asked.once())]).await;
    assert_eq!(done.status, 303, "{}", done.html);
    let left = olga.get(&format!("{refund}?amount=3500&reason=Sorry.")).await;
    assert!(left.html.contains("Only $3,450.00 of this payment"), "{}", left.html);
    // Who was asked while more was left gives nothing back that they did not see.
    let stale = [("amount", "3450.00"), ("left", "3550.00"), ("reason", "Sorry."), ("once", &left.once())];
    let stale = olga.post(refund, &stale).await;
    assert!(stale.html.contains("$3,450.00 are left of it"), "{}", stale.html);
    assert_eq!(better.shop.left(&better.cleo).await, "100.00");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_way_back_the_ended_lot_says_so() {
    let better = Better::open().await;
    better.shop.use_hours(&better.cleo, 4).await;
    better.give_back(&better.difference, all()).await;
    let path = format!("/allowances/why?customer={}", better.cleo);
    let used_of_the_first = |why: &Value| {
        let lots = why["lots"].as_array().expect("lots").clone();
        lots.iter().filter_map(|lot| lot["note"].as_str()).map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let notes = used_of_the_first(&better.shop.get(&path).await);
    assert!(notes.iter().all(|note| !note.starts_with("A better plan took its place;")), "{notes:?}");
}
