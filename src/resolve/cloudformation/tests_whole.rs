//! Whole templates: nesting, loops, links between templates, problems, and what is no template at all.

use super::tests::{loaded, loaded_files, shown, worlds};
use super::*;
use crate::finding::Place;
use crate::source::files::MemoryFiles;
use crate::value::{Mode, World, explore};

const VAULT: &str = "Type: AWS::Backup::BackupVault\n    Properties: {EncryptionKeyArn: !Ref KeyArn}";

#[test]
fn nested_stacks_are_bound_to_their_parents() {
    let parent = "Parameters:
  Use: {Type: String, AllowedValues: ['yes', 'no']}
Conditions:
  Cmk: !Equals [!Ref Use, 'yes']
Resources:
  Key: {Type: 'AWS::KMS::Key', Condition: Cmk}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./nested/child.yaml
      Parameters:
        KeyArn: !If [Cmk, !GetAtt Key.Arn, '']
        Names: !Join [',', [a, !Ref AWS::Region]]
  Outer:
    Type: AWS::A::B
    Properties: {Name: !GetAtt Child.Outputs.Vault, None: !GetAtt Child.Outputs.Nope}
";
    let child = format!(
        "Parameters:
  KeyArn: {{Type: String, Default: ''}}
  Names: {{Type: CommaDelimitedList}}
  Extra: {{Type: String, Default: e}}
Conditions:
  HasKey: !Not [!Equals [!Ref KeyArn, '']]
Resources:
  Vault:
    {VAULT}
  Other:
    Type: AWS::Backup::BackupVault
    Properties:
      EncryptionKeyArn: !If [HasKey, !Ref KeyArn, !Ref AWS::NoValue]
      BackupVaultName: !Sub ['${{N}}-${{Extra}}-${{AWS::StackName}}', {{N: !Select [1, !Ref Names]}}]
Outputs:
  Vault: {{Value: !Ref Vault}}
"
    );
    let loaded = loaded_files(&[("infra/t.yaml", parent), ("infra/nested/child.yaml", &child)], &[]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let unit = &*loaded.units[0];
    assert_eq!(unit.covers(), ["infra/nested/child.yaml"]);
    let addresses: Vec<&str> = unit.blocks().iter().map(|block| &*block.address).collect();
    assert_eq!(addresses, ["Key", "Child", "Outer", "Child/Vault", "Child/Other"]);
    let table: &[(&str, &str, &[&str])] = &[
        ("Child/Vault", "EncryptionKeyArn", &["Use is 'yes' => ⟦Key.Arn⟧", "Use is 'no' => \"\""]),
        ("Child/Other", "EncryptionKeyArn", &["Use is 'yes' => ⟦Key.Arn⟧", "Use is 'no' => absent"]),
        ("Child/Other", "BackupVaultName", &["always => ⟦AWS::Region⟧-e-⟦Child/AWS::StackName⟧"]),
        ("Outer", "Name", &["always => ⟦Child/Vault⟧"]),
        ("Outer", "None", &["always => error: the nested stack Child has no output Nope"]),
    ];
    for (address, property, expected) in table {
        assert_eq!(worlds(unit, address, property), *expected, "{address}.{property}");
    }
    let mut world = World::new(unit.inputs(), Mode::Free);
    assert_eq!(&*unit.find("Child/Vault", &mut world).unwrap().address, "Child/Vault");
}

#[test]
fn nested_templates_that_cannot_be_had() {
    let parent = |url: &str| {
        format!(
            "Resources:\n  C:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: {url}}}\n  R:\n    Type: AWS::A::B\n    Properties: {{P: !GetAtt C.Outputs.X}}\n"
        )
    };
    let gone = "always => unknown: the template of the nested stack C is not here";
    let table = [
        ("https://s3.amazonaws.com/b/t.yaml", None, gone),
        ("!Sub '${X}/t.yaml'", None, gone),
        ("missing.yaml", Some("the nested template missing.yaml can't be read: it does not exist"), gone),
        ("other.yaml", Some("other.yaml is no CloudFormation template"), gone),
        ("t.yaml", Some("t.yaml nests itself"), gone),
    ];
    for (url, problem, value) in table {
        let loaded = loaded_files(&[("t.yaml", &parent(url)), ("other.yaml", "a: 1")], &[]);
        let told: Vec<&str> =
            loaded.problems.iter().filter(|p| p.kind == "module").map(|p| p.message.as_str()).collect();
        assert_eq!(told, problem.into_iter().collect::<Vec<_>>(), "{url}");
        assert_eq!(worlds(&*loaded.units[0], "R", "P"), [value], "{url}");
    }
}

#[test]
fn cdk_output_and_stack_sets() {
    let cdk = r#"{"Resources": {"N": {"Type": "AWS::CloudFormation::Stack",
      "Properties": {"TemplateURL": {"Fn::Sub": "https://s3.${AWS::URLSuffix}/x"}, "Parameters": {"K": "k"}},
      "Metadata": {"aws:cdk:path": "S/N/Resource", "aws:asset:path": "N.nested.template.json"}}}}"#;
    let nested = r#"{"Parameters": {"K": {"Type": "String"}}, "Resources": {"V": {"Type": "AWS::Backup::BackupVault",
      "Properties": {"EncryptionKeyArn": {"Ref": "K"}}, "Metadata": {"aws:cdk:path": "S/N/V"}}}}"#;
    let loaded = loaded_files(&[("cdk.out/S.template.json", cdk), ("cdk.out/N.nested.template.json", nested)], &[]);
    assert_eq!(worlds(&*loaded.units[0], "N/V", "EncryptionKeyArn"), ["always => \"k\""]);
    assert_eq!(worlds(&*loaded.units[0], "N/V", "@Metadata"), ["always => {aws:cdk:path=\"S/N/V\"}"]);

    let set = "Resources:
  Set:
    Type: AWS::CloudFormation::StackSet
    Properties:
      Parameters: [{ParameterKey: KeyArn, ParameterValue: arn}]
      TemplateBody: |
        Parameters:
          KeyArn: {Type: String}
        Resources:
          Vault:
            Type: AWS::Backup::BackupVault
            Properties:
              EncryptionKeyArn: !Ref KeyArn
              BackupVaultName: !Sub 'v-${AWS::Region}'
