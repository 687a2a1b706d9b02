//! `format`, `formatlist` and JSON.

use super::check;

#[test]
fn formats_give_what_terraform_gives() {
    check(
        r##"
format("%v", 10000000) => string "1e+07"
format("%v", 123456) => string "123456"
format("%v", 0.00001) => string "1e-05"
format("%g",1234567.5) => string "1.2345675e+06"
format("%.3g",1234567.5) => string "1.23e+06"
format("%.3g",0.00012345) => string "0.000123"
format("%.10g",100) => string "100"
format("%.2e",1234567.5) => string "1.23e+06"
format("%E",0.00012) => string "1.200000E-04"
format("%8.2f|%-8.1f|%08.3f|%+.1f|% .1f",1.005,2.25,3.14159,2,3) => string "    1.00|2.2     |0003.142|+2.0| 3.0"
format("%f",0) => string "0.000000"
format("%g",0) => string "0"
format("%G",1e-10) => string "1E-10"
format("%v",1e21) => string "1e+21"
format("%v",-0.5) => string "-0.5"
format("%e",0) => string "0.000000e+00"
format("%.0f",2.5) => string "2"
format("%.0f",1e20) => string "100000000000000000000"
format("%d",1e20) => string "100000000000000000000"
format("%d",1.5) => error
format("%d","12") => string "12"
format("%d","x") => error
format("%5d|%-5d|%05d|%+d|% d|%x|%#x|%X|%#X|%b|%#b|%o|%#o", 42,42,42,42,42,255,255,255,255,5,5,8,8) => string "   42|42   |00042|+42| 42|ff|0xff|FF|0XFF|101|0b101|10|010"
format("%.5d|%8.3d|%-8.3d|%08.3d",42,42,42,42) => string "00042|     042|042     |     042"
format("%05d",-42) => string "-0042"
format("%[2]s %[1]s", "a","b") => string "b a"
format("%[2]s %s", "a","b","c") => string "b c"
format("%[1]s %[1]s", "a") => string "a a"
format("%s") => error
format("%") => error
format("%s","a","b") => error
format("a","b") => error
format("%z",1) => error
format("%!",1) => error
format("100%%") => string "100%"
format("%5s|%-5s|%.2s|%05s|%5q","a","b","xyz","z","q") => string "    a|b    |xy|0000z|  \"q\""
format("%.0s","abc") => string "abc"
format("%s",null) => error
format("%v",null) => string "null"
format("%#v",null) => string "null"
format("%#v","a") => string "\"a\""
format("%v",[1,"a"]) => string "[1,\"a\"]"
format("%v",{b=1,a=[true]}) => string "{\"a\":[true],\"b\":1}"
format("%v",true) => string "true"
format("%#v",1e7) => string "10000000"
format("%s",[1]) => error
format("%t","true") => string "true"
format("%t",1) => error
format("%t","1") => string "true"
format("%q","a<b>\"") => string "\"a\\u003cb\\u003e\\\"\""
format("%q",1) => string "\"1\""
format("%10v|%-10v|%010v",1.5,true,"x") => string "       1.5|true      |000000000x"
format("%s","${1/0}") => string "+Inf"
format("%d",1/0) => error
format("%f",1/0) => string "+Inf"
format("%v",1/0) => string "+Inf"
format("% x",255) => string " ff"
format("%.s","abc") => string "abc"
format("%2$s","a") => error
format("%*d",1,2) => error
format(5) => string "5"
formatlist("%s-%s",["a","b"],"x") => list(string) ["a-x","b-x"]
formatlist("%s-%s",["a","b"],["x"]) => error
formatlist("%s") => error
formatlist("x") => list(string) ["x"]
formatlist("%s",[]) => list(string) []
formatlist("%s","a") => list(string) ["a"]
formatlist("%s=%s",["a"],[null]) => error
formatlist("%s",toset(["b","a"])) => list(string) ["a","b"]
formatlist("%v",{a=1}) => list(string) ["{\"a\":1}"]
"##,
    );
}

#[test]
fn json_is_written_and_read_as_terraform_does() {
    check(
        r##"
jsonencode({b=1.50,a=[null,true,{}],"x y"=[]}) => string "{\"a\":[null,true,{}],\"b\":1.5,\"x y\":[]}"
jsonencode(toset(["b","a"])) => string "[\"a\",\"b\"]"
jsonencode(1e50) => string "100000000000000000000000000000000000000000000000000"
jsonencode(1/3) => string "0.33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333335"
jsonencode(1/0) => error
jsondecode("{\"a\":[1,2.50,\"x\\u00e9\\ud83d\\ude00\",null,true]}") => object({a:tuple([number,number,string,dynamic,bool])}) {"a":[1,2.5,"xé😀",null,true]}
jsondecode("  1  ") => number 1
jsondecode("1 2") => error
jsondecode("") => error
jsondecode("{\"a\":1,\"a\":2}") => object({a:number}) {"a":2}
jsondecode("{\"a\":1,\"a\":\"x\"}") => error
jsondecode("[1,]") => error
jsondecode("{a:1}") => error
jsondecode("01") => error
jsondecode("1.") => error
jsondecode("-") => error
jsondecode("123456789012345678901234567890") => number 123456789012345678901234567890
jsondecode("\"\\x\"") => error
jsondecode("\"a\nb\"") => error
jsondecode("nul") => error
jsondecode("null") => dynamic null
jsondecode("\"\\ud800\"") => string "�"
jsondecode("[]") => tuple([]) []
jsondecode("{}") => object({}) {}
jsondecode("[1] ]") => tuple([number]) [1]
"##,
    );
}
