//! `/api/stream`: the WebSocket of one console.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::Response;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::accounts::Person;
use super::answer::error;
use super::api::Context;
use super::gate::Token;
use super::hub::{MAX_CLIENTS, text};
use super::messages;

/// A console that takes nothing for so long is gone: its browser sleeps or its cable is out.
const PATIENCE: Duration = Duration::from_secs(60);
/// An open stream asks this often whether its session still lasts.
const SESSION_ASKED: Duration = Duration::from_secs(5);
/// What a client may send us: nothing but pongs and closes.
const MAX_FROM_CLIENT: usize = 4096;
/// Bytes that may wait in one client's socket buffer before its task stops reading the channel: a snapshot of 20 000 tracks fits.
const MAX_UNSENT: usize = 1 << 20;

/// Upgrades.
pub async fn stream(
    State(context): State<Context>,
    Extension(person): Extension<Person>,
    token: Option<Extension<Token>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if context.hub.clients() >= MAX_CLIENTS {
        let message = format!("{MAX_CLIENTS} consoles are connected already");
        return error(StatusCode::SERVICE_UNAVAILABLE, "too-many-consoles", &message);
    }
    upgrade
        .max_message_size(MAX_FROM_CLIENT)
        .max_frame_size(MAX_FROM_CLIENT)
        .max_write_buffer_size(MAX_UNSENT + (1 << 20))
        .write_buffer_size(0)
        .on_upgrade(move |socket| serve(socket, context, person, token.map(|t| t.0)))
}

async fn serve(mut socket: WebSocket, context: Context, person: Person, token: Option<Token>) {
    let hub = Arc::clone(&context.hub);
    let Some(_seat) = hub.seat() else { return };
    let mut feed = hub.subscribe();
    let Some(mut after) = snapshot(&mut socket, &context).await else { return };
    if !send(&mut socket, text(messages::session(&context, &person))).await {
        return;
    }
    let mut asking = tokio::time::interval(SESSION_ASKED);
    loop {
        tokio::select! {
            _ = asking.tick() => if !still_lasts(&context, token.as_ref()) { return },
            news = feed.recv() => match news {
                // Deltas up to the snapshot are in it.
                Ok(sent) if sent.frame != 0 && !sent.is_snapshot && !is_after(sent.frame, after) => {}
                Ok(sent) => if !send(&mut socket, sent.message).await { return },
                // Too slow: start again from what is.
                Err(RecvError::Lagged(_)) => match snapshot(&mut socket, &context).await {
                    Some(frame) => after = frame,
                    None => return,
                },
                Err(RecvError::Closed) => return,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                // Browsers send pongs by themselves; nothing else is asked by this way.
                Some(Ok(_)) => {}
            },
        }
    }
}

// Somebody logged out, disabled or given another role sees no more, though the page be open.
fn still_lasts(context: &Context, token: Option<&Token>) -> bool {
    let (Some(accounts), Some(Token(token))) = (&context.accounts, token) else { return true };
    // A store that does not answer now is no reason to take the picture from the watch.
    accounts.session(token, (context.clock)()).map_or(true, |person| person.is_some())
}

fn is_after(frame: u32, other: u32) -> bool {
    frame.wrapping_sub(other) as i32 > 0
}

async fn snapshot(socket: &mut WebSocket, context: &Context) -> Option<u32> {
    let (frame, messages) = context.hub.snapshot(context);
    for message in messages {
        if !send(socket, message).await {
            return None;
        }
    }
    Some(frame)
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(PATIENCE, socket.send(message)).await, Ok(Ok(())))
}
