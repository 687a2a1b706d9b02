//! Strings and regular expressions.

use super::check;

#[test]
fn string_functions_give_what_terraform_gives() {
    check(
        r##"
chomp("a\n\r\n\n") => string "a"
chomp("a\nb") => string "a\nb"
endswith("abc","bc") => bool true
startswith("abc","") => bool true
strcontains("abc","bd") => bool false
strcontains("abc","") => bool true
indent(2,"a\nb\n") => string "a\n  b\n  "
indent(-1,"a") => error
indent(1.5,"a") => error
upper("straße éa ŉ") => string "STRAßE ÉA ŉ"
lower("ÀÉİΣ") => string "àéiσ"
title("hello wOrld-foo_bar éa 3d it's") => string "Hello WOrld-Foo_bar Éa 3d It'S"
replace("hello","/l+/","<$0>") => string "he<ll>o"
replace("hello","/(l)(l)/","$2-${1}x$1y$$z$") => string "hel-1x$z$o"
replace("a.b",".","-") => string "a-b"
replace("abc","","-") => string "-a-b-c-"
replace("abc","/","-") => string "abc"
replace("abc","//","-") => string "-a-b-c-"
replace("aXbX","/(?i)x/","$") => string "a$b$"
replace("abc","/b*/","-") => string "-a-c-"
replace("a","/(?P<n>a)/","${n}${nope}$n_") => error
replace("a","/[/","x") => error
split(",","a,b,,c") => list(string) ["a","b","","c"]
split("","abé") => list(string) ["a","b","é"]
split(",","") => list(string) [""]
split("","") => list(string) []
strrev("añb👨‍👩‍👧") => string "👨‍👩‍👧bña"
strrev("") => string ""
substr("hello",1,2) => string "el"
substr("hello",-3,0) => string "llo"
substr("hello",-3,2) => string "ll"
substr("hello",-10,2) => string "he"
substr("hello",2,-1) => string "llo"
substr("hello",5,1) => string ""
substr("hello",6,1) => string ""
substr("hello",9,-1) => string ""
substr("",0,1) => string ""
substr("héllo👨‍👩‍👧x",1,5) => string "éllo👨‍👩‍👧"
substr("abc",0,0) => string ""
substr("abc",1.5,1) => error
trim("??!hello?!","!?") => string "hello"
trim("hello","") => string "hello"
trimprefix("hello","he") => string "llo"
trimprefix("hello","x") => string "hello"
trimspace("  \t\u00a0a b \n") => string "a b"
trimsuffix("hello","lo") => string "hel"
"##,
    );
}

#[test]
fn regular_expressions_match_as_re2_does() {
    check(
        r##"
regex("a(b)?(c)","ac") => tuple([string,string]) [null,"c"]
regex("(?P<x>a)(?P<y>b)?","a") => object({x:string,y:string}) {"x":"a","y":null}
regex("^[a-z]+$","abc") => string "abc"
regex("\\bfoo\\b","a foo b") => string "foo"
regex("[[:^alpha:]]","ab1") => string "1"
regex("\\p{Lu}","aÉ") => string "É"
regex("(?s).","\n") => string "\n"
regex("a{2,3}","caaaa") => string "aaa"
regex("a{,3}","a{,3}") => string "a{,3}"
regex("(?x)a","a") => error
regex("a**","a") => error
regex("(?<n>a)","a") => object({n:string}) {"n":"a"}
regex("\\Qa.b\\E","a.b") => string "a.b"
regex("[a&&b]","&") => string "&"
regex("\\d","٣") => error
regex("é+","caféé") => string "éé"
regexall("\\d+","a1b22") => list(string) ["1","22"]
regexall("a*","baac") => list(string) ["","aa",""]
regexall("(a)(b)?","aab") => list(tuple([string,string])) [["a",null],["a","b"]]
regexall("(?P<x>.)","ab") => list(object({x:string})) [{"x":"a"},{"x":"b"}]
regexall("z","a") => list(string) []
regex("(a)(?P<x>b)","ab") => error
regex("z","a") => error
regex("(","a") => error
regex("\\C","a") => error
regex("\\z","a") => string ""
regex("(?i:A)b","ab") => string "ab"
regex("[^]a]","]b") => string "b"
regex("[\\d-x]","-") => string "-"
regex("x{1001}","x") => error
"##,
    );
}
