//! Glyffuse turns text into ASCII art with a denoising diffusion model.
//!
//! The way of a request: a [`domain::DrawRequest`] names what to draw; the text conditions a
//! denoising diffusion model that draws on an ink map (2×4 square dots a character cell); the
//! decoder in `ink` turns the map into characters, a [`domain::Drawing`].
pub mod app;
pub mod backend;
pub mod cache;
pub mod cli;
pub mod config;
pub mod diffusion;
pub mod discord;
pub mod domain;
pub mod engine;
pub mod health;
pub mod ink;
pub mod limits;
pub mod measures;
pub mod model;
pub mod picture;
pub mod service;
pub mod shutdown;
pub mod store;
pub mod telemetry;
