//! The listener.
use super::Readiness;
use crate::measures::{self, Figures};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::TcpListener;

/// How often what was measured is tidied up.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why nothing listens.
#[derive(Debug, Error)]
#[error(
    "nothing can listen on http.address {address} ({reason}): choose another address, or \"off\""
)]
pub struct HealthError {
    address: SocketAddr,
    reason: io::Error,
}

struct Shared {
    readiness: Arc<Readiness>,
    figures: Figures,
}

/// Takes the address; what it became, where its port is 0.
///
/// # Errors
/// [`HealthError`] when the address is taken or not of this machine.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), HealthError> {
    let wrong = |reason| HealthError { address, reason };
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let taken = listener.local_addr().map_err(wrong)?;
    Ok((listener, taken))
}

/// Answers for as long as the process lives.
pub async fn serve(listener: TcpListener, readiness: Arc<Readiness>, figures: Figures) {
    let upkeep = figures.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            upkeep.upkeep();
        }
    });
    let router = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(Shared { readiness, figures }));
    // It ends with the process only: what fails is a single connection.
    let _ = axum::serve(listener, router).await;
}

async fn readyz(State(shared): State<Arc<Shared>>) -> Response {
    match shared.readiness.check().await {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    measures::ready(shared.readiness.check().await.is_ok());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.figures.render())
        .into_response()
}
