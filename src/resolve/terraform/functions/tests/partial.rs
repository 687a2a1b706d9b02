//! Arguments that are known in part: exact where the result is the same for every content, else unknown with a reason.

use super::check;

#[test]
fn symbols_flow_through() {
    check(
        r##"
coalesce(null, "", k.arn) => string ⟦aws_kms_key.k.arn⟧
coalesce("", k.arn, "x") => string ⟦aws_kms_key.k.arn⟧
coalesce("x", k.arn) => string "x"
compact(["", k.arn, null]) => list(string) [⟦aws_kms_key.k.arn⟧]
one(compact([k.arn, ""])) => string ⟦aws_kms_key.k.arn⟧
concat([k.arn], ["a"]) => tuple([string,string]) [⟦aws_kms_key.k.arn⟧,"a"]
element([k.arn, "b"], -2) => string ⟦aws_kms_key.k.arn⟧
flatten([[k.arn], ["x"]]) => tuple([string,string]) [⟦aws_kms_key.k.arn⟧,"x"]
merge({a = k.arn}, {b = 1}) => object({a:string,b:number}) {"a":⟦aws_kms_key.k.arn⟧,"b":1}
lookup({a = k.arn}, "a", "x") => string ⟦aws_kms_key.k.arn⟧
lookup({a = 1}, "b", k.arn) => string ⟦aws_kms_key.k.arn⟧
values({a = k.arn}) => tuple([string]) [⟦aws_kms_key.k.arn⟧]
keys({a = k.arn}) => tuple([string]) ["a"]
zipmap(["a"], [k.arn]) => object({a:string}) {"a":⟦aws_kms_key.k.arn⟧}
coalescelist([], [k.arn]) => tuple([string]) [⟦aws_kms_key.k.arn⟧]
chunklist([k.arn, "b"], 1) => list(list(string)) [[⟦aws_kms_key.k.arn⟧],["b"]]
setproduct([k.arn], ["b"]) => list(tuple([string,string])) [[⟦aws_kms_key.k.arn⟧,"b"]]
matchkeys([k.arn], ["a"], ["a"]) => list(string) [⟦aws_kms_key.k.arn⟧]
reverse([k.arn, 1]) => tuple([number,string]) [1,⟦aws_kms_key.k.arn⟧]
sort([k.arn]) => list(string) [⟦aws_kms_key.k.arn⟧]
tolist([k.arn]) => list(string) [⟦aws_kms_key.k.arn⟧]
sensitive(k.arn) => string ⟦aws_kms_key.k.arn⟧
substr(k.arn, 0, -1) => string ⟦aws_kms_key.k.arn⟧
join("", [k.arn]) => string ⟦aws_kms_key.k.arn⟧
join(",", [k.arn, "b"]) => string `⟦aws_kms_key.k.arn⟧,b`
join(k.id, ["a", "b"]) => string `a⟦aws_kms_key.k.id⟧b`
split(",", join(",", [k.arn, "b"])) => list(string) [⟦aws_kms_key.k.arn⟧,"b"]
format("%s/x", k.arn) => string `⟦aws_kms_key.k.arn⟧/x`
format("%q", k.arn) => string `"⟦aws_kms_key.k.arn⟧"`
format("%d", k.count) => string unknown: aws_kms_key.k.count is known only after apply
format("%d-x", k.count) => string `⟦?⟧-x`
formatlist("arn:%s", [k.arn, "b"]) => list(string) [`arn:⟦aws_kms_key.k.arn⟧`,"arn:b"]
"##,
    );
}

