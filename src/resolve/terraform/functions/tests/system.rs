//! Networks, dates, paths, files and the functions of providers.

use super::check;

#[test]
fn networks_are_computed_as_terraform_does() {
    check(
        r##"
cidrhost("10.0.0.0/24",5) => string "10.0.0.5"
cidrhost("10.0.0.7/24",-1) => string "10.0.0.255"
cidrhost("10.0.0.0/24",-256) => string "10.0.0.0"
cidrhost("10.0.0.0/24",-257) => error
cidrhost("10.0.0.0/24",256) => error
cidrhost("10.0.0.0/24",1.5) => error
cidrhost("fd00::/64",5) => string "fd00::5"
cidrhost("2001:db8::/32",18446744073709551616) => string "2001:db8:0:1::"
cidrhost("10.0.0.0/32",0) => string "10.0.0.0"
cidrhost("10.0.0/24",0) => error
cidrhost("10.0.0.0/33",0) => error
cidrhost("010.0.0.0/8",1) => string "10.0.0.1"
cidrhost("10.0.0.0",1) => error
cidrhost("0.0.0.0/0",4294967295) => string "255.255.255.255"
cidrhost("::/0",1) => string "::1"
cidrnetmask("172.16.0.0/12") => string "255.240.0.0"
cidrnetmask("0.0.0.0/0") => string "0.0.0.0"
cidrnetmask("::/0") => error
cidrsubnet("10.0.0.0/8",8,2) => string "10.2.0.0/16"
cidrsubnet("10.0.0.0/8",8,256) => error
cidrsubnet("10.0.0.0/8",8,-1) => string "0.1.0.0/16"
cidrsubnet("10.0.0.0/8",8,-300) => error
cidrsubnet("10.1.0.0/16",4,-3) => string "0.0.48.0/20"
cidrsubnet("10.0.0.0/8",25,1) => error
cidrsubnet("10.0.0.0/8",0,0) => string "10.0.0.0/8"
cidrsubnet("fd00:fd12:3456:7890::/56",16,162) => string "fd00:fd12:3456:7800:a200::/72"
cidrsubnet("fd00::/8",64,18446744073709551615) => string "fdff:ffff:ffff:ffff:ff00::/72"
cidrsubnet("10.0.0.0/8",-1,0) => string "10.0.0.0/7"
cidrsubnet("10.0.0.0/8",24,16777215) => string "10.255.255.255/32"
cidrsubnets("10.1.0.0/16",4,4,8,4) => list(string) ["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]
cidrsubnets("10.1.0.0/16") => list(string) []
cidrsubnets("10.1.0.0/16",0) => error
cidrsubnets("10.1.0.0/16",33) => error
cidrsubnets("10.1.0.0/16",17) => error
cidrsubnets("10.1.0.0/30",1,1,1) => error
cidrsubnets("fd00::/56",16,8) => list(string) ["fd00::/72","fd00:0:0:1::/64"]
cidrsubnets("10.0.0.0/8",2,24,1) => list(string) ["10.0.0.0/10","10.64.0.0/32","10.128.0.0/9"]
cidrsubnets("255.255.255.0/24",1,1) => list(string) ["255.255.255.0/25","255.255.255.128/25"]
cidrsubnets("255.255.255.0/24",1,1,8) => error
cidrsubnets("0.0.0.0/0",1,1) => error
cidrcontains("10.0.0.0/8","10.1.0.0/16") => bool true
cidrcontains("10.0.0.0/8","0.0.0.0/0") => bool false
cidrcontains("10.0.0.0/8","11.0.0.1") => bool false
cidrcontains("10.0.0.0/8","::1") => error
cidrcontains("10.0.0.0","10.0.0.1") => error
cidrcontains("10.0.0.0/8","x") => error
"##,
    );
}

#[test]
fn dates_are_computed_as_terraform_does() {
    check(
        r##"
timeadd("2020-01-01T00:00:00Z","1h30m") => string "2020-01-01T01:30:00Z"
timeadd("2020-01-01T00:00:00.5Z","500ms") => string "2020-01-01T00:00:01Z"
timeadd("2020-01-01T00:00:00+02:00","-36h") => string "2019-12-30T12:00:00+02:00"
timeadd("2020-01-01T00:00:00Z","1.5h") => string "2020-01-01T01:30:00Z"
timeadd("2020-01-01T00:00:00Z","1d") => error
timeadd("2020-01-01T00:00:00Z","0") => string "2020-01-01T00:00:00Z"
timeadd("2020-01-01T00:00:00Z","") => error
timeadd("2020-01-01T00:00:00Z",".5s1us2µs") => string "2020-01-01T00:00:00Z"
timeadd("2020-01-01T00:00:00Z","9999999h") => error
timeadd("9999-12-31T23:59:59Z","1s") => string "10000-01-01T00:00:00Z"
timeadd("0000-01-01T00:00:00Z","-1s") => string "-0001-12-31T23:59:59Z"
timeadd("2020-01-01 00:00:00Z","1h") => error
timeadd("2021-02-29T00:00:00Z","1h") => error
timeadd("2020-01-01T24:00:00Z","1h") => error
timeadd("2020-01-01T00:00:60Z","1h") => error
timeadd("2020-01-01T00:00:00","1h") => error
timeadd("2020-01-01t00:00:00z","1h") => error
timeadd("2020-01-01T00:00:00-00:00","1h") => string "2020-01-01T01:00:00Z"
timecmp("2020-01-01T00:00:00Z","2020-01-01T02:00:00+02:00") => number 0
timecmp("2020-01-01T00:00:00Z","2020-01-01T00:00:01Z") => number -1
timecmp("x","2020-01-01T00:00:01Z") => error
formatdate("EEEE, DD MMM YYYY hh:mm ZZZ 'at' '''x''' H aa","2020-02-29T15:04:05-07:00") => string "Saturday, 29 Feb 2020 15:04 -0700 at 'x' 3 pm"
formatdate("EEE D M MMMM YY h HH m s ss ZZZZ ZZZZZ Z AA","2020-03-01T00:04:05Z") => string "Sun 1 3 March 20 0 12 4 5 05 +0000 +00:00 Z AM"
formatdate("ZZZ Z","2020-03-01T00:04:05+05:30") => string "+0530 +05:30"
formatdate("b","2020-02-29T15:04:05Z") => error
formatdate("MMMMM","2020-02-29T15:04:05Z") => error
formatdate("'x","2020-02-29T15:04:05Z") => error
formatdate("''","2020-02-29T15:04:05Z") => string "'"
formatdate("","2020-02-29T15:04:05Z") => string ""
formatdate("é'Y'Y","2020-02-29T15:04:05Z") => error
formatdate("éYYYY","2020-02-29T15:04:05Z") => string "é2020"
formatdate("ZZ","2020-02-29T15:04:05Z") => error
"##,
    );
}

#[test]
fn paths_and_files() {
    check(
        r##"
basename("/a/b/") => string "b"
basename("") => string "."
basename("a") => string "a"
basename("//") => string "/"
dirname("/a/b/") => string "/a/b"
dirname("a") => string "."
dirname("") => string "."
dirname("/") => string "/"
dirname("/a") => string "/"
dirname("a//b/../c") => string "a"
dirname("../a") => string ".."
dirname("./a") => string "."
dirname("../../x/y") => string "../../x"
pathexpand("a/b") => string "a/b"
pathexpand("~x/y") => error
file("nope.txt") => error
fileexists("nope.txt") => bool false
fileset("nope","*") => set(string) []
filemd5("nope") => error
file("a.txt") => string "hello\n"
file("d") => error
filebase64("a.txt") => string "aGVsbG8K"
filesha256("a.txt") => string "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
filemd5("./d/../a.txt") => string "b1946ac92492d2347c6235b4d2611184"
fileexists("a.txt") => bool true
fileexists("d") => error
fileset(".","*") => set(string) ["a.txt"]
fileset(".","**") => set(string) ["a.txt","d/b.json","d/e/c.json","d/x.tmp"]
fileset("d","**/*.{json,txt}") => set(string) ["b.json","e/c.json"]
fileset("d","?.json") => set(string) ["b.json"]
fileset("d","[a-b].json") => set(string) ["b.json"]
fileset("d","[!a-b].*") => set(string) ["x.tmp"]
fileset("d","../a.txt") => set(string) ["../a.txt"]
fileset("d","{b") => error
abspath("x/../y") => string "/work/y"
abspath("/x/./y") => string "/x/y"
"##,
    );
}

#[test]
fn functions_of_providers_that_are_pure() {
    check(
        r##"
provider::aws::arn_parse("arn:aws:kms:eu-west-1:123456789012:key/x:y") => object({account_id:string,partition:string,region:string,resource:string,service:string}) {"account_id":"123456789012","partition":"aws","region":"eu-west-1","resource":"key/x:y","service":"kms"}
provider::aws::arn_parse("x") => error
provider::aws::arn_parse("arn:aws:kms") => error
provider::aws::arn_build("aws","iam","","123456789012","role/x") => string "arn:aws:iam::123456789012:role/x"
provider::aws::trim_iam_role_path("arn:aws:iam::123456789012:role/a/b/c") => string "arn:aws:iam::123456789012:role/c"
provider::aws::trim_iam_role_path("arn:aws:iam::123456789012:user/a") => error
provider::terraform::encode_expr({a=1,"b c"=["x",null],long_name={z=true}}) => string "{\n  a         = 1\n  \"b c\"     = [\"x\", null]\n  long_name = {\n    z = true\n  }\n}"
provider::terraform::encode_tfvars({a=1,b="x$${y}"}) => string "a = 1\nb = \"x$${y}\"\n"
provider::terraform::encode_tfvars({"a b"=1}) => error
"##,
    );
}
