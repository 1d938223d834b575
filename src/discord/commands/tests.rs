//! What Discord is told about the commands.
use super::*;
use serde_json::Value;

fn commands() -> Vec<Value> {
    let commands = definitions(50, &["print", "slant"]);
    commands.iter().map(|command| serde_json::to_value(command).expect("plain data")).collect()
}

/// Characters that Discord counts: names, descriptions and values, the longest language of each.
fn counted(value: &Value) -> usize {
    let longest = |own: &str, localized: &str| {
        let translations = value[localized].as_object();
        let translations = translations.into_iter().flat_map(|table| table.values());
        let lengths = translations.filter_map(Value::as_str).map(|text| text.chars().count());
        lengths.chain(value[own].as_str().map(|text| text.chars().count())).max().unwrap_or(0)
    };
    let mut sum = longest("name", "name_localizations");
    sum += longest("description", "description_localizations");
    sum += value["value"].as_str().map_or(0, |text| text.chars().count());
    for part in ["options", "choices"] {
        sum += value[part].as_array().into_iter().flatten().map(counted).sum::<usize>();
    }
    sum
}

#[test]
fn all_commands_are_within_discords_limits_and_in_every_language() {
    let commands = commands();
    let names: Vec<_> = commands.iter().filter_map(|command| command["name"].as_str()).collect();
    assert_eq!(
        names,
        ["ascii", "Draw as ASCII", "letters", "gallery", "prompts", "glyffuse", "privacy", "help"]
    );
    for command in &commands {
        assert!(counted(command) <= 8_000, "{}", command["name"]);
        if command["type"] != 3 {
            let languages = command["description_localizations"].as_object().expect("a table");
            assert!(languages.len() >= 12, "{}", command["name"]);
        }
        for option in all_options(command) {
            assert!(!option["description"].as_str().expect("a text").is_empty());
            let languages =
                option["description_localizations"].as_object().map(|table| table.len());
            let whose = format!("{} {}", command["name"], option["name"]);
            assert!(languages.is_some_and(|languages| languages >= 12), "{whose}: {languages:?}");
        }
    }
    let menu = commands.iter().find(|command| command["type"] == 3).expect("a menu");
    assert!(menu["name_localizations"].as_object().is_some_and(|names| names.len() >= 12));
}

/// The options of a command, those of its subcommands included.
fn all_options(command: &Value) -> Vec<&Value> {
    let own: Vec<_> = command["options"].as_array().into_iter().flatten().collect();
    let inner = own.iter().flat_map(|option| option["options"].as_array().into_iter().flatten());
    inner.chain(own.iter().copied()).collect()
}

#[test]
fn drawing_is_possible_everywhere() {
    let commands = commands();
    for name in ["ascii", "Draw as ASCII", "letters", "prompts", "privacy", "help"] {
        let command = commands.iter().find(|command| command["name"] == name).expect(name);
        assert_eq!(command["integration_types"], serde_json::json!([0, 1]), "{name}");
        assert_eq!(command["contexts"], serde_json::json!([0, 1, 2]), "{name}");
    }
    let ascii = commands.iter().find(|command| command["name"] == "ascii").expect("there");
    let options: Vec<_> = all_options(ascii).iter().map(|option| option["name"].clone()).collect();
    assert_eq!(
        options,
        [
            "text", "size", "style", "seed", "steps", "private", "picture", "avatar", "strength",
            "colour"
        ]
    );
    let text = &ascii["options"][0];
    assert_eq!((&text["min_length"], &text["max_length"]), (&1.into(), &200.into()));
    assert_eq!((&text["required"], &text["autocomplete"]), (&true.into(), &true.into()));
}

#[test]
fn required_options_come_first() {
    for command in commands() {
        let mut lists = vec![command["options"].as_array().cloned().unwrap_or_default()];
        for option in lists[0].clone() {
            lists.push(option["options"].as_array().cloned().unwrap_or_default());
        }
        for list in lists {
            let required: Vec<_> = list.iter().map(|o| o["required"] == true).collect();
            assert!(required.is_sorted_by(|a, b| a >= b), "{}", command["name"]);
        }
    }
}

#[test]
fn settings_are_for_admins_of_servers() {
    let commands = commands();
    let server = commands.iter().find(|command| command["name"] == "glyffuse").expect("there");
    assert_eq!(server["default_member_permissions"], "32");
    assert_eq!(server["contexts"], serde_json::json!([0]));
    assert_eq!(server["integration_types"], serde_json::json!([0]));
}
