//! What the tables of LeverAI Consulting become.
//!
//! | theirs | ours |
//! | --- | --- |
//! | `users_consulting` | customers with somebody who signs in for them; staff become members |
//! | `subscriptions_consulting` | subscriptions of one period, and a lot each |
//! | `billing_consulting` | invoices, payments |
//! | `tickets_consulting` | tickets with their holds and captures |
//! | `ticket_comments_consulting`, `notifications_consulting` | comments, notifications |
//! | `webhook_events` | only kept |
//!
//! An imported subscription is not renewed by us: its bills come from the old system until it is taken over
//! (`retainer::subscriptions::take_over`). `hours_remaining` is exact: what tickets do not explain of it is adjusted, what is above `hours_allocated` is a
//! lot of its own, what is below zero is debt. Hours of a subscription that does not run any more end with it.

use anyhow::Context;

use crate::import::{Dialect, Run, Table, people};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Consulting;

const USERS: &str = "users_consulting";
const SUBSCRIPTIONS: &str = "subscriptions_consulting";
const TICKETS: &str = "tickets_consulting";
/// What subscriptions and tickets are written to and looked up in.
const WRITTEN: &str = "subscriptions, subscription_periods, tickets, ticket_holds, external_refs, allowance_accounts,
    allowance_operations, allowance_lots, allowance_holds, allowance_hold_lots, allowance_entries";

impl Dialect for Consulting {
    const NAME: &'static str = "consulting";
    const DECISIONS: &'static str = include_str!("decisions.tsv");
    const FIGURES: &'static str = include_str!("figures.tsv");
    const TERMS: &'static str = include_str!("terms.sql");
    const RECKONING: &'static str = include_str!("reckoning.sql");

    const TABLES: &'static [Table] = &[
        Table {
            name: USERS,
            key: "id",
            columns: &[
                ("name", "text"),
                ("email", "text"),
                ("password_hash", "text"),
                ("role", "text"),
                ("created_at", "timestamp"),
            ],
            secrets: &["password_hash"],
            // The oldest account keeps an address that several have.
            order: "s.created_at nulls last, s.source_id",
            is_swept: false,
        },
        Table {
            name: SUBSCRIPTIONS,
            key: "id",
            columns: &[
                ("user_id", "uuid"),
                ("plan_name", "text"),
                ("hours_allocated", "numeric"),
                ("hours_remaining", "numeric"),
                ("status", "text"),
                ("start_date", "timestamp"),
                ("end_date", "timestamp"),
            ],
            secrets: &[],
            order: "s.user_id",
            is_swept: false,
        },
        Table {
            name: TICKETS,
            key: "id",
            columns: &[
                ("ticket_id", "text"),
                ("user_id", "uuid"),
                ("title", "text"),
                ("details", "text"),
                ("status", "text"),
                ("request_priority", "text"),
                ("dedicate_hours", "numeric"),
                ("created_at", "timestamp"),
            ],
            secrets: &[],
            order: "s.user_id",
            is_swept: false,
        },
        Table {
            name: "ticket_comments_consulting",
            key: "id",
            columns: &[
                ("ticket_id", "bigint"),
                ("user_id", "uuid"),
                ("usertype", "text"),
                ("message", "text"),
                ("created_at", "timestamp"),
            ],
            secrets: &[],
            order: "s.ticket_id",
            is_swept: false,
        },
        Table {
            name: "notifications_consulting",
            key: "id",
            columns: &[
                ("sender_id", "uuid"),
                ("recipient_id", "uuid"),
                ("ticket_id", "bigint"),
                ("type", "text"),
                ("message", "text"),
                ("role", "text"),
                ("is_read", "boolean"),
                ("created_at", "timestamp"),
            ],
            secrets: &[],
            order: "s.recipient_id",
            is_swept: true,
        },
        Table {
            name: "billing_consulting",
            key: "id",
            columns: &[
                ("user_id", "uuid"),
                ("invoice_number", "text"),
                ("stripe_session_id", "text"),
                ("stripe_customer_id", "text"),
                ("stripe_subscription_id", "text"),
                ("stripe_invoice_id", "text"),
                ("stripe_charge_id", "text"),
                ("stripe_payment_intent_id", "text"),
                ("amount", "numeric"),
                ("status", "text"),
                ("billing_type", "text"),
                ("created_at", "timestamp"),
                ("paid_at", "timestamp"),
            ],
            secrets: &[],
            order: "s.created_at, s.source_id",
            is_swept: false,
        },
        Table {
            name: "webhook_events",
            key: "id",
            columns: &[
                ("event_id", "text"),
                ("status", "text"),
                ("created_at", "timestamp"),
                ("processed_at", "timestamp"),
                ("updated_at", "timestamp"),
            ],
            secrets: &[],
            order: "s.source_id",
            is_swept: true,
        },
    ];

    async fn write(run: &Run<'_>) -> anyhow::Result<()> {
        people::begin(run, USERS, include_str!("people_said.sql")).await?;
        for (nth, batch) in (1..).zip(run.batches(USERS)) {
            people::fold(run, USERS, batch).await?;
            run.batch(USERS, include_str!("users.sql"), batch).await?;
            run.learn(nth, "customers, users, user_directory, memberships, external_refs").await?;
        }
        people::give_addresses(run, USERS).await?;
        for step in [include_str!("people.sql"), include_str!("plans.sql")] {
            run.target.begin().await?;
            run.target.run(step, &[]).await?;
            run.target.commit().await?;
        }
        work(run).await?;
        run.in_batches("ticket_comments_consulting", include_str!("ticket_comments.sql")).await?;
        run.in_batches("notifications_consulting", include_str!("notifications.sql")).await?;
        run.target.run(include_str!("billing_order.sql"), &[]).await?;
        for (nth, batch) in (1..).zip(run.batches("billing_consulting")) {
            run.batch("billing_consulting", include_str!("billing.sql"), batch).await?;
            run.learn(nth, "invoices").await?;
        }
        run.in_batches("webhook_events", include_str!("webhook_events.sql")).await
    }
}

