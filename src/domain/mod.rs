//! Plain values that cannot be wrong: what to draw, how, and the finished drawing.
mod candidates;
mod canvas_size;
mod charset;
mod drawing;
mod guild_settings;
mod ink_map;
mod origin;
mod prompt;
mod provider;
mod recipe_code;
mod request;
mod sampling;
mod style;

pub use candidates::Candidates;
pub use canvas_size::CanvasSize;
pub use charset::{Charset, CharsetError};
pub use drawing::{Drawing, DrawingError};
pub use guild_settings::GuildSettings;
pub use ink_map::{InkMap, InkMapError};
pub use origin::{Dots, Origin, Strength};
pub use prompt::{Prompt, PromptError};
pub use provider::ProviderName;
pub use request::{DrawRequest, Recipe, RecipeError};
pub use sampling::{GuidanceScale, SamplerName, Seed, Steps, Variation};
pub use style::Style;