";
    let memory = MemoryFiles::new([("t.yaml", set)]);
    let source = memory.read("t.yaml").unwrap();
    let loaded = load(&source, &memory, &Settings::default());
    let unit = &*loaded.units[0];
    assert_eq!(worlds(unit, "Set/Vault", "EncryptionKeyArn"), ["always => \"arn\""]);
    assert_eq!(worlds(unit, "Set/Vault", "BackupVaultName"), ["always => v-⟦Set/AWS::Region⟧"]);
    let vault = unit.blocks().iter().find(|block| &*block.address == "Set/Vault").unwrap();
    assert_eq!(source.slice(vault.header), "Vault");
    assert!(source.slice(vault.span).ends_with("!Sub 'v-${AWS::Region}'"));
}

#[test]
fn a_computed_body_of_a_stack_set() {
    let set = |body: &str| {
        format!(
            "Resources:\n  Set:\n    Type: AWS::CloudFormation::StackSet\n    Properties:\n      TemplateBody: {body}\n"
        )
    };
    let vault = "Resources: {V: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: NAME}}}";
    let folded = |name: &str| format!("!Sub |\n        {}", vault.replace("NAME", name));
    let json = r#"{"Resources": {"V": {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": "x"}}}}"#;
    let followed = [
        (folded("'x'"), "always => \"x\""),
        (folded("!Sub 'x-${!AWS::Region}-y'"), "always => x-⟦Set/AWS::Region⟧-y"),
        (format!("{{'Fn::Sub': '{json}'}}"), "always => \"x\""),
        (format!("!Sub ['{json}', {{}}]"), "always => \"x\""),
    ];
    for (body, name) in followed {
        let text = set(&body);
        assert_eq!(problems(&text), Vec::<String>::new(), "{body}");
        let loaded = loaded(&text, &[]);
        assert_eq!(worlds(&*loaded.units[0], "Set/V", "BackupVaultName"), [name], "{body}");
        let block = loaded.units[0].blocks().iter().find(|block| &*block.address == "Set/V").unwrap().clone();
        let end = block.span.end as usize;
        assert_eq!(text[block.header.start as usize..block.header.end as usize].trim_matches('"'), "V", "{body}");
        assert!(text[..end].ends_with("}}"), "{body}: {}", &text[..end]);
    }
    let told = "the template in this TemplateBody is put together when it is deployed: it is not judged";
    let computed = [
        (folded("'${AWS::Region}'"), vec![format!("5: «!Sub» {told}")]),
        (format!("{{'Fn::Join': ['', ['{json}']]}}"), vec![format!("5: «'Fn::Join'» {told}")]),
        ("!Sub 'Resources: {T: {Type: AWS::SNS::Topic, Properties: {X: ${AWS::Region}}}}'".to_owned(), vec![]),
    ];
    for (body, expected) in computed {
        let told: Vec<String> =
            problems(&set(&body)).iter().map(|told| told.split(" (write").next().unwrap().to_owned()).collect();
        assert_eq!(told, expected, "{body}");
        assert!(loaded(&set(&body), &[]).problems.iter().all(|problem| !problem.fatal && problem.help.is_some()));
    }
}

