//! What can be asked on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use retainer::contracts::LoginName;

/// The back office of a business that sells its time.
#[derive(Debug, Parser)]
#[command(name = "retainer", version, propagate_version = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub place: Place,
    /// How the log on stderr is written; RUST_LOG chooses what is in it
    #[arg(long, global = true, env = "RETAINER_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    #[command(subcommand)]
    pub command: Command,
}

/// Where the installation is, and how it is answered.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Place {
    /// The directory of the private PostgreSQL and the installation's key
    /// [default: $XDG_DATA_HOME/retainer, or ~/.local/share/retainer]
    #[arg(long, global = true, env = "RETAINER_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Any PostgreSQL 15 or newer, in place of the private one; its user must own the database
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Answer with JSON on stdout
    #[arg(long, global = true)]
    pub json: bool,
    #[command(flatten)]
    pub bucket: BucketArgs,
}

/// The bucket for files, in place of the folder "files" in the data directory. Several servers need one, or share the folder.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct BucketArgs {
    /// The bucket in which files lie, of any service that speaks S3 [default: files lie in the data directory]
    #[arg(long = "s3-bucket", global = true, env = "RETAINER_S3_BUCKET", value_name = "NAME")]
    pub name: Option<String>,
    /// The address of that service [default: Amazon's own]
    #[arg(long = "s3-endpoint", global = true, env = "RETAINER_S3_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// The region of the bucket
    #[arg(
        long = "s3-region",
        global = true,
        env = "RETAINER_S3_REGION",
        value_name = "NAME",
        default_value = "us-east-1"
    )]
    pub region: String,
    /// The id of the key that reads and writes the bucket
    #[arg(long = "s3-access-key-id", global = true, env = "RETAINER_S3_ACCESS_KEY_ID", value_name = "ID")]
    pub access_key_id: Option<String>,
    /// The key itself; better given as RETAINER_S3_SECRET_ACCESS_KEY
    #[arg(
        long = "s3-secret-access-key",
        global = true,
        env = "RETAINER_S3_SECRET_ACCESS_KEY",
        value_name = "KEY",
        hide_env_values = true
    )]
    pub secret_access_key: Option<String>,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, for collectors.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve for real use; the first start prints a single-use link to set it up
    Serve(Serving),
    /// Serve an invented consulting business with a year of life, to look around in
    Demo(Listening),
    /// Bring the database up to date without serving
    Migrate,
    /// Check database, migrations, clock, mail, key, isolation, disk and jobs, and say what to do
    Doctor(MailServer),
    /// Organizations of this installation
    #[command(subcommand)]
    Organization(OrganizationCommand),
    /// People who can sign in
    #[command(subcommand)]
    User(UserCommand),
    /// The ledger of everything prepaid
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Bring the database of another system in; again, to bring in what changed there since
    #[command(subcommand)]
    Import(ImportCommand),
    /// Logins of PostgreSQL for an organization's old reports, which read its data in a documented layout
    #[command(subcommand)]
    Contract(ContractCommand),
    /// Move an organization to another installation, or keep it, as one file
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Print the OpenAPI document of the REST API
    Openapi,
}

/// Commands about archives.
#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Write all of an organization into a new file, as it is at one moment
    Export(ArchiveExport),
    /// Take an organization in from a file, wholly or not at all
    Import(ArchiveImport),
}

/// What is written, and where to.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ArchiveExport {
    /// The organization (its word in URLs)
    #[arg(long, value_name = "SLUG")]
    pub organization: String,
    /// The file to write, such as leverai.tar.gz; it must not exist
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// What is taken in.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ArchiveImport {
    /// The archive
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// Another word for its URLs, where the archive's is taken
    #[arg(long, value_name = "SLUG")]
    pub slug: Option<String>,
    /// Do everything, report it, and undo it
    #[arg(long)]
    pub dry_run: bool,
}

/// The systems that can be imported from.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// LeverAI Consulting: users, subscriptions with their hours, tickets, bills
    Consulting(Importing),
}

/// Where an import comes from and where it goes.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Importing {
    /// The database to read, such as postgres://reader:password@host/name; nothing in it is changed
    #[arg(long, env = "RETAINER_IMPORT_FROM", value_name = "URL", hide_env_values = true)]
    pub from: String,
    /// The organization (its word in URLs); it is created when it is new
    #[arg(long, value_name = "SLUG")]
    pub organization: String,
    /// Do everything, report it, and undo it
    #[arg(long)]
    pub dry_run: bool,
    /// Then let every imported subscription that runs renew here, from the end of its period on; with --dry-run, list
    /// what each would be billed and when
    #[arg(long)]
    pub take_over: bool,
    /// Go on although much of what was imported is not in the source any more
    #[arg(long)]
    pub accept_gone: bool,
    /// List what earlier runs decided, too
    #[arg(long)]
    pub all: bool,
    /// How many rows are written in one transaction
    #[arg(long, value_name = "ROWS", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub batch: u64,
}

