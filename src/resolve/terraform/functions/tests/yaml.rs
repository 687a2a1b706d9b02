//! YAML.

use super::check;

#[test]
fn yaml_is_read_as_terraform_does() {
    check(
        r##"
yamldecode("a: 1\nb: [yes, 'no', 0x1F, 0o17, 017, 1_000, 2020-01-01, ~, 1e3, .5, abc, +1, -1.5, 1., .inf, 0b1, 1:30, 'x']\n") => object({a:number,b:tuple([bool,string,number,number,number,string,string,dynamic,number,number,string,number,number,number,number,string,string,string])}) {"a":1,"b":[true,"no",31,15,17,"1_000","2020-01-01T00:00:00Z",null,1000,0.5,"abc",1,-1.5,1,+Inf,"0b1","1:30","x"]}
yamldecode("- !!str 1\n- |\n  12\n- >-\n  a\n  b\n- \"12\"\n- !!int \"12\"") => tuple([string,string,string,string,string]) ["1","12\n","a b","12","12"]
yamldecode("") => error
yamldecode("a") => string "a"
yamldecode("# c") => error
yamldecode("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2") => object({a:object({b:number}),c:object({b:number,d:number})}) {"a":{"b":1},"c":{"b":1,"d":2}}
yamldecode("a: &x {b: 1}\nc:\n  b: 3\n  <<: *x\n  d: 2") => object({a:object({b:number}),c:object({b:number,d:number})}) {"a":{"b":1},"c":{"b":1,"d":2}}
yamldecode("a: &x {b: 1}\nc:\n  <<: [*x, {e: 1}]") => error
yamldecode("<<: 1") => error
yamldecode("'<<': {a: 1}") => object({a:number}) {"a":1}
yamldecode("---\na: 1\n---\nb: 2") => error
yamldecode("---\na: 1\n...\n") => object({a:number}) {"a":1}
yamldecode("a: 1\na: 2") => object({a:number}) {"a":2}
yamldecode("1: x\ntrue: y") => object({1:string,true:bool}) {"1":"x","true":true}
yamldecode("? [a]\n: b") => error
yamldecode("~: 1") => error
yamldecode("a:") => object({a:dynamic}) {"a":null}
yamldecode("- \n-") => tuple([dynamic,dynamic]) [null,null]
yamldecode("{a: 1, b: }") => object({a:number,b:dynamic}) {"a":1,"b":null}
yamldecode("a: !foo 1") => error
yamldecode("a: !!binary aGk=") => object({a:string}) {"a":"aGk="}
yamldecode("a: !!binary x") => error
yamldecode("a: !!bool yes\nb: !!null x\nc: !!float 1\nd: !!str yes") => object({a:bool,b:dynamic,c:number,d:string}) {"a":true,"b":null,"c":1,"d":"yes"}
yamldecode("a: *x") => error
yamldecode("a: &x [*x]") => error
yamldecode("a: b: c") => error
yamldecode("[1, 2") => error
yamldecode("a: 2020-01-01T00:00:00Z\nb: 2020-1-2 3:4:5\nc: 2020-01-01T00:00:00+02:00\nd: 2020-13-01\ne: 2020-01-01t01:02:03.5Z\nf: 2020-01-01 00:00:00 Z") => object({a:string,b:string,c:string,d:string,e:string,f:string}) {"a":"2020-01-01T00:00:00Z","b":"2020-01-02T03:04:05Z","c":"2020-01-01T00:00:00+02:00","d":"2020-13-01","e":"2020-01-01T01:02:03Z","f":"2020-01-01 00:00:00 Z"}
yamldecode("a: |\n  x\n   y\n\nb: >\n  x\n  y\n\n  z\n") => object({a:string,b:string}) {"a":"x\n y\n","b":"x y\nz\n"}
yamldecode("a: \"x\\ny\\u00e9\"\nb: 'it''s'") => object({a:string,b:string}) {"a":"x\nyé","b":"it's"}
yamldecode("a: nan\nb: NULL\nc: Yes\nd: oFF\ne: \"\"\nf: ''") => object({a:string,b:dynamic,c:bool,d:string,e:string,f:string}) {"a":"nan","b":null,"c":true,"d":"oFF","e":"","f":""}
yamldecode("a: .nan") => error
yamldecode("a: 12e03\nb: 0.1\nc: 1e\nd: 0x\ne: 0xZZ\nf: 1__0\ng: -0x1F\nh: 12345678901234567890123") => object({a:number,b:number,c:string,d:string,e:string,f:string,g:string,h:number}) {"a":12000,"b":0.1,"c":"1e","d":"0x","e":"0xZZ","f":"1__0","g":"-0x1F","h":12345678901234567890123}
yamldecode("\"a\"") => string "a"
yamldecode("[]") => tuple([]) []
yamldecode("{}") => object({}) {}
yamldecode("null") => dynamic null
yamldecode("%YAML 1.1\n---\na: 1") => object({a:number}) {"a":1}
yamldecode("a: 'x\n  y'") => object({a:string}) {"a":"x y"}
yamldecode("a: x #c\nb: 'y' # d") => object({a:string,b:string}) {"a":"x","b":"y"}
yamldecode("- a\n- - b\n  - c\n-\n  d: e") => tuple([string,tuple([string,string]),object({d:string})]) ["a",["b","c"],{"d":"e"}]
yamldecode("x: y\n z: w") => error
yamldecode("a: @x") => error
yamldecode("a: `x") => error
yamldecode("a: |\n  12") => object({a:string}) {"a":"12"}
yamldecode("a: |-\n  true") => object({a:string}) {"a":"true"}
yamldecode("a: >-\n  null") => object({a:string}) {"a":null}
"##,
    );
}

