//! The REST side.
use super::weather::Fate;
use super::{APPLICATION, Exchange, State, TOKEN, check, gateway, invent};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Path, Request, State as Shared, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, patch, post, put};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

type Fake = Shared<Arc<State>>;

/// The first answer must come within 3 s, any other within 15 minutes.
const FIRST: Duration = Duration::from_secs(3);
const LAST: Duration = Duration::from_secs(15 * 60);

pub(super) fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/gateway", get(gateway_address))
        .route("/gateway/bot", get(gateway_address))
        .route("/oauth2/applications/@me", get(application))
        .route("/users/@me", get(|| async { axum::Json(invent::user(APPLICATION)) }))
        .route("/applications/{id}/commands", put(register))
        .route("/interactions/{id}/{token}/callback", post(callback))
        .route("/webhooks/{application}/{token}", post(follow_up))
        .route(
            "/webhooks/{application}/{token}/messages/@original",
            patch(edit).delete(delete_original),
        )
        .fallback(|request: Request| async move {
            fault(StatusCode::NOT_FOUND, 0, &format!("the fake has no {}", request.uri().path()))
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&state), conditions));
    Router::new()
        .nest("/api/v10", api)
        .route("/gateway/", any(socket))
        .route("/gateway", any(socket))
        .fallback(file)
        .with_state(state)
}

/// Discord's file server. A file named `moved` lies elsewhere.
async fn file(Shared(state): Fake, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path.ends_with("/moved.png") {
        return (StatusCode::FOUND, [("location", path.replace("moved", "found"))]).into_response();
    }
    let found = state.files.lock().expect("sound").get(&path).cloned();
    match found {
        Some(bytes) => {
            state.handed_out.fetch_add(1, SeqCst);
            bytes.into_response()
        }
        None => fault(StatusCode::NOT_FOUND, 0, &format!("the fake has no {path}")),
    }
}

async fn socket(Shared(state): Fake, upgrade: WebSocketUpgrade) -> Response {
    let closed = &state.closed_doors;
    if closed.fetch_update(SeqCst, SeqCst, |doors| doors.checked_sub(1)).is_ok() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade.on_upgrade(move |socket| gateway::serve(state, socket))
}

/// Slowness, injected failures, and the token.
async fn conditions(
    Shared(state): Fake,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let slowness = state.slowness.load(SeqCst);
    tokio::time::sleep(Duration::from_millis(slowness)).await;
    let path = request.uri().path().to_owned();
    let fate = {
        let mut weather = state.weather.lock().expect("sound");
        let fate = weather.as_mut().map(|w| w.fate(request.method().as_str(), &path));
        fate.unwrap_or(Fate::Fine)
    };
    match fate {
        Fate::Fine => {}
        Fate::Slow(by) => tokio::time::sleep(by).await,
        Fate::Refused(429) => return slow_down(),
        Fate::Refused(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            return fault(status, 0, "bad weather");
        }
        Fate::DoneAndDenied => {
            next.run(request).await;
            return fault(StatusCode::BAD_GATEWAY, 0, "bad weather");
        }
    }
    let failure = {
        let mut failures = state.failures.lock().expect("sound");
        let found = failures.iter_mut().find(|f| f.times > 0 && path.contains(f.path));
        found.map(|failure| {
            failure.times -= 1;
            failure.status
        })
    };
    match failure {
        Some(429) => return slow_down(),
        Some(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            return fault(status, 0, "injected by the test");
        }
        None => {}
    }
    // What is answered by an interaction's own token needs no other.
    let open = path.contains("/interactions/") || path.contains("/webhooks/");
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if !open && given != Some(&format!("Bot {TOKEN}")) {
        return fault(StatusCode::UNAUTHORIZED, 0, "401: Unauthorized");
    }
    next.run(request).await
}

