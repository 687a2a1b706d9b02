//! The language server: the same pipeline as `check`, over the buffers of an editor.
//!
//! One thread, no async runtime. Changes are gathered for a moment and then judged; what is stale by then is never
//! judged. Knows the protocol, and of the rest only [`Pipeline`]: who runs it is the caller's matter.

mod actions;
mod carry;
mod convert;
mod diagnose;
mod hover;
mod server;
mod state;
mod transport;

use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_server::{Connection, Message, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, ExecuteCommandOptions, HoverProviderCapability,
    InitializeParams, OneOf, PositionEncodingKind, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

pub use convert::Columns;

use crate::finding::{Finding, Fix, Outcome};
use crate::model::Evaluator;
use crate::source::files::Files;
use server::Server;

/// Buffers by path as shown to people.
pub type Buffers = BTreeMap<String, String>;

/// What judges, and what proposes fixes.
pub trait Pipeline {
    /// Judges the unit of one file, with all buffers laid over the disk. `folders` are the directories that the editor
    /// works in (paths as shown to people); callers of a module are looked for there too.
    fn judge(&self, path: &str, buffers: &Buffers, folders: &[String]) -> Analysis;

    /// Forgets what was remembered of files that are not open: some may have come, gone or changed.
    fn forget(&self);

    /// Ways to mend a finding of this analysis, the best first.
    fn fixes(&self, analysis: &Analysis, finding: &Finding) -> Vec<Fix>;
}

/// What one run gave.
pub struct Analysis {
    /// All that was found.
    pub outcome: Outcome,
    /// The units, for hovering.
    pub units: Vec<Box<dyn Evaluator>>,
    /// Everything that was read.
    pub files: Arc<dyn Files>,
}

/// What the client said of itself.
#[derive(Clone, Debug)]
struct Client {
    columns: Columns,
    /// Judge at save, not at every change.
    on_save_only: bool,
    /// It can be asked to watch files.
    watches: bool,
    /// It can be asked to move the cursor.
    shows_documents: bool,
    /// Directories that it works in, as absolute paths.
    folders: Vec<String>,
}

/// Serves one client over standard input and output until it leaves.
///
/// # Errors
/// A sentence where the connection breaks.
pub fn serve_stdio(pipeline: &dyn Pipeline) -> Result<(), String> {
    let (connection, transport) = transport::stdio()?;
    let served = serve(&connection, pipeline);
    drop(connection);
    transport.end(served)
}

/// Serves one client until it leaves.
///
/// # Errors
/// A sentence where the connection breaks.
pub fn serve(connection: &Connection, pipeline: &dyn Pipeline) -> Result<(), String> {
    let broke = |error: lsp_server::ProtocolError| format!("the connection to the editor broke: {error}");
    let (id, params) = connection.initialize_start().map_err(broke)?;
    let params: InitializeParams = serde_json::from_value(params).unwrap_or_default();
    let client = Client::of(&params);
    let answer = serde_json::json!({
        "capabilities": capabilities(client.columns),
        "serverInfo": { "name": "strongroom", "version": env!("CARGO_PKG_VERSION") },
    });
    let answer = Message::Response(Response::new_ok(id, answer));
    connection.sender.send(answer).map_err(|error| format!("the connection to the editor broke: {error}"))?;
    Server::new(connection, pipeline, client).run()
}

impl Client {
    fn of(params: &InitializeParams) -> Self {
        let workspace = params.capabilities.workspace.as_ref();
        let watches = workspace
            .and_then(|workspace| workspace.did_change_watched_files.as_ref())
            .and_then(|watching| watching.dynamic_registration);
        let window = params.capabilities.window.as_ref();
        let shows = window.and_then(|window| window.show_document.as_ref()).map(|show| show.support);
        let options = params.initialization_options.as_ref();
        let folders = params.workspace_folders.iter().flatten();
        Client {
            columns: negotiate(params),
            on_save_only: options.and_then(on_save_only).unwrap_or(false),
            watches: watches.unwrap_or(false),
            shows_documents: shows.unwrap_or(false),
            folders: folders.filter_map(|folder| convert::path_of(&folder.uri)).collect(),
        }
    }
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

/// `onSaveOnly`, in the options themselves or below `strongroom`, as clients send settings.
fn on_save_only(options: &serde_json::Value) -> Option<bool> {
    let own = options.get("strongroom").unwrap_or(options);
    own.get("onSaveOnly").and_then(serde_json::Value::as_bool)
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
        definition_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: vec![actions::SHOW.to_owned()],
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}
