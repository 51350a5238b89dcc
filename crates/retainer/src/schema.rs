//! The migrations, embedded.

use runtime::migrate::{Migration, Migrations};

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(Migration { name: $name, text: include_str!(concat!("../migrations/", $folder, $name)) }),*]
    };
}

/// The product's own schema. A database also has the contracts of the dialects: `dialects::MIGRATIONS`.
pub const MIGRATIONS: Migrations = Migrations {
    numbered: files!["":
        "0001_create_organizations.sql",
        "0002_create_people.sql",
        "0003_create_ledger.sql",
        "0004_create_customers.sql",
        "0005_create_mail.sql",
        "0006_create_plans_and_billing.sql",
        "0007_create_tickets.sql",
        "0008_create_notifications.sql",
        "0009_create_recovery_codes.sql",
        "0010_keep_where_imported_rows_came_from.sql",
        "0011_watch_closed_credit_lines.sql",
        "0012_let_organizations_choose_days_to_pay.sql",
        "0013_tell_of_invoices.sql",
        "0014_sweep_what_is_over.sql",
        "0015_release_held_mail.sql",
        "0016_guard_append_only.sql",
        "0017_guard_people.sql",
        "0018_keep_ledger_time_in_order.sql",
        "0019_keep_payments_apart_in_upgrades.sql",
        "0020_create_contract_logins.sql",
        "0021_let_organizations_close.sql",
        "0025_void_credit_lines.sql",
        "0026_check_how_lots_ended.sql",
        "0028_settle_what_was_imported.sql",
        "0029_index_contract_numbers.sql",
        "0030_mark_what_is_forgotten.sql",
        "0031_mark_what_is_removed.sql",
        "0032_search_what_was_said.sql",
        "0033_gather_what_was_said.sql",
        "0034_mark_notes_of_staff.sql",
        "0035_forget_and_hide_what_was_open.sql",
        "0036_forget_answers_to_guests.sql",
        "0037_keep_live_changes.sql",
        "0040_round_time_and_say_how_to_pay.sql",
        "0041_check_what_entries_count_as.sql",
        "0044_index_completed_tickets.sql",
        "0045_find_tickets_by_running_number.sql",
        "0047_keep_files.sql",
        "0048_share_balances_by_link.sql",
        "0049_count_work_by_the_ticket.sql",
        "0050_save_views_of_tickets.sql",
        "0051_keep_mail_templates.sql",
        "0056_add_samples.sql",
        "0057_learn_nothing_of_contents.sql",
        "0058_keep_exports.sql",
        "0059_say_what_mails_are_about.sql",
        "0060_keep_apart_who_wrote.sql",
        "0061_know_files_before_their_organization.sql",
        "0062_find_what_mails_tell_of.sql",
        "0063_sort_and_free_tickets_in_views.sql",
        "0064_find_unpaid_invoices.sql",
    ],
    repeatable: &[files![
        "repeatable/": "customers.sql", "imports.sql", "invoices.sql", "jobs.sql", "ledger_1_base.sql", "ledger_2_time.sql", "ledger_3_spend.sql",
        "ledger_4_lots.sql", "ledger_5_operate.sql", "mails.sql", "people.sql", "rate_limits.sql", "redactions.sql", "sessions.sql", "tickets.sql",
        "contract_logins.sql",
    ]],
};
