//! Tables over whole configurations.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use super::*;
use crate::source::files::MemoryFiles;

fn read(text: &str) -> (Config, Vec<Problem>) {
    let files = MemoryFiles::new([
        ("a/.strongroom.yaml", text),
        ("base.yaml", "profiles: [regulated]\nrules: {x: off, y: off}\n"),
    ]);
    find("a", &|path| files.read(path), &files).unwrap()
}

#[test]
fn a_file_extends_another() {
    let (config, problems) =
        read("extends: ../base.yaml\nrules:\n  x: error\n  key-deletion-window: {min_days: 30}\nexclude: [examples]\n");
    assert_eq!(problems, []);
    assert_eq!(config.profiles, ["regulated"]);
    assert_eq!(config.rules["x"].severity, Some(Severity::Error));
    assert_eq!((config.rules["x"].enabled, config.rules["y"].enabled), (Some(true), Some(false)));
    assert_eq!(config.rules["key-deletion-window"].parameters["min_days"], 30);
    assert!(config.exclude[0].matches("/work/a/z/examples/t.yaml"));
    let files = MemoryFiles::new([
        ("a/.strongroom.yaml", "extends: ../base.yaml\n"),
        ("base.yaml", "rules: {x: off, y: off}\n"),
    ]);
    let origin = find("a", &|path| files.read(path), &files).unwrap().0.origins["rules.y"];
    assert_eq!((&**files.sources().get(origin.source).path(), origin.start), ("base.yaml", 16));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let table = [
        ("ruels: {}\n", "`ruels` is no key of a configuration", "ruels", "did you mean `rules`"),
        (
            "# rules, reason\nignore: [{rule: x, reazon: y}]\n",
            "`reazon` is no key of an entry of `ignore`",
            "reazon",
            "`reason`",
        ),
        ("# x: loud\nrules: {x: loud}\n", "`loud` is no severity", "loud", "write `on`"),
        ("rules: {x: {severity: eror}}\n", "`severity` must be error, warning or advice", "eror", "write `on`"),
        ("rules: [x]\n", "`rules` must be a map", "[x]", "write `rules:"),
        ("profiles: regulated\n", "`profiles` must be a list", "regulated", "write `profiles: [regulated]`"),
        ("ignore: {rule: x}\n", "`ignore` must be a list", "ignore", "begin each entry"),
        ("ignore: [{path: x}]\n", "names no rule", "{path: x}", "write `rule: RULE`"),
        ("exclude: [[a]]\n", "`exclude` must be a text", "[a]", ""),
        ("rules: {x: off}\nrules: {y: off}\n", "is written twice", "rules", ""),
        ("deployments: [{name: d}]\n", "needs a name and a path", "{name: d}", ""),
        (
            "deployments: [{name: d, path: .}, {name: d, path: .}]\n",
            "is deployed as `d` twice",
            "d",
            "a name of its own",
        ),
        ("ignore: [{rule: x, expires: 2027-02-30}]\n", "is no date", "2027-02-30", "2027-01-31"),
        ("extends: nowhere.yaml\n", "can't be read", "nowhere.yaml", ""),
        ("extends: .strongroom.yaml\n", "extends itself", ".strongroom.yaml", ""),
        ("deployments: [{name: d, path: nowhere}]\n", "no directory or template a/nowhere", "nowhere", "relative to"),
        ("rules: [\n", "the configuration can't be used", "", ""),
    ];
    for (text, message, place, help) in table {
        let (_, problems) = read(text);
        let problem = problems.first().unwrap_or_else(|| panic!("{text}: nothing"));
        assert!(problem.message.contains(message), "{text}: {}", problem.message);
        assert!(problem.help.as_deref().unwrap_or_default().contains(help), "{text}: {:?}", problem.help);
        let crate::finding::Place::Span(span) = problem.place else { panic!("{text}: no place") };
        let underlined = text.get(span.start as usize..span.end as usize).unwrap();
        assert!(place.is_empty() || underlined == place, "{text}: {underlined}");
    }
}

#[test]
fn a_directory_has_one_configuration_under_any_of_its_names() {
    let files = |names: &[&str]| MemoryFiles::new(names.iter().map(|name| (*name, "profiles: [p]\n")));
    let read = |files: &MemoryFiles| find(".", &|path| files.read(path), files);
    assert_eq!(read(&files(&[])), None);
    for name in FILE_NAMES {
        assert_eq!(read(&files(&[name])).unwrap().0.profiles, ["p"], "{name}");
    }
    let (config, problems) = read(&files(&["strongroom.yml", ".strongroom.yaml"])).unwrap();
    assert_eq!(config, Config::default());
    assert!(problems[0].message.contains("two configurations in one directory: .strongroom.yaml and strongroom.yml"));
}

#[test]
fn days_are_days_of_the_calendar() {
    for (text, is) in
        [("2027-01-31", true), ("2028-02-29", true), ("2027-02-29", false), ("27-1-1", false), ("2027-13-01", false)]
    {
        assert_eq!(is_date(text), is, "{text}");
    }
}
