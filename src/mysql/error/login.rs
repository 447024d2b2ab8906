//! Why no connection came about: the link, TLS, the account.

use std::io;

use super::{MysqlError, MysqlErrorKind, io_error, io_text, refusal};
use crate::mysql::User;
use crate::mysql::link::{Broken, NoLink};
use crate::mysql::login::Unconnected;

/// The driver's words (0.9.0) for a password that it could send only under the server's RSA key.
const NO_RSA: &str = "RSA auth backend disabled";
/// For a plugin that would send the password in clear.
const CLEAR: &str = "mysql_cleartext_plugin disabled";
/// For a plugin that it does not know; its name follows.
const UNKNOWN_PLUGIN: &str = "unknown authentication plugin: ";

impl MysqlError {
    /// Why no connection came about.
    pub(in crate::mysql) fn from_connect(server: &str, host: &str, user: &User, error: &Unconnected) -> Self {
        match error {
            Unconnected::NoLink(NoLink::UnknownHost) => Self::new(
                server,
                MysqlErrorKind::UnknownHost,
                format!("the host name {host} does not resolve"),
                "check the host name and DNS",
            ),
            Unconnected::NoLink(NoLink::Unreachable(io)) => Self::unreachable(server, io.kind(), &io_text(io)),
            Unconnected::NoLink(NoLink::Meeting(io)) => Self::new(
                server,
                MysqlErrorKind::Unreachable,
                format!("no socket within this process: {io}"),
                "check the limits of this process (open files) and that its folder for temporary files can be written",
            ),
            Unconnected::NoLink(NoLink::NoTls) => Self::new(
                server,
                MysqlErrorKind::Tls,
                "the server does not support TLS",
                "switch TLS on at the server (ssl_cert, ssl_key), or say tls=disabled if the network is trusted and the \
                 account's authentication plugin allows it",
            ),
            Unconnected::NoLink(NoLink::NotMysql) | Unconnected::Malformed => Self::not_mysql(server),
            Unconnected::Driver(error, broken) => Self::from_login(server, user, error, broken.as_ref()),
        }
    }

    /// Why the driver could not log in.
    fn from_login(server: &str, user: &User, error: &sqlx::Error, broken: Option<&Broken>) -> Self {
        if let Some(refusal) = refusal(error) {
            return Self::from_refusal(server, refusal).of_login(user);
        }
        if let Some(io) = io_error(error) {
            return match broken {
                Some(Broken::Tls(tls)) => Self::new(
                    server,
                    MysqlErrorKind::Tls,
                    format!("the server's certificate or TLS handshake was not accepted: {tls}"),
                    "check the CA (tls-ca) and that the certificate names this host; tls=required encrypts without \
                     checking either",
                ),
                Some(Broken::Lost(kind, text)) => Self::unreachable(server, *kind, text),
                Some(Broken::TooLong(_) | Broken::Malformed) => Self::not_mysql(server),
                None => Self::unreachable(server, io.kind(), &io_text(io)),
            };
        }
        // These texts are the driver's own; none holds anything of a login but the plugin's name.
        if let sqlx::Error::Protocol(text) = error {
            return Self::from_protocol(server, user, text);
        }
        if let sqlx::Error::Configuration(problem) = error {
            return Self::from_configuration(server, user, &problem.to_string());
        }
        Self::not_mysql(server)
    }

    /// What the driver cannot do with what it was given.
    fn from_configuration(server: &str, user: &User, text: &str) -> Self {
        if !text.starts_with(NO_RSA) {
            return Self::not_mysql(server);
        }
        let message = format!(
            "the server asks for the password of {user} without TLS, and it is not sent: caching_sha2_password, MySQL's \
             default plugin, goes without it only while the server has the login cached (it also asks where there is no \
             such account)"
        );
        let next_step = "use tls=required or stricter, and check the user name";
        Self::new(server, MysqlErrorKind::Tls, message, next_step)
    }

