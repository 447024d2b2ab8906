//! What a server has answered, cut and changed at each of its bytes: every login and every question still ends, in an
//! answer or in an error of a sentence. No server is needed.
//!
//! `recorded/*.hex` has what a server sent from its greeting on, without TLS: a line for each of its turns, which are the
//! greeting, the login, the session's settings, and last the rows of a query.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::answer::Bounds;
use super::*;
use crate::model::SchemaName;

const MYSQL: &str = include_str!("recorded/mysql-9.7.4.hex");
const MARIADB: &str = include_str!("recorded/mariadb-10.11.18.hex");
const PASSWORD: &str = "s3cret-Pa55";

fn turns(recorded: &str) -> Vec<Vec<u8>> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    recorded.lines().map(|line| line.as_bytes().chunks(2).map(byte).collect()).collect()
}

/// Logs in and asks one question of whoever says this; the last turn is the last that is said.
async fn asked(turns: &[Vec<u8>]) -> Result<usize, MysqlError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = async {
        let (mut server, _) = listener.accept().await.unwrap();
        for (number, turn) in turns.iter().enumerate() {
            if number > 0 && server.read(&mut [0; 4096]).await.unwrap_or(0) == 0 {
                return;
            }
            if server.write_all(turn).await.is_err() {
                return;
            }
        }
    };
    let (endpoint, schema) = Endpoint::from_url(&format!("mysql://u@127.0.0.1:{port}/s?tls=disabled")).unwrap();
    let client = async {
        let mut session =
            Server::new(endpoint.with_password(Secret::new(PASSWORD)), SchemaName::new(schema.as_str())).open().await?;
        let question = session.statement("SELECT 1")?;
        let rows = session.send_within(question, Bounds::tight(std::time::Duration::from_secs(20), 1 << 20)).await;
        assert_eq!(session.usable(), rows.as_ref().err().is_none_or(MysqlError::session_lives));
        rows.map(|rows| rows.len())
    };
    tokio::join!(server, client).1
}

/// Holds what an error of a malformed answer may say.
fn is_a_sentence(error: &MysqlError) {
    let said = error.to_string();
    assert!(!error.message.is_empty() && !said.contains(PASSWORD) && !said.contains("sqlx"), "{said}");
}

#[tokio::test]
async fn a_recorded_exchange_that_is_cut_or_changed_ends_in_an_answer_or_an_error() {
    for (recorded, rows) in [(MYSQL, 1), (MARIADB, 1)] {
        let whole = turns(recorded);
        assert_eq!(asked(&whole).await.unwrap(), rows);
        for number in 0..whole.len() {
            for place in 0..whole[number].len() {
                let mut said = whole[..=number].to_vec();
                said[number].truncate(place);
                is_a_sentence(&asked(&said).await.unwrap_err());

                let mut said = whole[..=number].to_vec();
                let byte = [0x00, 0xff, 0xfe, 0xfb, 0x01][(place + number) % 5];
                if std::mem::replace(&mut said[number][place], byte) != byte
                    && let Err(error) = asked(&said).await
                {
                    is_a_sentence(&error);
                }
            }
        }
    }
}
