//! The protocol's packets, as far as the link looks at them: where each begins, and how many columns an answer announces.
//!
//! The driver allocates room for as many columns as the server says (0.9.0); a number beyond what there can be would end
//! the program. So an answer is followed from its first packet to its last, and what no table can have is not handed on.
//! MySQL's source documentation, "Text Resultset" and "OK_Packet".

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Broken;

/// The length and the number of a packet.
pub(super) const HEADER_BYTES: usize = 4;
/// Of a packet that has this length, the next is the continuation.
const WHOLE: usize = 0xff_ffff;
/// The most columns of an answer: as many as a table can have (manual, "Limits on Table Column Count").
const MAX_COLUMNS: u64 = 4096;
/// The longest packet of a login.
const MAX_LOGIN_BYTES: usize = 64 << 10;
/// As many bytes of a packet's beginning as tell what it is: a mark, or a number.
const HEAD_BYTES: usize = 9;
/// The capability `CLIENT_DEPRECATE_EOF`.
const DEPRECATE_EOF: u32 = 1 << 24;

pub(super) const OK: u8 = 0x00;
pub(super) const ERROR: u8 = 0xff;
const END: u8 = 0xfe;
const FILE: u8 = 0xfb;

/// A packet of a login.
pub(super) struct Packet {
    pub(super) number: u8,
    pub(super) payload: Vec<u8>,
}

impl Packet {
    /// Reads one; an error where it is longer than a packet of a login can be.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        let mut header = [0; HEADER_BYTES];
        from.read_exact(&mut header).await?;
        let length = length_of(header);
        if length > MAX_LOGIN_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a packet of a login is too long"));
        }
        let mut payload = vec![0; length];
        from.read_exact(&mut payload).await?;
        Ok(Self { number: header[3], payload })
    }

    pub(super) async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        to.write_all(&bytes(self.number, &self.payload)).await?;
        to.flush().await
    }
}

/// A packet's bytes; its payload is short.
pub(super) fn bytes(number: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(0).to_le_bytes();
    let mut out = vec![length[0], length[1], length[2], number];
    out.extend_from_slice(payload);
    out
}

/// How long the payload behind a header is.
pub(super) fn length_of(header: [u8; HEADER_BYTES]) -> usize {
    usize::from(header[0]) | usize::from(header[1]) << 8 | usize::from(header[2]) << 16
}

/// What the next packet of the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// The first of an answer.
    First,
    /// The definition of a column, and as many more.
    Column(u64),
    /// The end of the definitions.
    EndOfColumns,
    /// A row, or the end of the rows.
    Row,
}

/// Follows the answers of a server, whatever the pieces in which they come.
#[derive(Debug)]
pub(super) struct Answers {
    deprecates_eof: bool,
    expected: Expected,
    /// The header, as far as it has come.
    header: Vec<u8>,
    /// How much of the packet is still to come.
    left: usize,
    /// What the packet begins with.
    head: Vec<u8>,
    length: usize,
    /// Whether the packet goes on with the one before.
    continues: bool,
}

impl Answers {
    /// Of a server to which a client with these capabilities has logged in.
    pub(super) fn new(capabilities: u32) -> Self {
        Self {
            deprecates_eof: capabilities & DEPRECATE_EOF != 0,
            expected: Expected::First,
            header: Vec::with_capacity(HEADER_BYTES),
            left: 0,
            head: Vec::with_capacity(HEAD_BYTES),
            length: 0,
            continues: false,
        }
    }

    /// Takes the next bytes; an error says why they are not to be handed on.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        while !bytes.is_empty() {
            if self.header.len() < HEADER_BYTES {
                let (some, rest) = bytes.split_at(bytes.len().min(HEADER_BYTES - self.header.len()));
                self.header.extend_from_slice(some);
                bytes = rest;
                let Ok(header) = <[u8; HEADER_BYTES]>::try_from(self.header.as_slice()) else { return Ok(()) };
                self.length = length_of(header);
                self.left = self.length;
                self.head.clear();
            }
            let (some, rest) = bytes.split_at(bytes.len().min(self.left));
            let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(some.len());
            self.head.extend_from_slice(&some[..wanted]);
            self.left -= some.len();
            bytes = rest;
            if self.left == 0 {
                self.header.clear();
                let continued = std::mem::replace(&mut self.continues, self.length == WHOLE);
                if !continued {
                    self.expected = self.after()?;
                }
            }
        }
        Ok(())
    }

    /// What comes behind the packet that is complete.
    fn after(&self) -> Result<Expected, Broken> {
        let mark = *self.head.first().ok_or(Broken::Malformed)?;
        Ok(match self.expected {
            Expected::First => match mark {
                OK | ERROR => Expected::First,
                // No statement of ours asks for a file of this machine.
                FILE => return Err(Broken::Malformed),
                _ => {
                    let columns = number(&self.head).ok_or(Broken::Malformed)?;
                    if columns > MAX_COLUMNS {
                        return Err(Broken::Malformed);
                    }
                    Expected::Column(columns)
                }
            },
            Expected::Column(1) if self.deprecates_eof => Expected::Row,
            Expected::Column(1) => Expected::EndOfColumns,
            Expected::Column(columns) => Expected::Column(columns.saturating_sub(1)),
            Expected::EndOfColumns => Expected::Row,
            // A row can begin with this mark only where its first value has 16 MiB or more. Another answer may follow.
            Expected::Row if mark == ERROR || (mark == END && self.length != WHOLE) => Expected::First,
            Expected::Row => Expected::Row,
        })
    }
}

