//! A running server with its own database and a clock that stands still.

use jiff::Timestamp;
use kernel::id::OrganizationId;
use kernel::text::Name;
use kernel::{Actor as Who, Clock, Currency, Email, Role};
use retainer::files::Limits;
use retainer::organizations::{self, Zone};
use retainer::people::{AddMember, add_member, password};
use retainer::server::{Options, Server};
use runtime::files::{Files, Place};
use runtime::ids::Ids;
use runtime::smtp::Smtp;
use runtime::tx::Access;
use tokio::net::TcpListener;

use crate::Actor;
use crate::database::{self, Fresh};

/// The password of everybody in tests.
pub const PASSWORD: &str = "a long enough password";

/// Settings in which a test's server differs from the usual.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// The URL of a mail server.
    pub smtp: Option<String>,
    /// The requests that a token may send in a minute; any number without.
    pub requests_a_minute: u32,
    /// Where people reach it, if that differs from the address it listens on.
    pub public_url: Option<String>,
    /// Where files lie; in a folder of their own without.
    pub files: Option<Place>,
    /// How much of them is taken.
    pub file_limits: Option<Limits>,
}

impl Setup {
    fn options(self, owner: &tokio_postgres::Config, clock: &Clock, known: Option<Files>) -> Options {
        let place = self.files.unwrap_or_else(database::files);
        let options = Options::new(owner.clone(), database::key(), clock.clone(), place);
        Options {
            public_url: self.public_url,
            smtp: self.smtp.map(|url| Smtp::from_url(&url).expect("a mail server's URL")),
            requests_a_minute: self.requests_a_minute,
            file_limits: self.file_limits.unwrap_or(Limits::USUAL),
            files: known.unwrap_or_else(|| options.files.clone()),
            ..options
        }
    }
}

/// A running server.
#[derive(Debug)]
pub struct TestApp {
    /// The server.
    pub server: Server,
    /// Its clock.
    pub clock: Clock,
    /// Acme.
    pub acme: OrganizationId,
    /// How the owner of its database connects, who has no more rights than on a real installation.
    pub owner_config: tokio_postgres::Config,
    /// How a superuser connects to its database, to look at everything.
    pub root_config: tokio_postgres::Config,
}

/// An instant, written as text.
///
/// # Panics
/// When it is not one.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant such as 2026-11-20T09:00:00Z")
}

impl TestApp {
    /// A server with Acme, whose owner is Olga (`olga@acme.example`), on Friday 20 November 2026 at nine.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start() -> Self {
        Self::start_with(Setup::default()).await
    }

    /// The same with other settings.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn start_with(setup: Setup) -> Self {
        let app = Self::bare_with(setup).await;
        app.organization(app.acme, "acme", "Acme").await;
        app.member(app.acme, "Olga Ek", "olga@acme.example", Role::Owner).await;
        app
    }

    /// A server that nobody has set up: `acme` does not exist.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn bare() -> Self {
        Self::bare_with(Setup::default()).await
    }

    async fn bare_with(setup: Setup) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let _ = tracing_subscriber::fmt().with_env_filter(filter()).with_test_writer().try_init();
        let Fresh { owner: owner_config, root: root_config } = database::fresh().await;
        let clock = Clock::standing_at(at("2026-11-20T09:00:00Z"));
        let options = Options {
            connections: 12,
            sample_days: 4,
            ids: Ids::counted(clock.clone()),
            ..setup.options(&owner_config, &clock, None)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Server::start(&options, listener).expect("a server");
        let acme = server.app.ids.next();
        Self { server, clock, acme, owner_config, root_config }
    }

    /// A connection that sees everything, as no program of ours does.
    ///
    /// # Panics
    /// When there is none.
    pub async fn root(&self) -> tokio_postgres::Client {
        runtime::db::connect(&self.root_config).await.expect("a connection")
    }

    /// A second server process on the same database, with the same clock and ids.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn second_server(&self) -> Server {
        let app = &self.server.app;
        let options = Options {
            connections: 4,
            ids: app.ids.clone(),
            smtp: app.smtp.clone(),
            ..Setup::default().options(&self.owner_config, &self.clock, Some(app.files.clone()))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Server::start(&options, listener).expect("a server")
    }

    /// The same installation after a restart of its only server, with other settings.
    ///
    /// # Panics
    /// When it cannot be started.
    pub async fn restarted_with(self, setup: Setup) -> Self {
        let Self { server, clock, acme, owner_config, root_config } = self;
        let files = Some(server.app.files.clone());
        let options =
            Options { connections: 12, ids: server.app.ids.clone(), ..setup.options(&owner_config, &clock, files) };
        server.stop().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Server::start(&options, listener).expect("a server");
        Self { server, clock, acme, owner_config, root_config }
    }

    /// Another organization.
    ///
    /// # Panics
    /// When it cannot be created.
    pub async fn organization(&self, id: OrganizationId, slug: &str, name: &str) {
        let tx = self.server.app.begin(id, Who::system("test"), Access::Write).await.expect("a transaction");
        let input = organizations::Create {
            slug: slug.parse().expect("a slug"),
            name: name.parse::<Name>().expect("a name"),
            zone: Zone::UTC,
            currency: Currency::USD,
            is_sample: false,
        };
        organizations::create(&tx, input).await.expect("an organization");
        tx.commit().await.expect("a commit");
    }

    /// Adds a member with the password of everybody, who has confirmed their address.
    ///
    /// # Panics
    /// When they cannot be added.
    pub async fn member(&self, organization: OrganizationId, name: &str, email: &str, role: Role) {
        let hashed = password::hash(PASSWORD.parse().expect("a password")).await.expect("a hash");
        let tx = self.server.app.begin(organization, Who::system("test"), Access::Write).await.expect("a transaction");
        let input = AddMember {
            email: email.parse::<Email>().expect("an address"),
            name: name.parse().expect("a name"),
            role,
            customer: None,
            password: Some(hashed),
        };
        let added = add_member(&tx, input).await.expect("a member");
        tx.see_user(added.user).await.expect("their row");
        let verified = "update users set email_verified_at = $2 where id = $1";
        tx.execute(verified, &[kernel::id::Id::as_uuid(&added.user), &tx.now()]).await.expect("a verified address");
        tx.commit().await.expect("a commit");
    }

    /// Somebody with a token for the API.
    ///
    /// # Panics
    /// When they cannot sign in.
    pub async fn sign_in(&self, organization: &str, email: &str) -> Actor {
        let nobody = self.nobody();
        let wanted = serde_json::json!({"organization": organization, "email": email, "password": PASSWORD});
        let answer = nobody.post("/session-tokens", wanted).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        nobody.with_token(answer.body["token"].as_str().expect("a token"))
    }

    /// Olga, Acme's owner.
    pub async fn olga(&self) -> Actor {
        self.sign_in("acme", "olga@acme.example").await
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Actor {
        Actor::new(self.url())
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

fn filter() -> String {
    std::env::var("RUST_LOG").unwrap_or_else(|_| "warn".to_owned())
}