#[test]
fn loops_make_resources() {
    let text = "Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: 'a,b'}
Conditions:
  'Fn::ForEach::C':
    - N
    - [x, y]
    - 'Is${N}': !Equals [!Ref AWS::Region, !Ref N]
Resources:
  'Fn::ForEach::Fixed':
    - N
    - [One, Two]
    - 'Vault${N}':
        Type: AWS::Backup::BackupVault
        Properties:
          BackupVaultName: !Sub 'v-${N}-${AWS::Region}'
          EncryptionKeyArn: !GetAtt [!Sub 'Key${N}', Arn]
      'Key${N}': {Type: 'AWS::KMS::Key'}
  'Fn::ForEach::Open':
    - N
    - !Ref Names
    - 'Open${N}': {Type: 'AWS::A::B', Properties: {P: !Ref N}}
  'Fn::ForEach::Outer':
    - A
    - [p, q]
    - 'Fn::ForEach::Inner':
        - B
        - ['1', '2']
        - 'In${A}${B}': {Type: 'AWS::A::B', Properties: {P: !Sub '${A}/${B}'}}
";
    let loaded = loaded(text, &[("AWS::Region", "r")]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    let unit = &*loaded.units[0];
    let addresses: Vec<&str> = unit.blocks().iter().map(|block| &*block.address).collect();
    assert_eq!(
        addresses,
        ["VaultOne", "KeyOne", "VaultTwo", "KeyTwo", "Opena", "Openb", "Inp1", "Inp2", "Inq1", "Inq2"]
    );
    let table: &[(&str, &str, &[&str])] = &[
        ("VaultOne", "BackupVaultName", &["always => \"v-One-r\""]),
        ("VaultTwo", "EncryptionKeyArn", &["always => ⟦KeyTwo.Arn⟧"]),
        ("Inq2", "P", &["always => \"q/2\""]),
        (
            "Opena",
            "P",
            &[
                "Names is 'a,b' => \"a\"",
                "Names is not 'a,b' and !Ref Names contains 'a' => \"a\"",
                "Names is not 'a,b' and not (!Ref Names contains 'a') => no resource",
            ],
        ),
    ];
    for (address, property, expected) in table {
        assert_eq!(worlds(unit, address, property), *expected, "{address}.{property}");
    }
    let names = unit.named_values();
    assert!(names.iter().any(|name| &**name == "condition.Isx"), "{names:?}");
}

#[test]
fn a_loop_over_an_open_list_is_one_turn_that_stands_for_all() {
    let text = "Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList}
Conditions:
  'Fn::ForEach::C': [N, !Ref Names, {'Is${N}': !Equals [!Ref N, a]}]
Resources:
  'Fn::ForEach::Vaults':
    - N
    - !Ref Names
    - 'Key${N}':
        Type: AWS::KMS::Key
        Properties:
          EnableKeyRotation: !If ['Is${N}', true, false]
      'Vault&{N}':
        Type: AWS::Backup::BackupVault
        Condition: 'Is${N}'
        DependsOn: ['Key${N}']
        Properties:
          BackupVaultName: 'v-${N}-${Other}'
          EncryptionKeyArn: !GetAtt [!Sub 'Key${N}', Arn]
          BackupVaultTags: {'t${N}': !Sub 'x-${N}'}
          AccessPolicy: {'Fn::GetAtt': ['Key${N}', Arn]}
          Notifications: !Ref 'Key${N}'
";
    let open = loaded(text, &[]);
    assert!(open.problems.is_empty(), "{:?}", open.problems);
    let unit = &*open.units[0];
    let addresses: Vec<&str> = unit.blocks().iter().map(|block| &*block.address).collect();
    assert_eq!(addresses, ["Key[*]", "Vault[*]"]);
    let table: &[(&str, &str, &[&str])] = &[
        ("Key[*]", "EnableKeyRotation", &["N is 'a' => true", "N is not 'a' => false"]),
        ("Vault[*]", "BackupVaultName", &["N is 'a' => \"v-a-${Other}\"", "N is not 'a' => no resource"]),
        ("Vault[*]", "EncryptionKeyArn", &["N is 'a' => ⟦Key[*].Arn⟧", "N is not 'a' => no resource"]),
        ("Vault[*]", "AccessPolicy", &["N is 'a' => ⟦Key[*].Arn⟧", "N is not 'a' => no resource"]),
        ("Vault[*]", "Notifications", &["N is 'a' => ⟦Key[*]⟧", "N is not 'a' => no resource"]),
    ];
    for (address, property, expected) in table {
        assert_eq!(worlds(unit, address, property), *expected, "{address}.{property}");
    }
    let given = loaded(text, &[("Names", "a,b")]);
    let addresses: Vec<&str> = given.units[0].blocks().iter().map(|block| &*block.address).collect();
    assert_eq!(addresses, ["Keya", "Vaulta", "Keyb", "Vaultb"]);
}

#[test]
fn a_condition_may_choose_all_properties() {
    let text = "Parameters:\n  E: {Type: String, AllowedValues: [a, b]}\nConditions:\n  C: !Equals [!Ref E, a]\nResources:\n  R:\n    Type: AWS::A::B\n    Properties:\n      Fn::If: [C, {P: 1, Q: 2}, !If [C, {}, {P: 3}]]\n";
    let loaded = loaded(text, &[]);
    let unit = &*loaded.units[0];
    assert_eq!(unit.property_names(unit.blocks()[0].id), ["P".into(), "Q".into()]);
    assert_eq!(worlds(unit, "R", "P"), ["E is 'a' => 1", "E is 'b' => 3"]);
    assert_eq!(worlds(unit, "R", "Q"), ["E is 'a' => 2", "E is 'b' => absent"]);
}

#[test]
fn exports_are_imported() {
    let exporter = "Parameters:
  P: {Type: String, Default: x}
Resources:
  Key: {Type: 'AWS::KMS::Key'}
  Bucket: {Type: 'AWS::S3::Bucket'}
Outputs:
  A: {Value: arn, Export: {Name: arn-name}}
  B: {Value: !GetAtt Key.Arn, Export: {Name: !Sub '${P}-key'}}
  C: {Value: !Ref P, Export: {Name: p}}
  E: {Value: !GetAtt [Key, KeyId], Export: {Name: id}}
  F: {Value: !Ref Key, Export: {Name: ref}}
  G: {Value: !Ref Bucket, Export: {Name: bucket}}
";
    let importer = "Resources:
  R:
    Type: AWS::A::B
    Properties: {A: !ImportValue arn-name, B: !ImportValue x-key, C: !ImportValue p, D: !ImportValue none, E: !ImportValue id, F: !ImportValue ref, G: !ImportValue bucket}
";
    let memory = MemoryFiles::new([("e.yaml", exporter), ("i.yaml", importer)]);
    let unit = |path: &str| read(&memory.read(path).unwrap(), &memory, &Settings::default()).0.unwrap();
    let mut exports = Exports::new();
    exports.add(&unit("e.yaml"));
    exports.add(&unit("i.yaml"));
    let unit = unit("i.yaml").with_exports(Arc::new(exports));
    let table = [
        ("A", "always => \"arn\""),
        ("B", "always => arn:⟦AWS::Partition⟧:kms:⟦AWS::Region⟧:⟦AWS::AccountId⟧:key/⟦e.yaml:Key⟧"),
        ("C", "always => unknown: what e.yaml exports is known only when it is deployed"),
        ("E", "always => ⟦e.yaml:Key.KeyId⟧"),
        ("F", "always => ⟦e.yaml:Key.KeyId⟧"),
        ("G", "always => unknown: it is Bucket of e.yaml, which exports it"),
        ("D", "always => unknown: it is imported from another stack as none"),
    ];
    for (property, expected) in table {
        assert_eq!(worlds(&unit, "R", property), [expected], "{property}");
    }
}

#[test]
fn what_is_generated_is_unknown_and_no_problem() {
    let sam = "Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Timeout: 3}}
Resources:
  Fn: {Type: 'AWS::Serverless::Function'}
  V: {Type: 'AWS::Backup::BackupVault', Properties: {A: !GetAtt FnRole.Arn, B: !Ref ServerlessRestApi, C: 1}}
";
    let loaded_sam = loaded(sam, &[]);
    assert!(loaded_sam.problems.is_empty(), "{:?}", loaded_sam.problems);
    let unknown = "always => unknown: FnRole.Arn is not declared: AWS::Serverless-2016-10-31 may generate it";
    assert_eq!(worlds(&*loaded_sam.units[0], "V", "A"), [unknown]);
    assert_eq!(worlds(&*loaded_sam.units[0], "V", "C"), ["always => 1"]);
    let module = "Resources:
  M: {Type: 'My::S3::Bucket::MODULE'}
  V: {Type: 'AWS::A::B', Properties: {A: !Ref MBucket, B: !GetAtt M.Bucket.Arn}}
";
    let loaded = loaded(module, &[]);
    assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
    assert_eq!(worlds(&*loaded.units[0], "V", "A"), ["always => unknown: MBucket is part of the module M"]);
    assert_eq!(worlds(&*loaded.units[0], "V", "B"), ["always => unknown: M is a module"]);
}

#[test]
fn a_macro_over_the_template_may_add_what_is_not_written() {
    let text = "Transform: [Mine]\nResources:\n  V: {Type: 'AWS::Backup::BackupVault', Properties: {A: 1}}\n";
    let loaded = loaded(text, &[]);
    assert_eq!(problems(text), ["1: «[Mine]» the macro Mine is not run: what it adds or changes is not known"]);
    assert_eq!(worlds(&*loaded.units[0], "V", "A"), ["always => 1"]);
    let unknown = "always => unknown: the macro Mine may add B when the template is deployed";
    assert_eq!(worlds(&*loaded.units[0], "V", "B"), [unknown]);
}

#[test]
fn what_is_not_to_be_shown_is_not_read_into_values() {
    let text = "Parameters:\n  S: {Type: String, NoEcho: true}\nConditions:\n  C: !Equals [!Ref S, a-b]\nResources:\n  R:\n    Type: AWS::A::B\n    Properties: {P: !Select [0, !Split ['-', !Ref S]], Q: !Sub 'x${S}', C: !If [C, 1, 2]}\n";
    let loaded = loaded(text, &[("S", "a-b")]);
    let unit = &*loaded.units[0];
    assert_eq!(worlds(unit, "R", "P"), ["always => unknown: S has no value in the sources"]);
    assert_eq!(worlds(unit, "R", "Q"), ["always => (sensitive value)"]);
    assert_eq!(worlds(unit, "R", "C"), ["always => 1"]);
}

/// The text of a template's problems: place and message.
fn problems(text: &str) -> Vec<String> {
    let memory = MemoryFiles::new([("t.yaml", text)]);
    let source = memory.read("t.yaml").unwrap();
    let told = load(&source, &memory, &Settings::default()).problems;
    let line = |problem: &Problem| match &problem.place {
        Place::Span(span) => {
            format!("{}: «{}» {}", source.position(span.start).line, source.slice(*span), problem.message)
        }
        other => format!("{other:?}"),
    };
    let help = |problem: &Problem| problem.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
    told.iter().map(|problem| line(problem) + &help(problem)).collect()
}

#[test]
fn what_cloudformation_would_refuse_is_a_problem() {
    let head = "Parameters:\n  Name: {Type: String}\nMappings:\n  Conf: {a: {b: c}}\nConditions:\n  IsProd: !Equals [!Ref Name, p]\nResources:\n  Key: {Type: 'AWS::KMS::Key'}\n  R:\n    Type: AWS::A::B\n    Properties:\n      P: ";
    let table: &[(&str, &[&str])] = &[
        ("!Ref Name", &[]),
        (
            "!Ref Nam",
            &["12: «!Ref Nam» Nam is neither a parameter nor a resource of this template (did you mean Name?)"],
        ),
        ("!GetAtt Kye.Arn", &["12: «!GetAtt Kye.Arn» Kye is no resource of this template (did you mean Key?)"]),
        (
            "!Sub 'a${Nmae}'",
            &["12: «${Nmae}» Nmae is neither a parameter nor a resource of this template (did you mean Name?)"],
        ),
        ("!Sub ['${X}${Y}', {X: 1}]", &["12: «${Y}» Y is neither a parameter nor a resource of this template"]),
        ("!If [IsPord, a, b]", &["12: «IsPord» the condition IsPord is not defined (did you mean IsProd?)"]),
        ("!If [IsProd, a]", &["12: «!If [IsProd, a]» If takes 3 arguments, and 2 are written"]),
        (
            "!FindInMap [Cnf, a, b]",
            &["12: «!FindInMap [Cnf, a, b]» the mapping Cnf is not defined (did you mean Conf?)"],
        ),
        ("!FindInMap [Conf, a]", &["12: «!FindInMap [Conf, a]» FindInMap takes 3 to 4 arguments, and 2 are written"]),
        ("!Join ['-', [a], b]", &["12: «!Join ['-', [a], b]» Join takes 2 arguments, and 3 are written"]),
        ("!Sub '${AWS::Region}${!Nope}'", &[]),
        (
            "!Ref AWS::Regoin",
            &[
                "12: «!Ref AWS::Regoin» AWS::Regoin is neither a parameter nor a resource of this template (did you mean AWS::Region?)",
            ],
        ),
    ];
    for (property, expected) in table {
        assert_eq!(problems(&format!("{head}{property}\n")), *expected, "{property}");
    }
    let circle = "Conditions:\n  A: !Not [!Condition B]\n  B: !And [!Condition A, !Condition A]\n  C: !Condition C\nResources:\n  R: {Type: 'AWS::A::B', Condition: A}\n";
    let told = problems(circle);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("2: «A» the condition A is defined through itself"), "{told:?}");
    // A circle ends in an answer all the same.
    let unit = loaded(circle, &[]);
    assert!(!worlds(&*unit.units[0], "R", "P").is_empty());
    let double = problems("Resources:\n  R: {Type: 'AWS::A::B'}\n  R: {Type: 'AWS::A::C'}\n");
    assert_eq!(double, ["3: «R» the key 'R' is written twice: this one counts (remove one of them)"]);
}

