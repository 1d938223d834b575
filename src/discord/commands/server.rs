//! `/glyffuse`: settings, status and blocked members, for those who manage the server.
use super::{Answered, Arguments, in_guilds, option, size_option, style_option};
use crate::discord::Bot;
use crate::discord::call::{Call, Letter};
use crate::discord::error::Problem;
use crate::discord::guilds::Rules;
use crate::domain::GuildSettings;
use serenity::all::{
    ChannelType, CommandOptionType, CreateCommand, CreateCommandOption, Permissions,
};
use std::time::Duration;

pub(super) const NAME: &str = "glyffuse";

pub(super) fn definition() -> CreateCommand {
    use CommandOptionType::{Boolean, Channel, Integer, SubCommand, User};
    let rate = |key, description| {
        option(key, Integer, description)
            .min_int_value(1)
            .max_int_value(u64::from(GuildSettings::MOST_PER_MINUTE))
    };
    let channel = |key, description| {
        option(key, Channel, description).channel_types(vec![
            ChannelType::Text,
            ChannelType::PublicThread,
            ChannelType::Forum,
        ])
    };
    let settings = vec![
        rate("glyffuse.settings.member_per_minute", "Drawings a minute of one member"),
        rate("glyffuse.settings.server_per_minute", "Drawings a minute of the whole server"),
        channel(
            "glyffuse.settings.allow_channel",
            "Allow drawing in this channel, and only in those allowed so",
        ),
        channel("glyffuse.settings.forbid_channel", "Take a channel off the list of those allowed"),
        option(
            "glyffuse.settings.all_channels",
            Boolean,
            "Forget the list: allow drawing in all channels",
        ),
        size_option("glyffuse.settings.size", "The size when nobody says"),
        style_option("glyffuse.settings.style", "The style when nobody says"),
        option("glyffuse.settings.keep_days", Integer, "Days after which drawings are forgotten")
            .min_int_value(1)
            .max_int_value(u64::from(GuildSettings::MOST_DAYS)),
        option(
            "glyffuse.settings.sharing",
            Boolean,
            "Whether drawings may be shared and prompts suggested to others",
        ),
    ];
    let member = || option("glyffuse.block.member", User, "The member").required(true);
    let sub = |key, description, options: Vec<CreateCommandOption>| {
        option(key, SubCommand, description).set_sub_options(options)
    };
    in_guilds(super::chat_command(NAME, "For those who manage this server"))
        .default_member_permissions(Permissions::MANAGE_GUILD)
        .set_options(vec![
            sub("glyffuse.settings", "Shows or changes the settings of this server", settings),
            sub("glyffuse.status", "How the bot is doing", vec![]),
            sub("glyffuse.block", "Lets a member draw no more", vec![member()]),
            sub("glyffuse.unblock", "Lets a member draw again", vec![member()]),
        ])
}

impl Bot {
    pub(super) async fn server(&self, call: &Call, arguments: &Arguments<'_>) -> Answered {
        // Discord hides the command from others, but an admin of the server can change that.
        if !call.is_admin() {
            return Err(Problem::NotAllowed("those who manage the server"));
        }
        let guild = call.guild.map(|guild| guild.get());
        let guild = guild.ok_or_else(|| Problem::Wrong("Use this in a server.".to_owned()))?;
        let said = match arguments.subcommand {
            Some("settings") => self.settings(guild, arguments).await?,
            Some("block") => self.block(guild, arguments, true).await?,
            Some("unblock") => self.block(guild, arguments, false).await?,
            _ => self.status(),
        };
        Ok(call.answer(Letter::private(said)).await)
    }

