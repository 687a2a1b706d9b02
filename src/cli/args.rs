//! Every flag: one type with its name, its docs and its parser.

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Judges, offline and in every world of conditions and variables, whether the backups that infrastructure code would
/// make are encrypted with a customer-managed, rotated, usable KMS key.
#[derive(Debug, Parser)]
#[command(name = "strongroom", version, about, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check templates, Terraform directories and plans
    Check(Box<CheckArgs>),
    /// Tell of every vault what an auditor asks for: key, rotation, access, lock, suppressions, controls
    Report(ReportArgs),
    /// Draw plans, vaults, keys and key policies, with the verdict and the conditions
    Graph(GraphArgs),
    /// Print what strongroom sees: inputs, resources, and their properties in every world
    Inspect(InspectArgs),
    /// Explain a rule, or what is found at a place: the worlds, the chain, why it matters, how to mend it
    Explain(Box<ExplainArgs>),
    /// List, test and write rules
    Rules {
        #[command(subcommand)]
        command: Option<RulesCommand>,
        #[command(flatten)]
        rules: RuleArgs,
    },
    /// Show the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Serve an editor: the language server protocol over standard input and output
    Lsp,
    /// Print a JSON Schema
    Schema {
        /// Which one
        #[arg(value_enum)]
        of: SchemaOf,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The front matter of a rule file
    Rule,
    /// The configuration, .strongroom.yaml
    Config,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print what holds for a path, and where each value is written
    Show {
        /// A file or directory
        #[arg(value_name = "PATH", default_value = ".")]
        path: String,
        /// The configuration, in place of those that are found
        #[arg(long, value_name = "FILE")]
        config: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List all rules
    List,
    /// Print the text of one rule file
    Show {
        /// The rule's id
        rule: String,
    },
    /// Run the examples of all rules, or of the rule files in a directory
    Test {
        /// A directory of rule files; without it, every loaded rule is tested
        directory: Option<String>,
    },
    /// Write a new rule file that passes its own test
    New {
        /// The rule's id, in kebab-case; the file is NAME.md
        name: String,
    },
    /// Write a page for each rule and an index
    Docs {
        /// Where to
        directory: String,
    },
    /// Document what rules can speak of: classes and attributes
    Model,
    /// Document the language of checks
    Language,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// A rule's id, as in brackets behind a finding, or a place: PATH, PATH:LINE or PATH:LINE:COLUMN
    #[arg(value_name = "RULE|PATH:LINE")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Judge the rules of this profile too (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) pins: PinArgs,
    /// The Terraform sources of the plan
    #[arg(long, value_name = "DIR")]
    pub(crate) source_dir: Option<String>,
    /// The configuration, in place of those that are found
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: When,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct RuleArgs {
    /// A directory of further rule files (repeatable); a rule with the id of a built-in one replaces it
    #[arg(long = "rules", value_name = "DIR", global = true)]
    pub(crate) directories: Vec<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PinArgs {
    /// Set a Terraform variable in every world (repeatable)
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,
    /// Set Terraform variables from a .tfvars or .tfvars.json file (repeatable; in order with --var)
    #[arg(long = "var-file", value_name = "FILE")]
    pub(crate) variable_files: Vec<String>,
    /// Set a CloudFormation parameter or pseudo parameter in every world (repeatable)
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// Set CloudFormation parameters from a JSON file: an object, or the list that the AWS CLI takes (repeatable)
    #[arg(long = "param-file", value_name = "FILE")]
    pub(crate) parameter_files: Vec<String>,
}

/// What is judged, and by which rules.
#[derive(Clone, Debug, Args)]
pub(crate) struct JudgeArgs {
    /// Files, directories, or - for a plan on standard input. A .tf or .tfvars file stands for its directory
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<String>,
    /// Judge only these rules, profile or not
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub(crate) select: Vec<String>,
    /// Leave these rules out
    #[arg(long, value_name = "RULE,...", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// Judge the rules of this profile too (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) pins: PinArgs,
    /// The Terraform sources of the plan that is checked
    #[arg(long, value_name = "DIR")]
    pub(crate) source_dir: Option<String>,
    /// The configuration, in place of those that are found; STRONGROOM_CONFIG names it too
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// Obey no suppression
    #[arg(long)]
    pub(crate) no_ignores: bool,
    /// A suppression without a reason is a finding
    #[arg(long)]
    pub(crate) require_reason: bool,
    /// Look at what git ignores too
    #[arg(long)]
    pub(crate) no_gitignore: bool,
    /// Parse every file, even those that mention no type of resource that a rule speaks of
    #[arg(long)]
    pub(crate) no_prefilter: bool,
}

impl JudgeArgs {
    /// The paths that say what may be read.
    pub(crate) fn named(&self) -> Vec<String> {
        self.paths.iter().chain(&self.source_dir).cloned().collect()
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Output format, as NAME or NAME=FILE (repeatable): human, short, json, sarif, github, gitlab, junit, checkstyle,
    /// rdjson, markdown
    #[arg(long, value_name = "FORMAT[=FILE]")]
    pub(crate) format: Vec<String>,
    /// Judge standard input (-) in place of this file, as an editor has it
    #[arg(long, value_name = "FILE")]
    pub(crate) stdin_filename: Option<String>,
    /// Mend what can be mended, and judge again: `safe` fixes change nothing that is deployed but the defect; `unsafe`
    /// ones may replace a resource
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "safe",
        conflicts_with = "write_baseline")]
    pub(crate) fix: Option<FixWhich>,
    /// Print what --fix would change as a unified diff, and change nothing
    #[arg(long, conflicts_with_all = ["format", "write_baseline"])]
    pub(crate) diff: bool,
    /// Count what fails only in some worlds, what is undecided and what is not read as a finding
    #[arg(long)]
    pub(crate) strict: bool,
    /// List what is undecided, with the reasons
    #[arg(long)]
    pub(crate) show_undecided: bool,
    /// The lowest severity that makes the exit code 1 (default: warning)
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,
    /// Count only findings that this file, written by --write-baseline, does not hold
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<String>,
    /// Write all findings to this file, and exit with 0
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<String>,
    /// Tell only findings of whose chain a place lies in a file that changed since this revision, by git
    #[arg(long, value_name = "REF")]
    pub(crate) since: Option<String>,
    /// Print findings only, no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: When,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Output format
    #[arg(long, value_enum, default_value = "markdown")]
    pub(crate) format: ReportFormat,
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<String>,
    /// Print this date, or any text, on the report; without it equal input gives equal bytes
    #[arg(long, value_name = "TEXT")]
    pub(crate) date: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One self-contained page, for a screen of any size and for print
    Html,
    /// Tables
    Markdown,
    /// The data, version 1
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
    /// Output format
    #[arg(long, value_enum, default_value = "mermaid")]
    pub(crate) format: GraphOutput,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphOutput {
    /// Mermaid: GitHub and GitLab draw it in Markdown
    Mermaid,
    /// Graphviz
    Dot,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Files or directories
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: InspectFormat,
    #[command(flatten)]
    pub(crate) pins: PinArgs,
    /// The Terraform sources of the plan that is inspected
    #[arg(long, value_name = "DIR")]
    pub(crate) source_dir: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum InspectFormat {
    /// JSON, version 1
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixWhich {
    /// Fixes that change nothing that is deployed but the defect
    Safe,
    /// These, and fixes that replace a resource or change more than the defect
    Unsafe,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Everything
    Advice,
    /// Never
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR is set; FORCE_COLOR wins
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
