//! What a test does by hand, as root: outside of what is tested.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Pool, SslOpts};

/// One of the servers, or a schema on it.
#[derive(Clone)]
pub(in crate::apply) struct Admin(Pool);

impl Admin {
    /// `None` where nobody answers.
    pub(super) async fn open(host: &str, port: u16, password: &str, schema: Option<&str>) -> Option<Self> {
        let options = OptsBuilder::default()
            .ip_or_hostname(host)
            .tcp_port(port)
            .user(Some("root"))
            .pass(Some(password))
            .db_name(schema)
            .prefer_socket(false)
            .ssl_opts(SslOpts::default().with_danger_accept_invalid_certs(true));
        let pool = Pool::new(options);
        pool.get_conn().await.ok()?;
        Some(Self(pool))
    }

    /// Another session.
    pub(super) async fn session(&self) -> Conn {
        self.0.get_conn().await.expect("a session")
    }

    /// Runs one statement.
    pub(super) async fn execute(&self, text: impl Into<String>) {
        execute(&mut self.session().await, text).await;
    }

    /// The only column of the only row.
    #[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
    pub(super) async fn value(&self, text: &str) -> Option<String> {
        let row: Result<Option<Option<String>>, _> = self.session().await.query_first(text).await;
        row.unwrap_or_else(|error| panic!("{text}: {error}")).expect("a row")
    }
}

/// Runs one statement in a session.
#[expect(clippy::disallowed_methods, reason = "the statements of a test, and none of the program's")]
pub(super) async fn execute(session: &mut Conn, text: impl Into<String>) {
    let text: String = text.into();
    session.query_drop(text.as_str()).await.unwrap_or_else(|error| panic!("{text}: {error}"));
}