    /// What the driver does not understand.
    fn from_protocol(server: &str, user: &User, text: &str) -> Self {
        if text.starts_with(CLEAR) {
            return Self::no_such_plugin(server, user, "mysql_clear_password");
        }
        let Some(plugin) = text.strip_prefix(UNKNOWN_PLUGIN) else { return Self::not_mysql(server) };
        let end = plugin.find(|character: char| !character.is_ascii_alphanumeric() && character != '_');
        Self::no_such_plugin(server, user, &plugin[..end.unwrap_or(plugin.len())])
    }

    fn unreachable(server: &str, kind: io::ErrorKind, text: &str) -> Self {
        let next_step = if kind == io::ErrorKind::ConnectionRefused {
            "check the port, and that the server runs and listens on this address"
        } else if kind == io::ErrorKind::UnexpectedEof {
            "try again"
        } else {
            "check host, port, routes and firewalls"
        };
        Self::new(server, MysqlErrorKind::Unreachable, format!("no connection: {text}"), next_step)
    }

    fn not_mysql(server: &str) -> Self {
        Self::new(
            server,
            MysqlErrorKind::Unreachable,
            "what answers there does not speak MySQL's protocol as expected",
            "check host and port",
        )
    }

    /// A server also asks for some plugin or other where it has no such account, so as not to tell which it has.
    fn no_such_plugin(server: &str, user: &User, plugin: &str) -> Self {
        Self::new(
            server,
            MysqlErrorKind::LoginRefused,
            format!(
                "the login of {user} did not come about: there is no such account, or it has the authentication plugin \
                 {}, which is not supported",
                plugin.escape_default()
            ),
            "check the user name, or use an account with caching_sha2_password",
        )
    }

    /// A refusal, where it was a login that was refused.
    fn of_login(mut self, user: &User) -> Self {
        match self.code {
            Some(1044 | 1045 | 1130 | 1396 | 1698 | 1862 | 3118 | 3955 | 4151) => {
                self.kind = MysqlErrorKind::LoginRefused;
                let named = if user.place().is_some() { String::new() } else { format!(" ({user})") };
                self.next_step =
                    format!("check the user name{named} and the password, and that this account may log in from here");
            }
            Some(3159) => {
                self.kind = MysqlErrorKind::Tls;
                self.next_step = "the server takes encrypted connections only: use tls=required".to_owned();
            }
            Some(1040 | 1203 | 1226) => {
                self.kind = MysqlErrorKind::Unreachable;
                self.next_step = "close other connections, or raise max_connections or the account's limit".into();
            }
            Some(1129) => {
                self.kind = MysqlErrorKind::Unreachable;
                self.next_step = "an administrator unblocks this host with FLUSH HOSTS".to_owned();
            }
            Some(_) | None => {}
        }
        // Nearly every message about a login quotes the name that was given.
        if let Some(place) = user.place()
            && !matches!(self.code, Some(1040 | 1129 | 3159))
        {
            self.message = format!("the server refuses the login of {place}");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_another_plugin_may_be_none_and_is_named_by_its_place() {
        let text = "unknown authentication plugin: client_ed25519 (sqlx_mysql::protocol::auth:36)";
        let error = Unconnected::Driver(sqlx::Error::Protocol(text.to_owned()), None);
        let said = |user: &User| MysqlError::from_connect("db:3306", "db", user, &error);
        let shown = said(&User::named("tablewrigth"));
        assert_eq!(shown.kind, MysqlErrorKind::LoginRefused);
        assert!(shown.message.contains("tablewrigth") && shown.message.contains("client_ed25519,"), "{shown}");
        let hidden = said(&User::kept_in("the account in key `token` of Secret n/s", "hunter2"));
        assert!(hidden.message.contains("key `token`") && !hidden.to_string().contains("hunter2"), "{hidden}");
    }
}