    async fn settings(&self, guild: u64, arguments: &Arguments<'_>) -> Result<String, Problem> {
        let mut settings = self.store.guild_settings(guild).await?;
        let before = settings.clone();
        let number = |name: &str, most: u32| match arguments.integer(name) {
            None => Ok(None),
            Some(given) => {
                let found = u32::try_from(given).ok().filter(|n| (1..=most).contains(n));
                let wrong = || Problem::Wrong(format!("{name} is 1 to {most}."));
                found.map(Some).ok_or_else(wrong)
            }
        };
        let most = GuildSettings::MOST_PER_MINUTE;
        settings.member_per_minute =
            number("member_per_minute", most)?.or(settings.member_per_minute);
        settings.guild_per_minute =
            number("server_per_minute", most)?.or(settings.guild_per_minute);
        settings.keep_days = number("keep_days", GuildSettings::MOST_DAYS)?.or(settings.keep_days);
        settings.size = arguments.parse("size")?.or(settings.size);
        settings.style = arguments.parse("style")?.or(settings.style);
        settings.sharing = arguments.flag("sharing").or(settings.sharing);
        if arguments.flag("all_channels") == Some(true) {
            settings.channels.clear();
        }
        if let Some(channel) = arguments.channel("forbid_channel") {
            settings.channels.retain(|known| *known != channel);
        }
        if let Some(channel) = arguments.channel("allow_channel")
            && !settings.channels.contains(&channel)
        {
            if settings.channels.len() >= GuildSettings::MOST_CHANNELS {
                let most = GuildSettings::MOST_CHANNELS;
                return Err(Problem::Wrong(format!("The list holds {most} channels at most.")));
            }
            settings.channels.push(channel);
        }
        let heading = if settings == before {
            "**Settings of this server**"
        } else {
            self.store.set_guild_settings(guild, &settings).await?;
            "**Settings of this server, as changed**"
        };
        let rules = self.rules.load(&self.store, guild).await?;
        Ok(describe(heading, &rules, self.keep_days))
    }

    async fn block(
        &self,
        guild: u64,
        arguments: &Arguments<'_>,
        blocked: bool,
    ) -> Result<String, Problem> {
        let member = arguments.member("member").map(|(user, _)| user.id.get());
        let member = member.ok_or_else(|| Problem::Wrong("Name a member.".to_owned()))?;
        self.store.set_blocked(guild, member, blocked).await?;
        self.rules.load(&self.store, guild).await?;
        Ok(match blocked {
            true => format!("<@{member}> can draw no more here. `/glyffuse unblock` undoes it."),
            false => format!("<@{member}> can draw here again."),
        })
    }

    /// How the bot is doing, in a few lines.
    fn status(&self) -> String {
        let status = self.studio.status();
        let manifest = self.studio.manifest();
        let (lookups, hits) = status.cache;
        let share = (100 * hits).checked_div(lookups).unwrap_or(0);
        let latencies = status.latencies;
        let seconds = |duration: Duration| format!("{:.1} s", duration.as_secs_f64());
        format!(
            "**Glyffuse {}**, model `{}` ({} things by name)\n\
             * drawings: {} since the start, median {}, 95 of 100 within {}\n\
             * queue: {} waiting, {} being drawn\n\
             * cache: {hits} of {lookups} requests were there already ({share} %)\n\
             * servers: {} · running for {}",
            env!("CARGO_PKG_VERSION"),
            manifest.id(),
            self.studio.concepts().len(),
            status.engine.drawings,
            seconds(latencies.p50),
            seconds(latencies.p95),
            status.engine.waiting,
            status.engine.running,
            self.rules.len(),
            duration(self.started.elapsed()),
        )
    }
}

fn duration(elapsed: Duration) -> String {
    let minutes = elapsed.as_secs() / 60;
    match (minutes / 1_440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

fn describe(heading: &str, rules: &Rules, keep_days: u32) -> String {
    let settings = &rules.settings;
    let channels = if settings.channels.is_empty() {
        "all".to_owned()
    } else {
        let shown: Vec<_> = settings.channels.iter().map(|id| format!("<#{id}>")).collect();
        shown.join(" ")
    };
    let own = |is_set: bool| if is_set { "" } else { " (the bot's default)" };
    format!(
        "{heading}\n\
         * drawings a minute: {} of a member{}, {} of the server{}\n\
         * channels: {channels}\n\
         * size {}{} · style {}{}\n\
         * drawings are forgotten after {} days{}\n\
         * sharing and suggestions: {}{}\n\
         * blocked members: {}",
        rules.per_person,
        own(settings.member_per_minute.is_some()),
        rules.per_guild,
        own(settings.guild_per_minute.is_some()),
        rules.size,
        own(settings.size.is_some()),
        rules.style,
        own(settings.style.is_some()),
        settings.keep_days.unwrap_or(keep_days),
        own(settings.keep_days.is_some()),
        if rules.sharing { "on" } else { "off" },
        own(settings.sharing.is_some()),
        rules.blocked.len(),
    )
}
