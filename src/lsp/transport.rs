//! Messages over standard input and output.
//!
//! The library takes memory for a message by the length that its header names, before anything of it has come. Here no
//! message is read that is longer than an editor has a reason to send.

use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use lsp_server::{Connection, Message};

use crate::source::limits::{MAX_MESSAGE_BYTES, MAX_MESSAGE_HEADER_BYTES};

/// The threads that read and write.
pub(super) struct Transport {
    writer: JoinHandle<io::Result<()>>,
    /// Why nothing more is read, where that is not the client's own wish.
    broken: Arc<OnceLock<String>>,
}

/// A connection over standard input and output.
///
/// # Errors
/// A sentence where there can be no threads.
pub(super) fn stdio() -> Result<(Connection, Transport), String> {
    let (Connection { sender, receiver }, server) = Connection::memory();
    let broken = Arc::new(OnceLock::new());
    let why = Arc::clone(&broken);
    let read = move || {
        let mut input = io::stdin().lock();
        loop {
            match message(&mut input) {
                Ok(Some(message)) => {
                    let last = matches!(&message, Message::Notification(it) if it.method == "exit");
                    if sender.send(message).is_err() || last {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    let _ = why.set(error.to_string());
                    return;
                }
            }
        }
    };
    let write = move || {
        let mut output = io::stdout().lock();
        receiver.iter().try_for_each(|message| message.write(&mut output).and_then(|()| output.flush()))
    };
    let thread = |error: io::Error| format!("no thread can be started: {error}");
    // It may wait for input for ever, and then ends with the program.
    std::thread::Builder::new().name("reader".to_owned()).spawn(read).map_err(thread)?;
    let writer = std::thread::Builder::new().name("writer".to_owned()).spawn(write).map_err(thread)?;
    Ok((server, Transport { writer, broken }))
}

impl Transport {
    /// Waits until all is written. Where no more could be read, that is how it ended.
    pub(super) fn end(self, served: Result<(), String>) -> Result<(), String> {
        let written = self.writer.join().unwrap_or(Ok(()));
        let broke = |why: &dyn std::fmt::Display| format!("the connection to the editor broke: {why}");
        match self.broken.get() {
            Some(why) => Err(broke(why)),
            None => served.and(written.map_err(|error| broke(&error))),
        }
    }
}

/// The next message; `None` at the end of the input.
fn message(input: &mut dyn BufRead) -> io::Result<Option<Message>> {
    let wrong = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut header = Vec::new();
    let mut length = None;
    loop {
        let before = header.len();
        let room = u64::try_from(MAX_MESSAGE_HEADER_BYTES.saturating_sub(before)).unwrap_or_default();
        if (&mut *input).take(room).read_until(b'\n', &mut header)? == 0 && room > 0 {
            return Ok(None);
        }
        if !header.ends_with(b"\n") && header.len() >= MAX_MESSAGE_HEADER_BYTES {
            return Err(wrong(format!("a message's header is longer than {MAX_MESSAGE_HEADER_BYTES} bytes")));
        }
        let line = String::from_utf8_lossy(&header[before..]);
        match line.trim().split_once(':') {
            _ if line.trim().is_empty() => break,
            Some((name, value)) if name.trim().eq_ignore_ascii_case("content-length") => {
                // What is no number is told by the library; a number with more digits than fit is too long.
                let digits = value.trim();
                let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                length = is_number.then(|| digits.parse::<usize>().unwrap_or(usize::MAX));
                if length.is_some_and(|length| length > MAX_MESSAGE_BYTES) {
                    let most = MAX_MESSAGE_BYTES / (1024 * 1024);
                    return Err(wrong(format!(
                        "a message of {digits} bytes was announced; at most {most} MiB are read"
                    )));
                }
            }
            _ => {}
        }
    }
    let length = u64::try_from(length.unwrap_or(0)).unwrap_or_default();
    // Memory is taken as bytes come.
    let came = (&mut *input).take(length).read_to_end(&mut header)?;
    if u64::try_from(came).is_ok_and(|came| came < length) {
        return Err(wrong("the input ends within a message".to_owned()));
    }
    // The library's error has the whole message behind it, which may be somebody's file.
    let about = |error: io::Error| wrong(error.to_string().split("`: ").next().unwrap_or_default().to_owned());
    Message::read(&mut header.as_slice()).map_err(about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_one_after_the_other() {
        let text = r#"{"jsonrpc":"2.0","method":"exit"}"#;
        let one = format!("Content-Length: {}\r\nContent-Type: x\r\n\r\n{text}", text.len());
        let both = format!("{one}{one}");
        let mut input = both.as_bytes();
        for _ in 0..2 {
            assert!(matches!(message(&mut input), Ok(Some(Message::Notification(it))) if it.method == "exit"));
        }
        assert!(matches!(message(&mut input), Ok(None)));
    }

    #[test]
    fn what_no_editor_sends_ends_with_its_reason() {
        let table = [
            ("Content-Length: 99999999999999\r\n\r\n{}", "a message of 99999999999999 bytes was announced"),
            ("content-length:999999999999999999999999\r\n\r\n{}", "a message of 999999999999999999999999 bytes"),
            ("Content-Length: 300000000\r\n\r\n{}", "ends within a message"),
            ("Content-Length: x\r\n\r\n{}", "invalid digit"),
            ("\r\n{}", "no Content-Length"),
        ];
        for (text, expected) in table {
            let why = message(&mut text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(why.contains(expected), "{text:?}: {why}");
        }
        let endless = "x".repeat(MAX_MESSAGE_HEADER_BYTES + 1);
        let why = message(&mut endless.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(why.contains("header is longer"), "{why}");
    }
}
