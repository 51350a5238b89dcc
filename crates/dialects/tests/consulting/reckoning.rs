//! The figures of both sides, and why they differ.

use dialects::import::Figure;

use super::world::{SHOP, World};

/// What an import must not count as the source does.
const AWKWARD: &str = "
insert into subscriptions_consulting (user_id, plan_name, hours_allocated, hours_remaining, status, start_date, end_date) values
  ('00000000-0000-4000-8000-000000000002', 'basic', 1, -2.5, 'active', '2026-11-02', '2026-12-02'),
  (null, 'basic', 1, 0.75, 'active', '2026-11-01', '2026-12-01');
insert into billing_consulting (user_id, invoice_number, amount, status, billing_type, created_at, paid_at) values
  ('00000000-0000-4000-8000-000000000002', 'INV-4', 120.00, 'paid', 'topup', '2026-11-01', null),
  ('00000000-0000-4000-8000-000000000002', 'INV-5', -50.00, 'paid', 'topup', '2026-11-01', '2026-11-02'),
  (null, 'INV-6', 77.00, 'paid', 'topup', '2026-11-01', '2026-11-02');";

fn spoken(figures: &[Figure]) -> Vec<String> {
    let one = |figure: &Figure| {
        let differences = figure.differences.iter().map(|it| format!(" {} {} ({})", it.by, it.decision, it.rows));
        let left_out = if figure.left_out > 0 { format!(", {} left out", figure.left_out) } else { String::new() };
        let differences = differences.collect::<String>();
        format!("{}: {} -> {}{left_out}{differences}", figure.figure, figure.source, figure.here)
    };
    figures.iter().map(one).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_are_added_up_and_what_is_between_them_is_explained() {
    let world = World::with(&format!("{}{AWKWARD}", SHOP.replace("'{bcrypt}'", "null"))).await;
    let expected = [
        "hours_left: 4.50 -> 3.75 -0.75 no_user (1)",
        "paid: 477.00 -> 570.00 50.00 negative_amount (1) -77.00 no_user (1) 120.00 paid_without_paid_at (1)",
    ];
    let (dry, _) = world.import_as(true, 7).await.expect("a dry run");
    assert_eq!(spoken(&dry.figures), expected, "a dry run says so before");
    assert_eq!(spoken(&world.import().await.0.figures), expected);
    assert_eq!(spoken(&world.import().await.0.figures), expected, "also when nothing has changed");

    world
        .source(
            "delete from billing_consulting where invoice_number = 'INV-1';
             delete from subscriptions_consulting where id = 3",
        )
        .await;
    assert_eq!(
        spoken(&world.import().await.0.figures),
        [
            "hours_left: 3.50 -> 3.75 1.00 gone_from_source (1) -0.75 no_user (1)",
            "paid: 27.00 -> 570.00 450.00 gone_from_source (1) 50.00 negative_amount (1) -77.00 no_user (1) 120.00 \
             paid_without_paid_at (1)",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_on_here_is_counted_on_neither_side_and_that_is_said() {
    let world = World::with(&SHOP.replace("'{bcrypt}'", "null")).await;
    world.app.clock.set(testkit::at("2026-11-10T08:00:00Z"));
    world.import().await;
    world.take_over(false).await;
    world.source("update subscriptions_consulting set hours_remaining = 3 where id = 2").await;
    let (report, _) = world.import().await;
    assert_eq!(spoken(&report.figures), ["hours_left: 0.00 -> 0.00, 2 left out", "paid: 450.00 -> 450.00"]);
    assert_eq!(report.figures[0].name, "Hours left of subscriptions that run");
}
