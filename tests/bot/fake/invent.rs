//! What Discord would say: users, guilds, interactions.
use super::APPLICATION;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A number as Discord gives them now: milliseconds since 2015, and a counter behind.
pub fn fresh_id() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    let milliseconds = u64::try_from(since.as_millis()).expect("before 2500") - 1_420_070_400_000;
    (milliseconds << 22) | (COUNTER.fetch_add(1, Ordering::SeqCst) & 0x3f_ffff)
}

/// Who interacts where.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The guild; `None` for a message to the bot.
    pub guild: Option<u64>,
    /// The channel.
    pub channel: u64,
    /// The user.
    pub user: u64,
    /// What the member may do.
    pub permissions: u64,
}

impl Place {
    /// An ordinary member of a guild.
    pub fn member(guild: u64, user: u64) -> Self {
        Self { guild: Some(guild), channel: guild + 1, user, permissions: 0x800 }
    }

    /// Somebody who may manage guild and messages.
    pub fn admin(guild: u64, user: u64) -> Self {
        Self { permissions: 0x800 | 0x20 | 0x2000, ..Self::member(guild, user) }
    }

    /// A message to the bot.
    pub fn direct(user: u64) -> Self {
        Self { guild: None, channel: user + 1, user, permissions: 0 }
    }

    fn interaction(&self, kind: u64, data: &Value) -> Value {
        let id = fresh_id();
        let mut interaction = json!({
            "id": id.to_string(),
            "application_id": APPLICATION.to_string(),
            "type": kind,
            "data": data,
            "channel_id": self.channel.to_string(),
            "channel": {"id": self.channel.to_string(), "type": if self.guild.is_some() { 0 } else { 1 }},
            "token": format!("token-of-{id}"),
            "version": 1,
            "app_permissions": "0",
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {},
            "context": if self.guild.is_some() { 0 } else { 1 },
            "attachment_size_limit": 10_485_760,
        });
        match self.guild {
            Some(guild) => {
                interaction["guild_id"] = guild.to_string().into();
                interaction["guild_locale"] = "en-US".into();
                interaction["member"] = self.member_object();
                interaction["authorizing_integration_owners"] = json!({"0": guild.to_string()});
            }
            None => {
                interaction["user"] = user(self.user);
                interaction["authorizing_integration_owners"] = json!({"1": self.user.to_string()});
            }
        }
        interaction
    }

    fn member_object(&self) -> Value {
        json!({
            "user": user(self.user),
            "roles": [],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "deaf": false,
            "mute": false,
            "flags": 0,
            "permissions": self.permissions.to_string(),
        })
    }

    /// A slash command with its options.
    pub fn command(&self, name: &str, options: &Value) -> Value {
        let data = json!({
            "id": "1200000000000000001", "name": name, "type": 1, "options": options,
        });
        self.interaction(2, &data)
    }

    /// A slash command whose options name users or channels.
    pub fn command_resolving(&self, name: &str, options: &Value, resolved: &Value) -> Value {
        let mut interaction = self.command(name, options);
        interaction["data"]["resolved"] = resolved.clone();
        interaction
    }

    /// The same by somebody who brought the bot along.
    pub fn brought(self, mut interaction: Value) -> Value {
        interaction["authorizing_integration_owners"] = json!({"1": self.user.to_string()});
        interaction
    }

    /// The same in a thread of a channel.
    pub fn in_thread(self, thread: u64, mut interaction: Value) -> Value {
        interaction["channel_id"] = thread.to_string().into();
        interaction["channel"] = json!({
            "id": thread.to_string(), "type": 11, "parent_id": self.channel.to_string(),
        });
        interaction
    }

    /// Somebody types into an option.
    pub fn autocomplete(&self, name: &str, options: &Value) -> Value {
        let mut interaction = self.command(name, options);
        interaction["type"] = 4.into();
        interaction
    }

    /// The menu of a message.
    pub fn message_command(&self, name: &str, text: &str) -> Value {
        let target = fresh_id().to_string();
        let data = json!({
            "id": "1200000000000000002", "name": name, "type": 3, "target_id": target,
            "resolved": {"messages": {target.clone(): self.message(&target, text, &json!([]), 0)}},
        });
        self.interaction(2, &data)
    }

    /// A button under a message.
    pub fn button(&self, custom_id: &str, message: &Value) -> Value {
        let content = message["content"].as_str().unwrap_or_default();
        let flags = message["flags"].as_u64().unwrap_or(0);
        let mut components = message["components"].clone();
        number(&mut components, &mut 0);
        let mut interaction =
            self.interaction(3, &json!({"custom_id": custom_id, "component_type": 2, "id": 1}));
        interaction["message"] = self.message(&fresh_id().to_string(), content, &components, flags);
        interaction
    }

    /// A form that is sent.
    pub fn form(&self, custom_id: &str, text: &str, message: &Value) -> Value {
        let mut interaction = self.button(custom_id, message);
        interaction["type"] = 5.into();
        interaction["data"] = json!({
            "custom_id": custom_id,
            "components": [{"type": 1, "id": 1, "components": [
                {"type": 4, "id": 2, "custom_id": "text", "value": text}
            ]}],
        });
        interaction
    }

    fn message(&self, id: &str, content: &str, components: &Value, flags: u64) -> Value {
        json!({
            "id": id,
            "channel_id": self.channel.to_string(),
            "author": user(APPLICATION),
            "content": content,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": null,
            "tts": false,
            "mention_everyone": false,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": false,
            "type": 0,
            "flags": flags,
            "components": components,
        })
    }
}

/// Gives every component a number, as Discord does.
fn number(components: &mut Value, next: &mut u64) {
    for component in components.as_array_mut().into_iter().flatten() {
        *next += 1;
        component["id"] = (*next).into();
        if component.get("components").is_some() {
            number(&mut component["components"], next);
        }
    }
}

/// A user.
pub fn user(id: u64) -> Value {
    json!({
        "id": id.to_string(), "username": format!("user{id}"), "discriminator": "0",
        "global_name": null, "avatar": null, "bot": id == APPLICATION,
    })
}

/// A guild as GUILD_CREATE brings it.
pub fn guild(id: u64) -> Value {
    json!({
        "id": id.to_string(), "name": format!("guild {id}"), "icon": null, "splash": null,
        "discovery_splash": null, "owner_id": "1300000000000000001", "afk_channel_id": null,
        "afk_timeout": 300, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "roles": [], "emojis": [], "features": [], "mfa_level": 0,
        "application_id": null, "system_channel_id": null, "system_channel_flags": 0,
        "rules_channel_id": null, "vanity_url_code": null, "description": null, "banner": null,
        "premium_tier": 0, "preferred_locale": "en-US", "public_updates_channel_id": null,
        "nsfw_level": 0, "premium_progress_bar_enabled": false, "stickers": [],
        "safety_alerts_channel_id": null, "joined_at": "2024-01-01T00:00:00+00:00", "large": false,
        "unavailable": false, "member_count": 2, "voice_states": [], "members": [], "channels": [],
        "threads": [], "presences": [], "stage_instances": [], "guild_scheduled_events": [],
        "soundboard_sounds": [],
    })
}
