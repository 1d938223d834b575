//! The gateway: Hello, Identify, Ready, events, heartbeats, Resume.
use super::{APPLICATION, State, TOKEN, check, invent};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// One connection to its end.
pub(super) async fn serve(state: Arc<State>, mut socket: WebSocket) {
    let hello = json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": 41_250}});
    if send(&mut socket, &hello).await.is_err() {
        return;
    }
    let drops = state.drops.load(SeqCst);
    // The sequence number up to which this connection was told; nothing before it has logged in.
    let mut told: Option<usize> = None;
    let mut heard = state.tells.lock().expect("sound").len();
    loop {
        let changed = state.changed.notified();
        if state.drops.load(SeqCst) != drops {
            // No farewell: the connection just breaks.
            return;
        }
        let tell = state.tells.lock().expect("sound").get(heard).cloned();
        if let Some(tell) = tell {
            heard += 1;
            if send(&mut socket, &tell).await.is_err() {
                return;
            }
            continue;
        }
        if let Some(place) = told {
            let news: Vec<Value> = state.events.lock().expect("sound")[place..].to_vec();
            if !news.is_empty() {
                told = Some(place + news.len());
                for event in news {
                    if send(&mut socket, &event).await.is_err() {
                        return;
                    }
                }
                continue;
            }
        }
        let message = tokio::select! {
            message = socket.recv() => message,
            () = changed => continue,
        };
        let Some(Ok(message)) = message else { return };
        let text = match message {
            Message::Text(text) => text.to_string(),
            Message::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Message::Close(_) => return,
            _ => continue,
        };
        let Ok(payload) = serde_json::from_str::<Value>(&text) else {
            return close(&mut socket, 4002).await;
        };
        match payload["op"].as_u64() {
            Some(1) => {
                let beat = json!({"op": 11, "s": null, "t": null, "d": null});
                if send(&mut socket, &beat).await.is_err() {
                    return;
                }
            }
            Some(2) => match identify(&state, &payload["d"]) {
                Ok(place) => told = Some(place),
                Err(code) => return close(&mut socket, code).await,
            },
            Some(6) => {
                state.resumes.fetch_add(1, SeqCst);
                let place = payload["d"]["seq"].as_u64().unwrap_or(0);
                told = usize::try_from(place).ok();
                state.dispatch("RESUMED", json!({"_trace": []}));
            }
            // Presence updates and the like are taken note of.
            Some(3 | 4 | 8) => {}
            _ => return close(&mut socket, 4001).await,
        }
    }
}

/// Logs the bot in: READY and the guilds are queued; where its events begin.
fn identify(state: &State, data: &Value) -> Result<usize, u16> {
    state.identifies.fetch_add(1, SeqCst);
    let refuse = state.refuse.swap(0, SeqCst);
    if refuse != 0 {
        return Err(u16::try_from(refuse).expect("a close code"));
    }
    // Discord takes the token with and without the word of the header.
    let token = data["token"].as_str().unwrap_or_default();
    if token.trim_start_matches("Bot ") != TOKEN {
        return Err(4004);
    }
    if data["intents"].as_u64() != Some(1) {
        state.fault(format!("the bot asks for the intents {}", data["intents"]));
        return Err(4013);
    }
    let guilds = state.guilds.lock().expect("sound").clone();
    let address = state.address.lock().expect("sound").expect("listening");
    let place = state.events.lock().expect("sound").len();
    let unavailable: Vec<_> =
        guilds.iter().map(|id| json!({"id": id.to_string(), "unavailable": true})).collect();
    let ready = json!({
        "v": 10,
        "user": {
            "id": APPLICATION.to_string(), "username": "glyffuse", "discriminator": "0", "avatar": null,
            "bot": true, "verified": true, "mfa_enabled": false, "email": null, "flags": 0,
            "global_name": null,
        },
        "guilds": unavailable,
        "session_id": "session-of-the-fake",
        "resume_gateway_url": format!("ws://{address}/gateway"),
        "application": {"id": APPLICATION.to_string(), "flags": 0},
        "shard": data["shard"],
    });
    check::event("READY", &ready);
    state.dispatch("READY", ready);
    for id in guilds {
        let guild = invent::guild(id);
        check::event("GUILD_CREATE", &guild);
        state.dispatch("GUILD_CREATE", guild);
    }
    Ok(place)
}

async fn send(socket: &mut WebSocket, payload: &Value) -> Result<(), axum::Error> {
    // A text stands for itself: what a test sends that is no event.
    let text = payload.as_str().map_or_else(|| payload.to_string(), str::to_owned);
    socket.send(Message::Text(text.into())).await
}

async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: "refused by the fake".into() };
    let _ = socket.send(Message::Close(Some(frame))).await;
    // The other side closes in its turn.
    while let Some(Ok(_)) = socket.recv().await {}
}
