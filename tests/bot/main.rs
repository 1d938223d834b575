//! The unmodified program as a bot, against a Discord of our own.
mod buttons;
mod commands;
mod data;
mod documented;
mod drawing;
mod fake;
mod figures;
mod gallery;
mod health;
mod hostile;
mod limits;
mod log;
mod outages;
mod pictures;
mod setup;
mod soak;
mod world;