/// A number of one to nine bytes.
fn number(bytes: &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    let length = match first {
        0..=0xfa => return Some(u64::from(first)),
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        0xfb | 0xff => return None,
    };
    let mut whole = [0; 8];
    whole[..length].copy_from_slice(rest.get(..length)?);
    Some(u64::from_le_bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets in the order in which they are sent.
    fn packets(payloads: &[&[u8]]) -> Vec<u8> {
        payloads.iter().flat_map(|payload| bytes(1, payload)).collect()
    }

    /// Whether the bytes are handed on, whole and in pieces of every size.
    fn are_taken(bytes: &[u8], capabilities: u32) -> bool {
        let all = |size: usize| {
            let mut answers = Answers::new(capabilities);
            bytes.chunks(size).try_for_each(|piece| answers.take(piece)).is_ok()
        };
        let whole = all(bytes.len());
        assert!((1..bytes.len()).all(|size| all(size) == whole), "{bytes:?}");
        whole
    }

    const COLUMN: &[u8] = b"\x03def\0\0\0\x01a\0\x0c\x21\0\0\x10\0\0\xfd\0\0\0\0\0";
    const DONE: &[u8] = b"\0\0\0\x02\0\0\0";
    const END_OF_ROWS: &[u8] = b"\xfe\0\0\x02\0\0\0";
    const END_OF_BOTH: &[u8] = b"\xfe\0\0\x02\0";

    #[test]
    fn answers_are_followed_to_the_next() {
        let many = b"\xfe\0\0\0\0\0\x01\0\0";
        let rows: &[&[u8]] = &[b"\x02", COLUMN, COLUMN, b"\x01x\xfb", b"\x01x\x01y", END_OF_ROWS];
        assert!(are_taken(&packets(rows), DEPRECATE_EOF));
        assert!(!are_taken(&packets(&[rows, &[many as &[u8]]].concat()), DEPRECATE_EOF));
        assert!(!are_taken(&packets(&[DONE, many]), DEPRECATE_EOF));
        assert!(are_taken(
            &packets(&[&[DONE], rows, &[b"\xff\x10\x04#42000no" as &[u8]], rows].concat()),
            DEPRECATE_EOF
        ));
        let older: &[&[u8]] = &[b"\x01", COLUMN, END_OF_BOTH, b"\x01x", END_OF_BOTH];
        assert!(are_taken(&packets(&[older, older].concat()), 0));
        assert!(!are_taken(&packets(&[older, &[many as &[u8]]].concat()), 0));
    }

    #[test]
    fn what_no_answer_begins_with_is_not_handed_on() {
        for first in [&b"\xfb/etc/passwd"[..], b"", b"\xfe", b"\xfc\x01", b"\xfc\x01\x10", b"\xfd\0\0\x01"] {
            assert!(!are_taken(&packets(&[first]), DEPRECATE_EOF), "{first:?}");
        }
        assert!(are_taken(&packets(&[b"\xfc\0\x10"]), DEPRECATE_EOF), "as many as a table can have");
    }

    #[test]
    fn a_row_of_several_packets_is_one() {
        let mut long = vec![0xff, 0xff, 0xff, 1];
        long.extend(vec![END; WHOLE]);
        let parts = [packets(&[b"\x01", COLUMN]), long, packets(&[b"\xff", END_OF_ROWS, DONE])].concat();
        let mut answers = Answers::new(DEPRECATE_EOF);
        assert!(parts.chunks(70_000).all(|piece| answers.take(piece).is_ok()));
        assert_eq!(answers.expected, Expected::First);
    }
}