#[test]
fn what_is_no_template_is_skipped_without_a_word() {
    let table = [
        ("deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {}}\n"),
        ("helm.yaml", "{{- if .Values.x }}\napiVersion: v1\n{{- end }}\n"),
        ("workflow.yml", "on: push\njobs: {a: {steps: [{run: x}]}}\n"),
        ("compose.yml", "services:\n  a:\n    image: x\n"),
        ("terraform.tfstate.json", "{\"version\": 4, \"resources\": []}"),
        ("guard.yaml", "- name: t\n  input:\n    Resources:\n      V: {Type: 'AWS::Backup::BackupVault'}\n"),
        ("tree.json", "{\"version\": \"tree-0.1\", \"tree\": {\"id\": \"App\"}}"),
        ("list.yaml", "- 1\n"),
        ("empty.yaml", ""),
        ("text.txt", "Resources are limited: use them well\n\tand: [carefully\n"),
        ("arm.json", "{\"$schema\": \"x\", \"resources\": [{\"type\": \"Microsoft.Web/sites\"}]}"),
        ("kube-resources.yaml", "Resources:\n  a: {Type: b}\n"),
    ];
    for (path, text) in table {
        let loaded = loaded_files(&[(path, text)], &[]);
        assert!(loaded.units.is_empty(), "{path}");
        assert!(loaded.problems.is_empty(), "{path}: {:?}", loaded.problems);
    }
}

