//! TLS in front of the console, by rustls with the officer's own certificate.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// A client that has not finished its handshake by then is none.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes at a time; more wait in the system's queue.
const AT_A_TIME: usize = 64;

/// Reads a certificate chain and its key, both PEM.
///
/// # Errors
/// A file cannot be read, holds no such thing, or the two do not belong together; the message says which.
pub fn load(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, String> {
    let told = |path: &Path| {
        let path = path.display().to_string();
        move |e: &dyn std::fmt::Display| format!("{path}: {e}")
    };
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(|e| told(cert)(&e))?;
    if chain.is_empty() {
        return Err(format!("{}: holds no certificate", cert.display()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| told(key)(&e))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, secret).map_err(|e| told(cert)(&e))?;
    Ok(Arc::new(config))
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// Connections whose handshake is done. One that dawdles holds up no other.
pub struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Over a listening socket; accepts in a task of its own.
    ///
    /// # Errors
    /// The socket has no address.
    pub fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(AT_A_TIME);
        let acceptor = TlsAcceptor::from(config);
        let turns = Arc::new(Semaphore::new(AT_A_TIME));
        tokio::spawn(async move {
            while !sender.is_closed() {
                let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
                let (stream, from) = match listener.accept().await {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // Out of file descriptors, mostly: let some be closed.
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                };
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    let _turn = turn;
                    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                        Ok(Ok(stream)) => sender.send((stream, from)).await.unwrap_or(()),
                        Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS"),
                        Err(_elapsed) => tracing::debug!(%from, "no handshake in time"),
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            // The accepting task never ends before this listener.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