fn slow_down() -> Response {
    let body = json!({"message": "slow down", "retry_after": 0.3, "global": false});
    let headers = [("retry-after", "1"), ("x-ratelimit-reset-after", "0.3")];
    (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
}

async fn gateway_address(Shared(state): Fake) -> Response {
    let address = state.address.lock().expect("sound").expect("listening");
    let left = match state.logins_left.load(SeqCst) {
        0 => 900,
        left => left,
    };
    axum::Json(json!({
        "url": format!("ws://{address}/gateway"),
        "shards": 1,
        "session_start_limit":
            {"total": 1000, "remaining": left, "reset_after": 2_000, "max_concurrency": 1},
    }))
    .into_response()
}

async fn application() -> Response {
    axum::Json(json!({
        "id": APPLICATION.to_string(), "name": "glyffuse", "icon": null, "description": "",
        "bot_public": true, "bot_require_code_grant": false, "verify_key": "00", "team": null,
        "flags": 0,
    }))
    .into_response()
}

async fn register(Shared(state): Fake, axum::Json(commands): axum::Json<Vec<Value>>) -> Response {
    check::body(&state, "/applications/{application_id}/commands", "put", &json!(commands));
    let answer: Vec<_> = commands.iter().map(registered).collect();
    check::commands(&state, &answer);
    state.commands.lock().expect("sound").push(commands);
    state.changed.notify_waiters();
    axum::Json(answer).into_response()
}

/// A command as Discord keeps it: what was left out is filled in.
fn registered(command: &Value) -> Value {
    let mut kept = json!({
        "id": invent::fresh_id().to_string(),
        "application_id": APPLICATION.to_string(),
        "version": invent::fresh_id().to_string(),
        "type": 1,
        "description": "",
    });
    let fields = kept.as_object_mut().expect("an object");
    fields.extend(command.as_object().expect("an object").clone());
    kept
}

/// A body in JSON, or several parts with files.
async fn parts(request: Request) -> (Value, Vec<(String, Vec<u8>)>) {
    let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("");
    if !kind.starts_with("multipart/") {
        let bytes = Bytes::from_request(request, &()).await.expect("a body");
        return (serde_json::from_slice(&bytes).unwrap_or(Value::Null), Vec::new());
    }
    let mut parts = Multipart::from_request(request, &()).await.expect("parts");
    let (mut body, mut files) = (Value::Null, Vec::new());
    while let Some(part) = parts.next_field().await.expect("a part") {
        let file = part.file_name().map(str::to_owned);
        let bytes = part.bytes().await.expect("bytes");
        match file {
            Some(name) => files.push((name, bytes.to_vec())),
            None => body = serde_json::from_slice(&bytes).expect("payload_json"),
        }
    }
    (body, files)
}

async fn callback(
    Shared(state): Fake,
    Path((id, token)): Path<(u64, String)>,
    request: Request,
) -> Response {
    let (body, files) = parts(request).await;
    check::body(
        &state,
        "/interactions/{interaction_id}/{interaction_token}/callback",
        "post",
        &body,
    );
    if let Err(wrong) = check::answer(&state, &body) {
        return fault(StatusCode::BAD_REQUEST, 50035, &wrong);
    }
    let mut exchanges = state.exchanges.lock().expect("sound");
    let known = exchanges.get_mut(&id).filter(|exchange| exchange.token == token);
    let Some(exchange) = known.filter(|exchange| exchange.told.elapsed() < FIRST) else {
        return fault(StatusCode::NOT_FOUND, 10062, "Unknown interaction");
    };
    if exchange.answer.is_some() {
        let wrong = "Interaction has already been acknowledged.";
        return fault(StatusCode::BAD_REQUEST, 40060, wrong);
    }
    let kind = body["type"].as_u64().unwrap_or(0);
    exchange.answer = Some((kind, body["data"].clone(), Instant::now()));
    exchange.files.extend(files);
    drop(exchanges);
    state.changed.notify_waiters();
    StatusCode::NO_CONTENT.into_response()
}

/// Changes the exchange of a token that was answered and is not too old.
fn change(state: &State, token: &str, change: impl FnOnce(&mut Exchange) -> Response) -> Response {
    let mut exchanges = state.exchanges.lock().expect("sound");
    let found = exchanges.values_mut().find(|exchange| exchange.token == token);
    let response = match found {
        Some(exchange) if exchange.told.elapsed() > LAST => {
            fault(StatusCode::UNAUTHORIZED, 50027, "Invalid Webhook Token")
        }
        Some(exchange) if exchange.answer.is_some() => change(exchange),
        Some(_) => fault(StatusCode::NOT_FOUND, 10008, "Unknown Message"),
        None => fault(StatusCode::NOT_FOUND, 10015, "Unknown Webhook"),
    };
    drop(exchanges);
    state.changed.notify_waiters();
    response
}

async fn edit(
    Shared(state): Fake,
    Path((_, token)): Path<(u64, String)>,
    request: Request,
) -> Response {
    let (body, files) = parts(request).await;
    let path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original";
    check::body(&state, path, "patch", &body);
    if let Err(wrong) = check::message(&state, &body) {
        return fault(StatusCode::BAD_REQUEST, 50035, &wrong);
    }
    change(&state, &token, |exchange| {
        if exchange.deleted {
            return fault(StatusCode::NOT_FOUND, 10008, "Unknown Message");
        }
        exchange.edits.push(body.clone());
        exchange.files.extend(files);
        axum::Json(sent(&body)).into_response()
    })
}

async fn follow_up(
    Shared(state): Fake,
    Path((_, token)): Path<(u64, String)>,
    request: Request,
) -> Response {
    let (body, files) = parts(request).await;
    check::body(&state, "/webhooks/{webhook_id}/{webhook_token}", "post", &body);
    if let Err(wrong) = check::message(&state, &body) {
        return fault(StatusCode::BAD_REQUEST, 50035, &wrong);
    }
    change(&state, &token, |exchange| {
        exchange.follow_ups.push(body.clone());
        exchange.files.extend(files);
        axum::Json(sent(&body)).into_response()
    })
}

async fn delete_original(Shared(state): Fake, Path((_, token)): Path<(u64, String)>) -> Response {
    change(&state, &token, |exchange| {
        exchange.deleted = true;
        StatusCode::NO_CONTENT.into_response()
    })
}

/// A message as Discord gives it back.
fn sent(body: &Value) -> Value {
    json!({
        "id": invent::fresh_id().to_string(), "channel_id": "1", "author": invent::user(APPLICATION),
        "content": body["content"].as_str().unwrap_or_default(),
        "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": null, "tts": false,
        "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [],
        "embeds": [], "pinned": false, "type": 0, "components": [],
    })
}

fn fault(status: StatusCode, code: u64, message: &str) -> Response {
    (status, axum::Json(json!({"code": code, "message": message}))).into_response()
}
