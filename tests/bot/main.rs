//! The unmodified program as a bot, against a Discord of our own.
mod buttons;
mod commands;
mod documented;
mod drawing;
mod fake;
mod figures;
mod gallery;
mod hostile;
mod limits;
mod outages;
mod pictures;
mod setup;
mod world;
