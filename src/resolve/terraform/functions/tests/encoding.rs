//! Encodings, hashes and CSV.

use super::check;

#[test]
fn encodings_and_hashes_give_what_terraform_gives() {
    check(
        r##"
jsondecode("[1] ]") => tuple([number]) [1]
base64encode("héllo") => string "aMOpbGxv"
base64decode("aGk") => error
base64decode("aGk=\n") => string "hi"
base64decode("aGl=") => string "hi"
base64decode("/w==") => error
base64decode("a b=") => error
base64decode("") => string ""
textencodebase64("hé","UTF-16") => string "/v8AaADp"
textencodebase64("hé","UTF-16LE") => string "aADpAA=="
textencodebase64("hé","utf-8") => string "aMOp"
textencodebase64("hé","US-ASCII") => error
textencodebase64("h","US-ASCII") => string "aA=="
textencodebase64("hé","ISO-8859-1") => string "aOk="
textencodebase64("h","nope") => error
textdecodebase64("aADpAA==","UTF-16LE") => string "hé"
textdecodebase64("//5oAA==","UTF-16") => string "h"
textdecodebase64("aOk=","iso-8859-1") => string "hé"
textdecodebase64("/w==","UTF-8") => error
textdecodebase64("a","UTF-8") => error
urlencode("a b&c=é~*-_.") => string "a+b%26c%3D%C3%A9~%2A-_."
md5("x") => string "9dd4e461268c8034f5c8564e155c67a6"
sha1("é") => string "bf15be717ac1b080b4f1c456692825891ff5073d"
sha256("") => string "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
sha512("x") => string "a4abd4448c49562d828115d13a1fccea927f52b4d5459297f8b43e42da89238bc13626e43dcb38ddb082488927ec904fb42057443983e88585179d50551afe62"
base64sha256("x") => string "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
base64sha512("x") => string "pKvURIxJVi2CgRXROh/M6pJ/UrTVRZKX+LQ+QtqJI4vBNibkPcs43bCCSIkn7JBPtCBXRDmD6IWFF51QVRr+Yg=="
uuidv5("dns","example.com") => string "cfbff0d1-9375-5685-968c-48ce8b15ae17"
uuidv5("url","https://x") => string "48d34be5-10a3-5c30-96ef-9cf9a60110f2"
uuidv5("oid","1.2") => string "b4fe3335-a2ae-5c75-889c-b1247a0f6f02"
uuidv5("x500","a") => string "54a0a790-c611-5b5b-b50e-ff01490ecdfa"
uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8","x") => string "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"
uuidv5("{6ba7b810-9dad-11d1-80b4-00c04fd430c8}","x") => string "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"
uuidv5("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8","x") => string "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"
uuidv5("6ba7b8109dad11d180b400c04fd430c8","x") => string "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a"
uuidv5("nope","x") => error
csvdecode("a,b\n1,\"x\"\"y\"\n\n2,z\n") => list(object({a:string,b:string})) [{"a":"1","b":"x\"y"},{"a":"2","b":"z"}]
csvdecode("a,b\r\n1,2\r\n") => list(object({a:string,b:string})) [{"a":"1","b":"2"}]
csvdecode("a,b\n1\n") => error
csvdecode("a\n\"x") => error
csvdecode("a\n\"x\ny\"\n") => list(object({a:string})) [{"a":"x\ny"}]
csvdecode("a,b\n1,\"x\"y\n") => error
csvdecode("a,b\n1,x\"y\n") => error
csvdecode("a,a\n1,2") => error
csvdecode("a,b\n") => list(object({a:string,b:string})) []
csvdecode("") => error
csvdecode("\n") => error
csvdecode("a,b\n,\n") => list(object({a:string,b:string})) [{"a":"","b":""}]
csvdecode("a, b\n1, 2\n") => list(object({ b:string,a:string})) [{" b":" 2","a":"1"}]
base64gunzip("H4sIAAAAAAAA/8tIzcnJBwCGphA2BQAAAA==") => string "hello"
base64gunzip("aGVsbG8=") => error
urldecode("a%20b+c%C3%A9") => string "a b cé"
urldecode("%zz") => error
"##,
    );
}