#[test]
fn a_broken_template_is_told_with_its_place() {
    let table = [
        ("t.yaml", "Resources:\n  V:\n    Type: AWS::A::B\n   Properties: x\n", true),
        ("t.json", "{\"Resources\": {\"V\": {\"Type\": \"AWS::A::B\",}}}", true),
        ("t.template", "// c\n{\"Resources\": {\"V\": {\"Type\": \"AWS::A::B\"}}}", true),
        ("t.yaml", "Resources:\n  {% if x %}\n  V: {Type: 'AWS::A::B'}\n  {% endif %}\n", true),
    ];
    for (path, text, fatal) in table {
        let loaded = loaded_files(&[(path, text)], &[]);
        assert!(loaded.units.is_empty(), "{text}");
        assert_eq!(loaded.problems.len(), 1, "{text}: {:?}", loaded.problems);
        assert_eq!((loaded.problems[0].kind, loaded.problems[0].fatal), ("syntax", fatal), "{text}");
    }
}

#[test]
fn every_way_of_writing_a_template_is_read() {
    let json = "{\n\t\"Resources\": {\"R\": {\"Type\": \"AWS::A::B\", \"Properties\": {\"P\": {\"Fn::Sub\": \"${AWS::Region}\"}}}}}";
    let yaml = "Resources:\r\n  R:\r\n    Type: AWS::A::B\r\n    Properties:\r\n      P: !Sub '${AWS::Region}'\r\n";
    let anchors = "Resources:\n  A: &a {Type: 'AWS::A::B', Properties: &p {P: !Ref AWS::Region}}\n  R:\n    <<: *a\n";
    for text in [json, yaml, anchors] {
        let loaded = loaded(text, &[("AWS::Region", "r")]);
        assert_eq!(worlds(&*loaded.units[0], "R", "P"), ["always => \"r\""], "{text}");
    }
}

