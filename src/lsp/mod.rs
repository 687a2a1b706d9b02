//! The language server: the same pipeline as `check`, over the buffers of an editor.
//!
//! One thread, no async runtime. Changes are gathered for a moment and then judged; what is stale by then is never
//! judged. Knows the protocol, and of the rest only [`Analysis`]: who runs the pipeline is the caller's matter.

mod actions;
mod convert;
mod hover;
mod state;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self, Notification as _};
use lsp_types::request::{self, Request as _};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, HoverProviderCapability, InitializeParams,
    PositionEncodingKind, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
};

pub use convert::Columns;
use state::State;
pub use state::{Analysis, Analyze, Buffers};

/// How long changes are gathered before they are judged.
const DEBOUNCE: Duration = Duration::from_millis(80);

/// Serves one client over standard input and output until it leaves.
///
/// # Errors
/// A sentence where the connection breaks.
pub fn serve_stdio(analyze: &Analyze<'_>) -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    serve(&connection, analyze)?;
    drop(connection);
    threads.join().map_err(|error| format!("the connection to the editor broke: {error}"))
}

/// Serves one client until it leaves.
///
/// # Errors
/// A sentence where the connection breaks.
pub fn serve(connection: &Connection, analyze: &Analyze<'_>) -> Result<(), String> {
    let broke = |error: lsp_server::ProtocolError| format!("the connection to the editor broke: {error}");
    let (id, params) = connection.initialize_start().map_err(broke)?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let columns = negotiate(&params);
    let answer = serde_json::json!({
        "capabilities": capabilities(columns),
        "serverInfo": { "name": "strongroom", "version": env!("CARGO_PKG_VERSION") },
    });
    connection.initialize_finish(id, answer).map_err(broke)?;
    let mut server = Server { connection, state: State::new(analyze, columns, on_save_only(&params)), due: None };
    server.run()
}

/// The first encoding of the client's that is understood; UTF-16 is what a client means that names none.
fn negotiate(params: &InitializeParams) -> Columns {
    let offered = params.capabilities.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    offered
        .into_iter()
        .flatten()
        .find_map(|kind| match kind.as_str() {
            "utf-8" => Some(Columns::Utf8),
            "utf-16" => Some(Columns::Utf16),
            "utf-32" => Some(Columns::Utf32),
            _ => None,
        })
        .unwrap_or(Columns::Utf16)
}

fn on_save_only(params: &InitializeParams) -> bool {
    let options = params.initialization_options.as_ref();
    options.and_then(|options| options.get("onSaveOnly")).and_then(serde_json::Value::as_bool).unwrap_or(false)
}

/// What the server can do. Synchronisation is announced here and never registered later: clients break on that.
fn capabilities(columns: Columns) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match columns {
            Columns::Utf8 => PositionEncodingKind::UTF8,
            Columns::Utf16 => PositionEncodingKind::UTF16,
            Columns::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(lsp_types::OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

struct Server<'a> {
    connection: &'a Connection,
    state: State<'a>,
    /// When the gathered changes are to be judged.
    due: Option<Instant>,
}

impl Server<'_> {
    fn run(&mut self) -> Result<(), String> {
        loop {
            let message = match self.due {
                Some(due) => self.connection.receiver.recv_deadline(due).map_err(|error| error.is_timeout()),
                None => self.connection.receiver.recv().map_err(|_| false),
            };
            match message {
                Ok(Message::Request(request)) => {
                    if self.connection.handle_shutdown(&request).map_err(|error| error.to_string())? {
                        return Ok(());
                    }
                    self.request(request)?;
                }
                Ok(Message::Notification(notification)) if notification.method == notification::Exit::METHOD => {
                    return Ok(());
                }
                Ok(Message::Notification(notification)) => self.notification(notification),
                // The server asks nothing of the client, so an answer, or an error of the client's, says nothing.
                Ok(Message::Response(_)) => {}
                Err(true) => {
                    self.due = None;
                    self.judge()?;
                }
                Err(false) => return Ok(()),
            }
        }
    }

    fn notification(&mut self, notification: Notification) {
        fn read<N: notification::Notification>(notification: Notification) -> Option<N::Params> {
            serde_json::from_value(notification.params).ok()
        }
        let changed =
            match notification.method.as_str() {
                notification::DidOpenTextDocument::METHOD => read::<notification::DidOpenTextDocument>(notification)
                    .is_some_and(|params| self.state.open(params)),
                notification::DidChangeTextDocument::METHOD => {
                    read::<notification::DidChangeTextDocument>(notification)
                        .is_some_and(|params| self.state.change(params))
                        && !self.state.on_save_only
                }
                notification::DidSaveTextDocument::METHOD => read::<notification::DidSaveTextDocument>(notification)
                    .is_some_and(|params| self.state.save(&params)),
                notification::DidCloseTextDocument::METHOD => read::<notification::DidCloseTextDocument>(notification)
                    .is_some_and(|params| self.state.close(&params)),
                notification::DidChangeWatchedFiles::METHOD | notification::DidChangeConfiguration::METHOD => {
                    self.state.all_are_dirty();
                    true
                }
                _ => false,
            };
        if changed {
            self.due = Some(Instant::now() + DEBOUNCE);
        }
    }

    fn request(&mut self, request: Request) -> Result<(), String> {
        // An answer about a text must be about the text that the client has now.
        if self.due.take().is_some() {
            self.judge()?;
        }
        let Request { id, method, params } = request;
        let result = match method.as_str() {
            request::HoverRequest::METHOD => answer(&params, |params| self.state.hover(&params)),
            request::GotoDefinition::METHOD => answer(&params, |params| self.state.definition(&params)),
            request::CodeActionRequest::METHOD => answer(&params, |params| self.state.actions(&params)),
            _ => return self.send(unknown(id, &method)),
        };
        self.send(match result {
            Ok(result) => Message::Response(Response::new_ok(id, result)),
            Err(message) => Message::Response(Response::new_err(id, ErrorCode::InvalidParams as i32, message)),
        })
    }

    fn judge(&mut self) -> Result<(), String> {
        let touched: BTreeSet<String> = self.state.judge();
        for path in touched {
            let params = self.state.published(&path);
            let notification = Notification::new(notification::PublishDiagnostics::METHOD.to_owned(), params);
            self.send(Message::Notification(notification))?;
        }
        Ok(())
    }

    fn send(&self, message: Message) -> Result<(), String> {
        self.connection.sender.send(message).map_err(|error| format!("the connection to the editor broke: {error}"))
    }
}

fn unknown(id: RequestId, method: &str) -> Message {
    let message = format!("strongroom does not answer {method}");
    Message::Response(Response::new_err(id, ErrorCode::MethodNotFound as i32, message))
}

fn answer<P: serde::de::DeserializeOwned, R: serde::Serialize>(
    params: &serde_json::Value,
    make: impl FnOnce(P) -> R,
) -> Result<serde_json::Value, String> {
    let params = P::deserialize(params).map_err(|error| error.to_string())?;
    serde_json::to_value(make(params)).map_err(|error| error.to_string())
}
