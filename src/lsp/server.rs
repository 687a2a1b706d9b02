//! The loop: messages in, answers and diagnostics out.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{self as told, Notification as _};
use lsp_types::request::{self as asked, Request as _};
use lsp_types::{
    CancelParams, DidChangeConfigurationParams, DidChangeWatchedFilesRegistrationOptions, ExecuteCommandParams,
    FileSystemWatcher, GlobPattern, NumberOrString, Registration, RegistrationParams, ShowDocumentParams,
};
use serde_json::Value as Json;

use super::state::State;
use super::{Client, Pipeline, actions, on_save_only};

/// How long changes are gathered before they are judged.
const DEBOUNCE: Duration = Duration::from_millis(80);

/// What is watched on disk, where the client can watch: everything that a verdict may hang on.
const WATCHED: [&str; 6] = [
    "**/.strongroom.yaml",
    "**/*.{tf,tofu,tf.json,tofu.json}",
    "**/*.{tfvars,tfvars.json}",
    "**/*.{yaml,yml,template}",
    "**/*.template.json",
    "**/.terraform/modules/modules.json",
];

pub(super) struct Server<'a> {
    connection: &'a Connection,
    state: State<'a>,
    client: Client,
    /// Messages that have come but are not handled yet.
    queue: VecDeque<Message>,
    /// When the gathered changes are to be judged.
    due: Option<Instant>,
    /// How many requests were sent to the client.
    sent: i32,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Serve,
    Leave,
}

impl<'a> Server<'a> {
    pub(super) fn new(connection: &'a Connection, pipeline: &'a dyn Pipeline, client: Client) -> Self {
        let state = State::new(pipeline, client.clone());
        Server { connection, state, client, queue: VecDeque::new(), due: None, sent: 0 }
    }

    pub(super) fn run(&mut self) -> Result<(), String> {
        loop {
            let message = match (self.queue.pop_front(), self.due) {
                (Some(message), _) => Ok(message),
                (None, Some(due)) => self.connection.receiver.recv_deadline(due).map_err(|error| error.is_timeout()),
                (None, None) => self.connection.receiver.recv().map_err(|_| false),
            };
            match message {
                Ok(message) => {
                    if self.message(message)? == Next::Leave {
                        return Ok(());
                    }
                }
                Err(true) => {
                    self.due = None;
                    self.judge()?;
                }
                Err(false) => return Ok(()),
            }
        }
    }

    fn message(&mut self, message: Message) -> Result<Next, String> {
        match message {
            Message::Request(request) => {
                if request.method == asked::Shutdown::METHOD {
                    self.respond(Response::new_ok(request.id, Json::Null))?;
                    self.wait_for_exit()?;
                    return Ok(Next::Leave);
                }
                self.request(request)?;
            }
            Message::Notification(notification) if notification.method == told::Initialized::METHOD => {
                if self.client.watches {
                    self.watch()?;
                }
            }
            Message::Notification(notification) if notification.method == told::Exit::METHOD => {
                return Ok(Next::Leave);
            }
            Message::Notification(notification) => self.notification(notification),
            // Nothing waits for what the client answers: an error of its own says nothing, nor does silence.
            Message::Response(_) => {}
        }
        Ok(Next::Serve)
    }

    /// After `shutdown`: what was on its way passes by (an answer to what the server asked last, a file that is closed),
    /// and nothing more is answered, until the client says `exit` or hangs up.
    fn wait_for_exit(&mut self) -> Result<(), String> {
        let queued: Vec<Message> = self.queue.drain(..).collect();
        for message in queued.into_iter().chain(&self.connection.receiver) {
            match message {
                Message::Notification(notification) if notification.method == told::Exit::METHOD => break,
                Message::Request(request) => {
                    let message = "the server is shutting down".to_owned();
                    self.respond(Response::new_err(request.id, ErrorCode::InvalidRequest as i32, message))?;
                }
                Message::Notification(_) | Message::Response(_) => {}
            }
        }
        Ok(())
    }

    fn notification(&mut self, notification: Notification) {
        fn read<N: told::Notification>(notification: Notification) -> Option<N::Params> {
            serde_json::from_value(notification.params).ok()
        }
        if notification.method != told::DidChangeTextDocument::METHOD {
            self.state.pipeline.forget();
        }
        let state = &mut self.state;
        let changed = match notification.method.as_str() {
            told::DidOpenTextDocument::METHOD => {
                read::<told::DidOpenTextDocument>(notification).is_some_and(|params| state.open(params))
            }
            told::DidChangeTextDocument::METHOD => {
                read::<told::DidChangeTextDocument>(notification).is_some_and(|params| state.change(params))
                    && !self.client.on_save_only
            }
            told::DidSaveTextDocument::METHOD => {
                read::<told::DidSaveTextDocument>(notification).is_some_and(|params| state.save(&params))
            }
            told::DidCloseTextDocument::METHOD => {
                read::<told::DidCloseTextDocument>(notification).is_some_and(|params| state.close(&params))
            }
            told::DidChangeWorkspaceFolders::METHOD => {
                read::<told::DidChangeWorkspaceFolders>(notification).is_some_and(|params| state.folders(&params))
            }
            told::DidChangeWatchedFiles::METHOD => {
                state.all_are_dirty();
                true
            }
            told::DidChangeConfiguration::METHOD => {
                let settings: Option<DidChangeConfigurationParams> = read::<told::DidChangeConfiguration>(notification);
                if let Some(on) = settings.and_then(|params| on_save_only(&params.settings)) {
                    self.client.on_save_only = on;
                }
                state.all_are_dirty();
                true
            }
            _ => false,
        };
        if changed {
            self.due = Some(Instant::now() + DEBOUNCE);
        }
    }

