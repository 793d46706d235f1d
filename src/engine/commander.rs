//! The way of a command: from the console's threads into the loop, which records it and carries it out, and the answer back.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use tokio::sync::oneshot;

use crate::model::{Actor, Answer, Order, Refusal};

/// Commands that may wait for the loop. Officers give a few a minute; the loop takes one within a batch of frames.
const WAITING: usize = 64;

/// A command on its way.
#[derive(Debug)]
pub struct Submission {
    /// Who.
    pub actor: Actor,
    /// What.
    pub order: Order,
    /// Where the answer goes. Nobody need wait for it.
    pub reply: oneshot::Sender<Answer>,
}

/// Gives commands to the engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commander {
    sender: Sender<Submission>,
}

/// A handle for those who order, and the end from which the loop takes.
pub fn commander() -> (Commander, Receiver<Submission>) {
    let (sender, receiver) = bounded(WAITING);
    (Commander { sender }, receiver)
}

impl Commander {
    /// Hands a command to the loop. It is recorded, carried out or refused, and the answer comes by the receiver (`await` it, or
    /// `blocking_recv`). Never waits itself.
    ///
    /// # Errors
    /// Too many commands wait, or the engine has ended: then nothing was recorded.
    pub fn send(&self, actor: Actor, order: Order) -> Result<oneshot::Receiver<Answer>, Refusal> {
        let (reply, answer) = oneshot::channel();
        match self.sender.try_send(Submission { actor, order, reply }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(Refusal::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Refusal::Ended),
        }
    }

    /// The same, and waits for the answer. For the console, whose handlers are `async`.
    pub async fn order(&self, actor: Actor, order: Order) -> Answer {
        // The loop ends without answering only when the engine has ended.
        self.send(actor, order)?.await.unwrap_or(Err(Refusal::Ended))
    }

    /// The same for a thread that may wait.
    pub fn order_blocking(&self, actor: Actor, order: Order) -> Answer {
        self.send(actor, order)?.blocking_recv().unwrap_or(Err(Refusal::Ended))
    }
}