#[test]
fn the_chain_leads_from_the_property_to_the_deciding_text() {
    let text = "Parameters:
  Use:
    Type: String
    AllowedValues: ['true', 'false']
    Default: 'true'
  KeyArn: {Type: String, Default: ''}
Mappings:
  M: {a: {k: v}}
Conditions:
  Create: !Equals [!Ref Use, 'true']
Resources:
  R:
    Type: AWS::A::B
    Properties:
      P: !If [Create, x, !Ref AWS::NoValue]
      Q: !Ref KeyArn
      M: !FindInMap [M, a, k]
";
    let memory = MemoryFiles::new([("t.yaml", text)]);
    let source = memory.read("t.yaml").unwrap();
    let loaded = load(&source, &memory, &Settings::default());
    let unit = &*loaded.units[0];
    let told = |property: &str, leaf: usize, mode: Mode| {
        let tree = explore(unit.inputs(), mode, &|_| true, |world| {
            let instance = unit.find("R", world).unwrap();
            let value = unit.property(&instance, property, world);
            if property == "Q" {
                world.settle(unit.inputs().find("KeyArn").unwrap());
                return unit.property(&instance, property, world);
            }
            value
        });
        let value = &tree.leaves[leaf].result;
        let steps = value.origin.steps().map(|step| format!("«{}» {}", source.slice(step.span), step.note));
        let place = source.slice(value.origin.span.unwrap()).to_owned();
        (shown(value), std::iter::once(place).chain(steps).collect::<Vec<_>>())
    };
    assert_eq!(
        told("P", 1, Mode::Free),
        (
            "absent".to_owned(),
            vec![
                "!Ref AWS::NoValue".to_owned(),
                "«Create» chosen because Create is false".to_owned(),
                "«Create: !Equals [!Ref Use, 'true']» Create is false when Use is 'false'".to_owned(),
                "«'false'» 'false' is an allowed value of Use".to_owned(),
            ]
        )
    );
    assert_eq!(told("P", 0, Mode::Defaults).1[3], "«'true'» 'true' is the default of Use");
    assert_eq!(
        told("Q", 0, Mode::Free).1,
        ["''", "«!Ref KeyArn» taken from the parameter KeyArn, whose default this is"]
    );
    assert_eq!(told("M", 0, Mode::Free).1, ["v", "«!FindInMap [M, a, k]» looked up in the mapping M"]);
}

