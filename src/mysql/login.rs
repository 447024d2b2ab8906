//! How a login is made: the link to the server, and the account.

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use sqlx::{ConnectOptions, Connection as _};

use super::link::{Encryption, Link, NoLink, Way};
use super::unwind::{Panicked, caught};
use super::{Endpoint, MysqlError};

/// An open connection: the driver's end, and the link to the server.
pub(super) struct Connection {
    pub(super) driver: MySqlConnection,
    pub(super) link: Link,
}

/// Why no connection came about.
#[derive(Debug)]
pub(super) enum Unconnected {
    /// There is no link to the server.
    NoLink(NoLink),
    /// What the driver reports, and what the link knows of it.
    Driver(sqlx::Error, Option<super::link::Broken>),
    /// The server's packets are malformed.
    Malformed,
}

impl Connection {
    /// Connects and logs in.
    pub(super) async fn open(endpoint: &Endpoint, address: &str) -> Result<Self, MysqlError> {
        let encryption = Encryption::of(endpoint, address).await?;
        connect(endpoint, encryption)
            .await
            .map_err(|error| MysqlError::from_connect(address, &endpoint.host, &endpoint.user, &error))
    }

    /// Logs out; the server has read it when this ends.
    pub(super) async fn close(self) {
        let _ = caught(self.driver.close()).await;
        self.link.ended().await;
    }
}

async fn connect(endpoint: &Endpoint, encryption: Option<Encryption>) -> Result<Connection, Unconnected> {
    let way = Way { host: &endpoint.host, port: endpoint.port, encryption, password: endpoint.password.clone() };
    let link = Link::open(way).await.map_err(Unconnected::NoLink)?;
    let options = options(endpoint).socket(link.path());
    match caught(options.connect()).await {
        Ok(Ok(driver)) => Ok(Connection { driver, link }),
        Ok(Err(error)) => Err(Unconnected::Driver(error, link.broken())),
        Err(Panicked) => Err(Unconnected::Malformed),
    }
}

/// What the driver is told. TLS is the link's.
fn options(endpoint: &Endpoint) -> MySqlConnectOptions {
    let options = MySqlConnectOptions::new()
        .username(endpoint.user.expose())
        .ssl_mode(MySqlSslMode::Disabled)
        .statement_cache_capacity(0)
        // Nothing is set or asked at login: queries/session.sql does it.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
        .set_names(false)
        // The driver would log statements; ours are logged where they are decided, or not at all.
        .disable_statement_logging();
    match endpoint.password.expose() {
        "" => options,
        password => options.password(password),
    }
}
