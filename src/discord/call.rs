//! One interaction, whatever its kind: who asks where. How it is answered is in `answer`.
use super::answer::Stage;
pub use super::answer::{Answered, Letter};
use super::custom_id::BROUGHT;
use serenity::all::{
    AuthorizingIntegrationOwner, AuthorizingIntegrationOwners, ChannelId, ChannelType,
    CommandInteraction, ComponentInteraction, GuildId, Http, InteractionId, Member, Message,
    MessageFlags, ModalInteraction, PartialChannel, Permissions, UserId,
};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long an interaction is worth drawing for; Discord takes answers for 15 minutes.
const LIFETIME: Duration = Duration::from_secs(14 * 60);

/// An interaction that is to be answered.
pub struct Call {
    pub(super) http: Arc<Http>,
    pub(super) id: InteractionId,
    pub(super) token: String,
    pub(super) stage: Mutex<Stage>,
    /// Who asks.
    pub user: UserId,
    /// The guild that the bot was added to, where the call comes from one.
    pub guild: Option<GuildId>,
    /// Whether the person brought the bot along into a guild, or into a message to somebody.
    pub brought: bool,
    /// The channel.
    pub channel: ChannelId,
    /// The channel that it is a thread of.
    pub parent: Option<ChannelId>,
    /// What the member may do in the channel; nothing outside guilds.
    pub permissions: Permissions,
    /// The message that the button hangs on.
    pub message: Option<Box<Message>>,
    /// After that no answer arrives any more.
    pub deadline: Instant,
}

impl Call {
    /// A command or an autocompletion.
    pub fn of_command(http: Arc<Http>, command: &CommandInteraction) -> Self {
        let member = command.member.as_deref();
        let brought = is_brought(&command.authorizing_integration_owners);
        Self {
            http,
            id: command.id,
            token: command.token.clone(),
            stage: Mutex::new(Stage::Unanswered),
            user: command.user.id,
            guild: command.guild_id.filter(|_| !brought),
            brought,
            channel: command.channel_id,
            parent: parent(command.channel.as_ref()),
            permissions: permissions(member),
            message: None,
            deadline: deadline(command.id),
        }
    }

    /// A button.
    pub fn of_component(http: Arc<Http>, component: &ComponentInteraction) -> Self {
        let brought = is_brought(&component.authorizing_integration_owners);
        Self {
            http,
            id: component.id,
            token: component.token.clone(),
            stage: Mutex::new(Stage::Unanswered),
            user: component.user.id,
            guild: component.guild_id.filter(|_| !brought),
            brought,
            channel: component.channel_id,
            parent: parent(component.channel.as_ref()),
            permissions: permissions(component.member.as_ref()),
            message: Some(component.message.clone()),
            deadline: deadline(component.id),
        }
    }

    /// A form that was sent.
    pub fn of_modal(http: Arc<Http>, modal: &ModalInteraction) -> Self {
        // Serenity does not tell by which installation a form came; its custom id does.
        let brought = modal.data.custom_id.ends_with(BROUGHT);
        Self {
            http,
            id: modal.id,
            token: modal.token.clone(),
            stage: Mutex::new(Stage::Unanswered),
            user: modal.user.id,
            guild: modal.guild_id.filter(|_| !brought),
            brought,
            channel: modal.channel_id,
            parent: parent(modal.channel.as_ref()),
            permissions: permissions(modal.member.as_ref()),
            message: modal.message.clone(),
            deadline: deadline(modal.id),
        }
    }

    /// The number under which the log knows this call.
    pub fn request(&self) -> u64 {
        self.id.get()
    }

    /// Whether the message that the button hangs on is seen by one person only.
    pub fn is_private(&self) -> bool {
        let flags = self.message.as_ref().and_then(|message| message.flags);
        flags.is_some_and(|flags| flags.contains(MessageFlags::EPHEMERAL))
    }

    /// Whether the member may take away others' messages.
    pub fn is_moderator(&self) -> bool {
        self.permissions.intersects(Permissions::MANAGE_MESSAGES | Permissions::ADMINISTRATOR)
    }

    /// Whether the member may change the guild's settings.
    pub fn is_admin(&self) -> bool {
        self.permissions.intersects(Permissions::MANAGE_GUILD | Permissions::ADMINISTRATOR)
    }
}

/// Whether it is the person's own installation that a call comes by, not the guild's.
fn is_brought(owners: &AuthorizingIntegrationOwners) -> bool {
    let of_guild = |owner: &_| matches!(owner, AuthorizingIntegrationOwner::GuildInstall(_));
    !owners.0.is_empty() && !owners.0.iter().any(of_guild)
}

/// The channel that a thread belongs to.
fn parent(channel: Option<&PartialChannel>) -> Option<ChannelId> {
    use ChannelType::{NewsThread, PrivateThread, PublicThread};
    let thread = |channel: &&PartialChannel| {
        matches!(channel.kind, NewsThread | PrivateThread | PublicThread)
    };
    channel.filter(thread).and_then(|channel| channel.parent_id)
}

fn permissions(member: Option<&Member>) -> Permissions {
    member.and_then(|member| member.permissions).unwrap_or_default()
}

/// When an interaction is too old; its number tells when it was made.
fn deadline(id: InteractionId) -> Instant {
    // The upper 42 bits are milliseconds since 2015.
    let made = UNIX_EPOCH + Duration::from_millis((id.get() >> 22) + 1_420_070_400_000);
    // Clocks differ: what seems to come from the future is new.
    let age = SystemTime::now().duration_since(made).unwrap_or_default();
    Instant::now() + LIFETIME.saturating_sub(age)
}