/// Subscriptions, tickets and what both mean for the ledger, customer by customer.
async fn work(run: &Run<'_>) -> anyhow::Result<()> {
    let size = run.batch.to_string();
    run.target.run(include_str!("work_order.sql"), &[("{size}", &size)]).await?;
    let turns = "select distinct turn from work order by turn";
    let (mut subscriptions, mut tickets) = (0, 0);
    for (nth, row) in (1..).zip(run.target.rows(turns, &[]).await?) {
        let turn: i64 = row.get(0);
        let turn = turn.to_string();
        run.target.begin().await?;
        for step in [include_str!("subscriptions.sql"), include_str!("tickets.sql"), include_str!("ledger.sql")] {
            run.target.run(step, &[("{turn}", &turn)]).await.context("in subscriptions and tickets")?;
        }
        run.post().await?;
        run.target.run(include_str!("periods.sql"), &[]).await?;
        run.end_post().await?;
        run.target.run(include_str!("work_refs.sql"), &[]).await?;
        subscriptions += count(run, "select count(*) from batch").await?;
        run.write_down(SUBSCRIPTIONS).await?;
        run.target.run("alter table tix rename to batch", &[]).await?;
        tickets += count(run, "select count(*) from batch").await?;
        run.write_down(TICKETS).await?;
        run.target.run("drop table subs", &[]).await?;
        run.target.commit().await?;
        run.wrote(SUBSCRIPTIONS, subscriptions);
        run.wrote(TICKETS, tickets);
        run.learn(nth, WRITTEN).await?;
    }
    Ok(())
}

async fn count(run: &Run<'_>, query: &str) -> anyhow::Result<u64> {
    Ok(u64::try_from(run.target.number(query).await?).unwrap_or(0))
}