#[test]
fn hostile_texts_end_in_an_answer() {
    let deep_calls = format!("{}x{}", "!Join ['', [".repeat(90), "]]".repeat(90));
    let deep_map = format!("{}x{}", "{a: ".repeat(190), "}".repeat(190));
    let doubling: String =
        (0..64).map(|at| format!("  C{at}: !And [!Condition C{0}, !Condition C{0}]\n", at + 1)).collect();
    let many: String = (0..200).map(|at| format!("  C{at}: !Equals [!Ref P, v{at}]\n")).collect();
    let table = [
        format!("Resources:\n  R: {{Type: 'AWS::A::B', Properties: {{P: {deep_calls}}}}}\n"),
        format!("Resources:\n  R: {{Type: 'AWS::A::B', Properties: {{P: {deep_map}}}}}\n"),
        format!("Conditions:\n{doubling}  C64: !Equals [!Ref AWS::Region, x]\nResources:\n  R: {{Type: 'AWS::A::B', Condition: C0}}\n"),
        format!("Parameters:\n  P: {{Type: String}}\nConditions:\n{many}Resources:\n  R: {{Type: 'AWS::A::B', Condition: C7}}\n"),
        "Resources:\n  R: {Type: 'AWS::A::B', Properties: {P: !Sub '${', Q: !Sub '${}', R: !Sub {a: b}, S: !If x, T: !Select [], U: !Cidr x, V: !Ref [], W: !GetAtt []}}\n".to_owned(),
        "Resources:\n  R: {Type: 'AWS::A::B', Properties: [1], Condition: [x]}\nOutputs: 1\nConditions: []\nParameters: {P: 1}\nRules: x\nTransform: {}\n".to_owned(),
        format!("Resources:\n  R: {{Type: 'AWS::A::B', Properties: {{P: '{}'}}}}\n", "x".repeat(5_000_000)),
        "Resources:\n  'Fn::ForEach::X': [A, {Ref: A}, {}]\n  'Fn::ForEach::Y': x\n  R: {Type: 'AWS::A::B'}\n".to_owned(),
    ];
    for text in table {
        let start: String = text.chars().take(60).collect();
        let loaded = loaded(&text, &[]);
        if let Some(unit) = loaded.units.first() {
            for property in ["P", "Q", "R", "S", "T", "U", "V", "W"] {
                assert!(!worlds(&**unit, "R", property).is_empty(), "{start}");
            }
        }
    }
}
