//! What a test does by hand, as root: outside of what is tested.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use crate::mysql::{Endpoint, Server};

/// One of the servers, or a schema on it.
#[derive(Clone)]
pub(in crate::apply) struct Admin {
    options: MySqlConnectOptions,
    server: Server,
}

impl Admin {
    /// `None` where nobody answers.
    pub(super) async fn open(host: &str, port: u16, password: &str, schema: Option<&str>) -> Option<Self> {
        let url = format!("mysql://root:{password}@{host}:{port}/mysql?tls=required");
        let (endpoint, own) = Endpoint::from_url(&url).expect("a URL");
        let mut options = MySqlConnectOptions::new()
            .host(host)
            .port(port)
            .username("root")
            .password(password)
            .ssl_mode(MySqlSslMode::Disabled)
            .disable_statement_logging();
        if let Some(schema) = schema {
            options = options.database(schema);
        }
        let admin = Self { options, server: Server::new(endpoint, own) };
        admin.server.ping().await.ok()?;
        Some(admin)
    }

    /// Another session. The driver has no TLS of its own: a login through the link comes first, which the server then has
    /// cached.
    pub(super) async fn session(&self) -> MySqlConnection {
        self.server.close().await;
        self.server.ping().await.expect("a login");
        self.options.connect().await.expect("a session")
    }

    /// Runs one statement.
    pub(super) async fn execute(&self, text: impl Into<String>) {
        execute(&mut self.session().await, text).await;
    }

    /// The only column of the only row.
    #[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
    pub(super) async fn value(&self, text: &str) -> Option<String> {
        let mut session = self.session().await;
        let row = sqlx::raw_sql(AssertSqlSafe(text)).fetch_one(&mut session).await;
        let row = row.unwrap_or_else(|error| panic!("{text}: {error}"));
        row.try_get_unchecked(0).expect("a text")
    }
}

/// Runs one statement in a session.
#[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
pub(super) async fn execute(session: &mut MySqlConnection, text: impl Into<String>) {
    let text: String = text.into();
    let done = sqlx::raw_sql(AssertSqlSafe(text.as_str())).execute(session).await;
    done.unwrap_or_else(|error| panic!("{text}: {error}"));
}
