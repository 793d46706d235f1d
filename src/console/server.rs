//! The console's own thread: an HTTP/1.1 server beside the engine, stopped with it.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::{Connected, IntoMakeServiceWithConnectInfo};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{AddExtension, Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::{IncomingStream, Listener};
use tokio::sync::oneshot;
use tokio_rustls::rustls::ServerConfig;

use super::accounts::Accounts;
use super::answer::error;
use super::hub::Hub;
use super::reload::{Reload, reload};
use super::tls::{Peer, TlsListener};
use super::{api, assets, charts, duty, gate, orders, people, replay, socket};
use crate::engine::Shared;
use crate::engine::playback::Playback;
use crate::geo::Coast;
use crate::model::{Picture, Timestamp};

/// How long open requests may take to finish after a stop: within the 5 s in which the process closes (DESIGN §4).
const GRACE: Duration = Duration::from_secs(2);

/// Why the console does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Not `ADDR:PORT`.
    #[error("cannot listen on {listen}: {source}; write ADDR:PORT, as 127.0.0.1:8080")]
    Address {
        /// What was asked for.
        listen: String,
        /// Why not.
        source: io::Error,
    },
    /// Others could reach it without saying who they are.
    #[error(
        "cannot listen on {listen}: beyond this machine a console needs accounts and TLS; give --accounts, --tls-cert and --tls-key, \
         or listen on 127.0.0.1 behind a proxy that has them"
    )]
    Open {
        /// What was asked for.
        listen: String,
    },
    /// Another process has the port.
    #[error("cannot listen on {listen}: the port is in use; stop what holds it (ss -ltnp), or choose another with --listen")]
    InUse {
        /// What was asked for.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not allow it.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// What was asked for.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
    /// No thread or runtime to be had.
    #[error("cannot start the console's thread: {source}")]
    Thread {
        /// What the system says.
        source: io::Error,
    },
}