    /// Whether the client has taken a request back by now.
    fn cancelled(&mut self, id: &RequestId) -> bool {
        while let Ok(message) = self.connection.receiver.try_recv() {
            self.queue.push_back(message);
        }
        self.queue.iter().any(|message| {
            let Message::Notification(Notification { method, params }) = message else { return false };
            let taken = || read::<CancelParams>(params).ok().map(|params| request_id(params.id));
            method == told::Cancel::METHOD && taken().as_ref() == Some(id)
        })
    }

    fn request(&mut self, request: Request) -> Result<(), String> {
        let Request { id, method, params } = request;
        if self.cancelled(&id) {
            let message = "the client has taken it back".to_owned();
            return self.respond(Response::new_err(id, ErrorCode::RequestCanceled as i32, message));
        }
        // An answer about a text must be about the text that the client has now.
        if self.due.take().is_some() {
            self.judge()?;
        }
        let result = match method.as_str() {
            asked::HoverRequest::METHOD => answer(&params, |params| self.state.hover(&params)),
            asked::GotoDefinition::METHOD => answer(&params, |params| self.state.definition(&params)),
            asked::CodeActionRequest::METHOD => answer(&params, |params| self.state.actions(&params)),
            asked::ExecuteCommand::METHOD => match command(&params) {
                Ok(show) => {
                    self.ask::<asked::ShowDocument>(show)?;
                    Ok(Json::Null)
                }
                Err(why) => Err(why),
            },
            _ => {
                let message = format!("strongroom does not answer {method}");
                return self.respond(Response::new_err(id, ErrorCode::MethodNotFound as i32, message));
            }
        };
        self.respond(match result {
            Ok(result) => Response::new_ok(id, result),
            Err(message) => Response::new_err(id, ErrorCode::InvalidParams as i32, message),
        })
    }

    fn judge(&mut self) -> Result<(), String> {
        for path in self.state.judge() {
            let params = self.state.published(&path);
            let notification = Notification::new(told::PublishDiagnostics::METHOD.to_owned(), params);
            self.send(Message::Notification(notification))?;
        }
        Ok(())
    }

    /// Asks the client to watch files. Whether it will is not waited for.
    fn watch(&mut self) -> Result<(), String> {
        let watchers = WATCHED
            .iter()
            .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String((*glob).to_owned()), kind: None })
            .collect();
        let options = serde_json::to_value(DidChangeWatchedFilesRegistrationOptions { watchers }).ok();
        let registration = Registration {
            id: "strongroom-files".to_owned(),
            method: told::DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: options,
        };
        self.ask::<asked::RegisterCapability>(RegistrationParams { registrations: vec![registration] })
    }

    fn ask<R: asked::Request>(&mut self, params: R::Params) -> Result<(), String> {
        self.sent += 1;
        let id = RequestId::from(format!("strongroom-{}", self.sent));
        self.send(Message::Request(Request::new(id, R::METHOD.to_owned(), params)))
    }

    fn respond(&self, response: Response) -> Result<(), String> {
        self.send(Message::Response(response))
    }

    fn send(&self, mut message: Message) -> Result<(), String> {
        match &mut message {
            Message::Response(response) => {
                response.response_result.iter_mut().for_each(|result| self.state.veil(result))
            }
            Message::Notification(notification) => self.state.veil(&mut notification.params),
            Message::Request(request) => self.state.veil(&mut request.params),
        }
        self.connection.sender.send(message).map_err(|error| format!("the connection to the editor broke: {error}"))
    }
}

/// What `workspace/executeCommand` may ask: to show a place.
fn command(params: &Json) -> Result<ShowDocumentParams, String> {
    let params: ExecuteCommandParams = read(params)?;
    if params.command != actions::SHOW {
        return Err(format!("there is no command {}", params.command));
    }
    let [show] = params.arguments.as_slice() else { return Err("it takes one argument".to_owned()) };
    read(show)
}

fn read<T: serde::de::DeserializeOwned>(params: &Json) -> Result<T, String> {
    T::deserialize(params).map_err(|error| error.to_string())
}

fn answer<P: serde::de::DeserializeOwned, R: serde::Serialize>(
    params: &Json,
    make: impl FnOnce(P) -> R,
) -> Result<Json, String> {
    serde_json::to_value(make(read(params)?)).map_err(|error| error.to_string())
}

fn request_id(id: NumberOrString) -> RequestId {
    match id {
        NumberOrString::Number(number) => RequestId::from(number),
        NumberOrString::String(text) => RequestId::from(text),
    }
}
