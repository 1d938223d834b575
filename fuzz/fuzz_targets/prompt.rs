//! Prompts.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = glyffuse::domain::Prompt::new(text);
});