#[test]
fn yaml_is_written_as_terraform_does() {
    check(
        r##"
yamlencode({a=1,b=["x\ny",{c=null}],d={},e=[],f="multi\n"}) => string "\"a\": 1\n\"b\":\n- |-\n  x\n  y\n- \"c\": null\n\"d\": {}\n\"e\": []\n\"f\": |\n  multi\n"
yamlencode("x") => string "\"x\"\n"
yamlencode("x\ny") => string "|-\n  x\n  y\n"
yamlencode("x\ny\n") => string "|\n  x\n  y\n"
yamlencode("x\ny\n\n") => string "|+\n  x\n  y\n\n"
yamlencode("\n") => string "|2+\n\n"
yamlencode("\n\n") => string "|2+\n\n\n"
yamlencode(" x\ny") => string "|2-\n   x\n  y\n"
yamlencode("x \ny") => string "\"x \\ny\"\n"
yamlencode("x\ny ") => string "\"x\\ny \"\n"
yamlencode("x\n y\n") => string "|\n  x\n   y\n"
yamlencode("x\n\ny") => string "|-\n  x\n\n  y\n"
yamlencode("a\tb\nc") => string "\"a\\tb\\nc\"\n"
yamlencode("a\rb") => string "\"a\\rb\"\n"
yamlencode("a\rb\nc") => string "\"a\\rb\\nc\"\n"
yamlencode("é😀\u0007\u0085\u00a0\u2028\ufeff") => string "\"é\\U0001F600\\a\\N \\L\\uFEFF\"\n"
yamlencode("é\nx") => string "|-\n  é\n  x\n"
yamlencode(1.5) => string "1.5\n...\n"
yamlencode(null) => string "null\n...\n"
yamlencode(true) => string "true\n...\n"
yamlencode([]) => string "[]\n"
yamlencode({}) => string "{}\n"
yamlencode([[1,[2]],[[]],{a=[1]}]) => string "- - 1\n  - - 2\n- - []\n- \"a\":\n  - 1\n"
yamlencode({a={b={c=[1,{d=2,e="x\ny"}]}}}) => string "\"a\":\n  \"b\":\n    \"c\":\n    - 1\n    - \"d\": 2\n      \"e\": |-\n        x\n        y\n"
yamlencode([{a=1,b=2},{c=[3]}]) => string "- \"a\": 1\n  \"b\": 2\n- \"c\":\n  - 3\n"
yamlencode({"x y"=1,"a:b"=2,""=3,"1"=4,"true"=5}) => string "\"\": 3\n\"1\": 4\n\"a:b\": 2\n\"true\": 5\n\"x y\": 1\n"
yamlencode({"a\nb"=1}) => string "? |-\n  a\n  b\n: 1\n"
yamlencode(toset(["b","a"])) => string "- \"a\"\n- \"b\"\n"
yamlencode("long ${join(" ",range(100))}") => string "\"long 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28\n  29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55\n  56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82\n  83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99\"\n"
yamlencode({a="long ${join(" ",range(60))}"}) => string "\"a\": \"long 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26\n  27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53\n  54 55 56 57 58 59\"\n"
yamlencode("long\n${join(" ",range(100))}") => string "|-\n  long\n  0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99\n"
yamlencode({"${join("",range(100))}"=1}) => string "? \"0123456789101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899\"\n: 1\n"
yamlencode({"${join("",range(60))}"=1}) => string "\"01234567891011121314151617181920212223242526272829303132333435363738394041424344454647484950515253545556575859\": 1\n"
yamlencode("\"\\/") => string "\"\\\"\\\\/\"\n"
yamlencode({a=["x\ny\n"],b=1}) => string "\"a\":\n- |\n  x\n  y\n\"b\": 1\n"
yamlencode(["\n x"]) => string "- |2-\n\n   x\n"
yamlencode("a\n\u0001b") => string "\"a\\n\\x01b\"\n"
"##,
    );
}