/// A running console; stops when dropped.
#[derive(Debug)]
pub struct Console {
    address: SocketAddr,
    hub: Arc<Hub>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Console {
    /// Where it listens: the port that was given where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes a picture into the trails: a replay that runs ahead shows none of those between.
    pub fn note_trails(&self, picture: &Picture) {
        self.hub.trails.lock().unwrap_or_else(PoisonError::into_inner).note(picture);
    }

    /// Answers what is open, at most for 2 s, and ends.
    pub fn stop(mut self) {
        self.close();
    }

    fn close(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only if the server has ended by itself.
            stop.send(()).unwrap_or(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the console's thread had panicked");
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        self.close();
    }
}

/// What a console is given beside the picture.
#[derive(Clone, Default)]
pub struct Setup {
    /// The controls of a replay, where a record is shown.
    pub replay: Option<Arc<Playback>>,
    /// Accounts; without them whoever reaches the port is the officer, so it must be this machine's own.
    pub accounts: Option<Arc<Accounts>>,
    /// The site's own coast; the built-in one of Daya Bay without it.
    pub coast: Option<Arc<Coast>>,
    /// A folder of chart data, from [`charts_folder`](super::charts_folder).
    pub charts: Option<std::path::PathBuf>,
    /// Reads rules, zones and lists again, where a site is watched.
    pub reload: Option<Arc<Reload>>,
    /// Certificate and key.
    pub tls: Option<Arc<ServerConfig>>,
}

/// Serves the console on `listen` (`ADDR:PORT`) until it is stopped. `clock` is the feeds' clock.
///
/// Without accounts whoever reaches the port is the officer; so it must be on this machine's own address.
pub fn serve(
    listen: &str,
    shared: Arc<Shared>,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Result<Console, ConsoleError> {
    serve_with(listen, shared, clock, Setup::default())
}

/// The same with more than the picture.
pub fn serve_with(
    listen: &str,
    shared: Arc<Shared>,
    clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    setup: Setup,
) -> Result<Console, ConsoleError> {
    let is_secure = setup.accounts.is_some() && setup.tls.is_some();
    let listener = bind(listen, is_secure)?;
    let wrap = |source| ConsoleError::Listen { listen: listen.to_owned(), source };
    listener.set_nonblocking(true).map_err(wrap)?;
    let address = listener.local_addr().map_err(wrap)?;
    let hub = Arc::new(Hub::default());
    let context = api::Context {
        shared,
        clock: Arc::new(clock),
        hub: Arc::clone(&hub),
        replay: setup.replay,
        accounts: setup.accounts,
        reload: setup.reload,
        secure: setup.tls.is_some(),
        is_own_coast: setup.coast.is_some(),
        coast: setup.coast.or_else(coast),
        charts: setup.charts.map(Arc::new),
        foresight: Arc::default(),
        reports: Arc::default(),
    };
    let running = Arc::clone(&hub);
    let app = router(context.clone());
    // One thread: the page's requests are few, and the cores belong to the engine.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("console-worker")
        .enable_io()
        .enable_time()
        .build()
        .map_err(|source| ConsoleError::Thread { source })?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("console".to_owned())
        .spawn(move || {
            runtime.spawn(running.run(context));
            runtime.block_on(run(listener, app, setup.tls, stopped));
            // Whatever still hangs on a slow reader is cut here.
            runtime.shutdown_timeout(Duration::from_millis(100));
        })
        .map_err(|source| ConsoleError::Thread { source })?;
    Ok(Console { address, hub, stop: Some(stop), thread: Some(thread) })
}

// The backdrop is good enough for “which beach”: it is good to 0.3 NM, and says so.
fn coast() -> Option<Arc<Coast>> {
    match Coast::from_geojson(include_str!("../../config/coast/daya_bay.geojson")) {
        Ok(coast) => Some(Arc::new(coast)),
        Err(error) => {
            tracing::error!(%error, "the coast is damaged: no landing is foreseen");
            None
        }
    }
}

fn bind(listen: &str, is_secure: bool) -> Result<TcpListener, ConsoleError> {
    let addresses: Vec<SocketAddr> =
        listen.to_socket_addrs().map_err(|source| ConsoleError::Address { listen: listen.to_owned(), source })?.collect();
    if !is_secure && addresses.iter().any(|a| !a.ip().is_loopback()) {
        return Err(ConsoleError::Open { listen: listen.to_owned() });
    }
    TcpListener::bind(&addresses[..]).map_err(|source| {
        let listen = listen.to_owned();
        match source.kind() {
            io::ErrorKind::AddrInUse => ConsoleError::InUse { listen, source },
            _ => ConsoleError::Listen { listen, source },
        }
    })
}

async fn run(listener: TcpListener, app: Router, tls: Option<Arc<ServerConfig>>, stopped: oneshot::Receiver<()>) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => return tracing::error!(%error, "the console cannot serve"),
    };
    let app = app.into_make_service_with_connect_info::<Peer>();
    match tls {
        None => serve_until(axum::serve(listener, app), stopped).await,
        Some(config) => match TlsListener::new(listener, config) {
            Ok(listener) => serve_until(axum::serve(listener, app), stopped).await,
            Err(error) => tracing::error!(%error, "the console cannot serve"),
        },
    }
}

type Served<L> = axum::serve::Serve<L, IntoMakeServiceWithConnectInfo<Router, Peer>, AddExtension<Router, ConnectInfo<Peer>>>;

async fn serve_until<L>(served: Served<L>, stopped: oneshot::Receiver<()>)
where
    L: Listener<Addr = SocketAddr>,
    Peer: for<'a> Connected<IncomingStream<'a, L>>,
{
    let (began_to_stop, stopping) = oneshot::channel::<()>();
    let graceful = served.with_graceful_shutdown(async move {
        // A dropped sender means the same as a sent word: stop.
        stopped.await.unwrap_or(());
        began_to_stop.send(()).unwrap_or(());
    });
    let out_of_grace = async {
        stopping.await.unwrap_or(());
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        result = graceful => if let Err(error) = result {
            tracing::error!(%error, "the console ended");
        },
        () = out_of_grace => {}
    }
}

fn router(context: api::Context) -> Router {
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{name}", get(assets::asset))
        .route("/coast.geojson", get(assets::coast))
        .route("/charts/{name}", get(charts::chart))
        .route("/api/charts", get(charts::charts))
        .route("/api/site", get(api::site))
        .route("/api/picture", get(api::picture))
        .route("/api/alerts", get(api::alerts))
        .route("/api/sensors", get(api::sensors))
        .route("/api/stream", get(socket::stream))
        .route("/api/trails", get(api::trails))
        .route("/api/track/{id}", get(api::track))
        .route("/api/replay", get(replay::status).post(replay::order))
        .route("/api/openapi.json", get(api::openapi))
        .route("/api/load", get(super::load::load))
        .route("/metrics", get(api::metrics))
        .route("/healthz", get(api::healthz))
        .route("/api/advice/{track}", get(duty::advice))
        .route("/api/hand-over", get(duty::hand_over))
        .route("/api/commands", post(orders::command))
        .route("/api/reload", post(reload))
        .route("/api/session", get(gate::session))
        .route("/api/login", post(gate::login))
        .route("/api/logout", post(gate::logout))
        .route("/api/accounts", get(people::accounts).post(people::add))
        .route("/api/accounts/{name}", post(people::change))
        .route("/api/password", post(people::own_password))
        .route("/api/audit", get(people::audit))
        .route("/api/hand-over/{digest}", get(duty::signed_report))
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::wrong_method)
        .layer(from_fn_with_state(context.clone(), gate::admit))
        .layer(from_fn(gate::same_origin))
        .layer(from_fn_with_state(context.clone(), refuse_foreign_names))
        .with_state(context)
}

/// Refuses requests that name the server by a domain it does not have: a page on the internet whose name is made to resolve to
/// this address (DNS rebinding) would otherwise read the picture through the officer's browser.
async fn refuse_foreign_names(State(context): State<api::Context>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|h| h.to_str().ok());
    match host {
        // With accounts it has a name of its own, and a page of another name has no session.
        Some(host) if context.accounts.is_none() && !is_own_name(host) => {
            let message = format!("this console is not {host}; ask for it by its IP address or as localhost");
            error(StatusCode::MISDIRECTED_REQUEST, "foreign-host", &message)
        }
        _ => next.run(request).await,
    }
}

/// An IP address, `localhost`, or a bare machine name, which no page on the internet can claim; with or without a port.
fn is_own_name(host: &str) -> bool {
    if host.parse::<SocketAddr>().is_ok() {
        return true;
    }
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(n, _)| n);
    name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() || !name.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_told_from_names_on_the_internet() {
        for own in ["127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "[::1]", "localhost", "localhost:8080", "watch-room-2:8080"] {
            assert!(is_own_name(own), "{own}");
        }
        for foreign in ["example.org", "example.org:8080", "127.0.0.1.example.org:8080"] {
            assert!(!is_own_name(foreign), "{foreign}");
        }
    }
}
