//! `retainer`, the one binary. A file per command; [`args`] says what each takes, [`installation`] finds the data
//! directory, the key and the database that they work on.

mod address;
mod archive;
mod args;
mod contract;
mod demo;
mod doctor;
mod import;
mod installation;
mod ledger;
mod migrate;
mod openapi;
mod organization;
mod output;
mod progress;
mod serve;
mod telemetry;
mod user;

use std::process::ExitCode;

use args::{
    ArchiveCommand, Args, Command, ContractCommand, ImportCommand, LedgerCommand, OrganizationCommand, UserCommand,
};
use clap::Parser;

/// Serving is mostly small allocations on several threads, at which glibc's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    telemetry::start(args.log_format);
    let json = args.place.json;
    let _already = rustls::crypto::ring::default_provider().install_default();
    let started = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = started.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(args)));
    done.unwrap_or_else(|error| {
        let said = runtime::error::said(&error);
        if json {
            eprintln!("{}", serde_json::json!({"error": said}));
        } else {
            eprintln!("retainer: {said}");
        }
        ExitCode::FAILURE
    })
}

async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let place = args.place;
    match args.command {
        Command::Serve(serving) => serve::run(&place, serving).await,
        Command::Demo(listening) => demo::run(&place, listening).await,
        Command::Migrate => migrate::run(&place).await,
        Command::Doctor(mail) => doctor::run(&place, mail).await,
        Command::Organization(OrganizationCommand::List) => organization::list(&place).await,
        Command::Organization(OrganizationCommand::Delete(wanted)) => organization::delete(&place, &wanted).await,
        Command::Organization(OrganizationCommand::Keep(wanted)) => organization::keep(&place, &wanted).await,
        Command::User(UserCommand::ResetPassword(wanted)) => user::reset_password(&place, wanted).await,
        Command::User(UserCommand::ConfirmEmail(wanted)) => user::confirm_email(&place, wanted).await,
        Command::User(UserCommand::Invite(wanted)) => user::invite(&place, wanted).await,
        Command::Ledger(LedgerCommand::Verify(wanted)) => ledger::verify(&place, wanted).await,
        Command::Import(ImportCommand::Consulting(wanted)) => {
            import::run::<dialects::consulting::import::Consulting>(&place, wanted).await
        }
        Command::Contract(ContractCommand::Grant(wanted)) => contract::grant(&place, wanted).await,
        Command::Contract(ContractCommand::Revoke(wanted)) => contract::revoke(&place, wanted).await,
        Command::Contract(ContractCommand::List { organization }) => contract::list(&place, &organization).await,
        Command::Archive(ArchiveCommand::Export(wanted)) => archive::export_to(&place, wanted).await,
        Command::Archive(ArchiveCommand::Import(wanted)) => archive::import_from(&place, wanted).await,
        Command::Openapi => openapi::run(),
    }
}