#[test]
fn what_a_symbol_can_not_change_is_known() {
    check(
        r##"
length([k.arn]) => number 1
length({a = k.arn}) => number 1
length(toset([k.arn, j.arn])) => number 2
contains([k.arn, "x"], "x") => bool true
contains([k.arn], k.arn) => bool true
contains([k.arn], j.arn) => bool false
contains([k.arn], "") => bool false
contains([k.arn], "alias/x") => bool false
contains([k.arn], "arn:x") => bool unknown: aws_kms_key.k.arn is known only after apply
toset([k.arn, "b"]) => set(string) ["b",⟦aws_kms_key.k.arn⟧]
index(["a", k.arn], "a") => number 0
toset([k.arn, k.arn]) => set(string) [⟦aws_kms_key.k.arn⟧]
distinct([k.arn, k.arn, j.arn]) => list(string) [⟦aws_kms_key.k.arn⟧,⟦aws_kms_key.j.arn⟧]
setunion([k.arn], [j.arn, k.arn]) => set(string) [⟦aws_kms_key.k.arn⟧,⟦aws_kms_key.j.arn⟧]
setsubtract([k.arn, j.arn], [j.arn]) => set(string) [⟦aws_kms_key.k.arn⟧]
alltrue([k.flag, false]) => bool false
anytrue([k.flag, true]) => bool true
trimspace(" ${k.arn}\n") => string ⟦aws_kms_key.k.arn⟧
chomp("${k.arn}\n") => string ⟦aws_kms_key.k.arn⟧
trimprefix("x${k.arn}", "x") => string ⟦aws_kms_key.k.arn⟧
lower(k.arn) => string ⟦aws_kms_key.k.arn⟧
trimsuffix(k.arn, "/") => string ⟦aws_kms_key.k.arn⟧
replace(k.arn, "eu-west-1", "us-east-1") => string `arn:⟦?⟧:kms:⟦?⟧:⟦?⟧:key/⟦?⟧`
trimsuffix("${k.arn}/*", "*") => string `⟦aws_kms_key.k.arn⟧/`
startswith("x${k.arn}", "x") => bool true
startswith("x${k.arn}", "y") => bool false
startswith(k.arn, "arn:") => bool true
startswith(k.arn, "alias/") => bool false
endswith("${k.arn}/*", "/*") => bool true
strcontains("a/b${k.arn}", "/b") => bool true
regexall("x", "y") => list(string) []
"##,
    );
}

#[test]
fn json_keeps_symbols_in_their_places() {
    check(
        r##"
jsonencode({a = k.arn, b = "x\"${k.arn}", c = null}) => string `{"a":"⟦aws_kms_key.k.arn⟧","b":"x\"⟦aws_kms_key.k.arn⟧","c":null}`
jsonencode(k.count) => string ⟦aws_kms_key.k.count⟧
jsonencode([k.count]) => string `[⟦aws_kms_key.k.count⟧]`
jsondecode(jsonencode({s = [{r = [k.arn, "${k.arn}/*"], a = "kms:*"}]})) => object({s:tuple([object({a:string,r:tuple([string,string])})])}) {"s":[{"a":"kms:*","r":[⟦aws_kms_key.k.arn⟧,`⟦aws_kms_key.k.arn⟧/*`]}]}
jsondecode("{\"a\": \"${k.arn}\", \"n\": ${k.count}}") => object({a:string,n:dynamic}) {"a":⟦aws_kms_key.k.arn⟧,"n":⟦aws_kms_key.k.count⟧}
jsondecode("{\"${k.arn}\": 1}") => dynamic unknown: aws_kms_key.k.arn is known only after apply
jsondecode("[1${k.count}]") => dynamic unknown: aws_kms_key.k.count is known only after apply
jsondecode(k.policy) => dynamic unknown: aws_kms_key.k.policy is known only after apply
jsondecode("{\"a\": \"${k.arn}\"") => error
"##,
    );
}

#[test]
fn the_rest_is_unknown_with_its_reason() {
    check(
        r##"
upper(k.arn) => string unknown: aws_kms_key.k.arn is known only after apply
sha256(k.arn) => string unknown: aws_kms_key.k.arn is known only after apply
replace(k.arn, "a", "b") => string unknown: aws_kms_key.k.arn is known only after apply
split("/", k.arn) => list(string) unknown: aws_kms_key.k.arn is known only after apply
length(k.arn) => number unknown: aws_kms_key.k.arn is known only after apply
regex("a(.)", k.arn) => tuple([string]) unknown: aws_kms_key.k.arn is known only after apply
regexall("a", k.arn) => list(string) unknown: aws_kms_key.k.arn is known only after apply
sort([k.arn, "b"]) => list(string) unknown: aws_kms_key.k.arn is known only after apply
index([k.arn, "arn:a"], "arn:a") => number unknown: aws_kms_key.k.arn is known only after apply
zipmap([k.arn], ["a"]) => dynamic unknown: aws_kms_key.k.arn is known only after apply
base64encode(k.arn) => string unknown: aws_kms_key.k.arn is known only after apply
yamlencode({a = k.arn}) => string unknown: aws_kms_key.k.arn is known only after apply
range(k.count) => list(number) unknown: aws_kms_key.k.count is known only after apply
timestamp() => string unknown: timestamp() gives another result in each run
timeadd(timestamp(), "1h") => string unknown: timestamp() gives another result in each run
uuid() => string unknown: uuid() gives another result in each run
bcrypt("x") => string unknown: bcrypt() gives another result in each run
base64gzip("x") => string unknown: the compressed bytes of base64gzip are not computed
issensitive("x") => bool unknown: sensitivity of values is not tracked
"##,
    );
}