/// The documented layouts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// LeverAI Consulting.
    Consulting,
}

impl Dialect {
    /// The contract's schema.
    pub(crate) const fn schema(self) -> &'static str {
        match self {
            Self::Consulting => "consulting",
        }
    }
}

/// Commands about logins.
#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Make a login that reads one organization's contract, and print its connection string once; for a login that is
    /// there, a new password
    Grant(ContractLogin),
    /// End a login at once
    Revoke(ContractLogin),
    /// List an organization's logins
    List {
        /// The organization (its word in URLs)
        #[arg(long, value_name = "SLUG")]
        organization: String,
    },
}

/// Which login.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ContractLogin {
    /// The layout that it reads
    #[arg(value_enum)]
    pub dialect: Dialect,
    /// The organization (its word in URLs)
    #[arg(long, value_name = "SLUG")]
    pub organization: String,
    /// What the login is called: small letters, digits, '-' and '_'
    #[arg(long, value_name = "NAME")]
    pub login: LoginName,
}

/// Commands about organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// List all organizations
    List,
    /// Close an organization: in thirty days everything of it is deleted; its owners are told, and may keep it
    Delete(OneOrganization),
    /// Keep an organization that is being closed
    Keep(OneOrganization),
}

/// Which organization.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct OneOrganization {
    /// The organization (its word in URLs)
    #[arg(long, value_name = "SLUG")]
    pub organization: String,
}

/// Commands about people.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Print a link, good once and for an hour, by which somebody chooses a new password; for when no mail reaches them
    ResetPassword(ResetPassword),
    /// Mark somebody's address as theirs, on your word; for when no mail reaches them
    ConfirmEmail(ConfirmEmail),
    /// Print a link, good once and for a week, by which somebody joins an organization; for when nobody is in it
    Invite(InviteUser),
}

/// Who is to join what, and where the link leads.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct InviteUser {
    /// Their address
    #[arg(long)]
    pub email: kernel::Email,
    /// The organization (its word in URLs)
    #[arg(long)]
    pub organization: String,
    /// What they shall be: owner, admin, developer, member or analyst
    #[arg(long, default_value = "owner")]
    pub role: kernel::Role,
    /// The address that people open, for the link [default: that of the server that runs on the data directory]
    #[arg(long, env = "RETAINER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

/// Whose address.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ConfirmEmail {
    /// The address they sign in with
    #[arg(long)]
    pub email: kernel::Email,
}

/// Whose password, and where the link leads.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct ResetPassword {
    /// The address they sign in with
    #[arg(long)]
    pub email: kernel::Email,
    /// The organization in which the link is good (its word in URLs) [default: the first they belong to]
    #[arg(long, value_name = "SLUG")]
    pub organization: Option<String>,
    /// The address that people open, for the link [default: that of the server that runs on the data directory]
    #[arg(long, env = "RETAINER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
}

/// Commands about the ledger.
#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Prove that every balance follows from its entries; exits with 1 if one does not
    Verify(LedgerVerify),
}

/// What of the ledger is proved.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct LedgerVerify {
    /// Only this organization (its word in URLs)
    #[arg(long, value_name = "SLUG")]
    pub organization: Option<String>,
    /// First recompute every counter from the entries and write those that differ
    #[arg(long)]
    pub rebuild: bool,
}

/// Where a server listens.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Listening {
    /// The address to listen on; port 0 takes a free one, which is printed
    #[arg(long, env = "RETAINER_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

/// The server that mail goes through.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct MailServer {
    /// The SMTP server, such as smtps://user:password@mail.example.com?from=desk@example.com; without it mail waits in
    /// the outbox
    #[arg(long = "smtp-url", env = "RETAINER_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
}

/// How a server for real use runs.
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct Serving {
    #[command(flatten)]
    pub listening: Listening,
    /// The address that people open, such as https://desk.example.com, for links in mails
    #[arg(long, env = "RETAINER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Believe X-Forwarded-For: only behind a proxy that sets them itself
    #[arg(long, env = "RETAINER_TRUST_PROXY")]
    pub trust_proxy: bool,
    #[command(flatten)]
    pub mail: MailServer,
    /// The most connections to the database
    #[arg(long, env = "RETAINER_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u16).range(2..=500))]
    pub connections: u16,
    /// The API requests that a token may send to this server in a minute; 0 for any number
    #[arg(long, env = "RETAINER_REQUESTS_A_MINUTE", value_name = "NUMBER", default_value_t = retainer::doors::rate::USUAL, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    pub requests_a_minute: u32,
    /// The most megabytes of a file on a ticket
    #[arg(long, env = "RETAINER_FILE_MB", value_name = "NUMBER", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=5_000))]
    pub file_mb: u64,
    /// The most gigabytes of all files of an organization
    #[arg(long, env = "RETAINER_STORAGE_GB", value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub storage_gb: u64,
}
