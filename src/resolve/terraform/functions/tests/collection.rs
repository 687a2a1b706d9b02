//! Collections and conversions.

use super::check;

#[test]
fn collection_functions_give_what_terraform_gives() {
    check(
        r##"
contains([null],null) => error
contains(["a"],tostring(null)) => error
lookup({a=1},"b",null) => dynamic null
coalesce(null,1) => number 1
coalesce(null, "", "b") => string "b"
coalesce("", 1) => string "1"
coalesce([], ["a"]) => list(string) []
coalesce({}, {a=1}) => map(number) {}
coalesce("", null) => error
coalesce(tolist([]),tolist([1])) => list(number) []
concat([1],["a"]) => tuple([number,string]) [1,"a"]
concat(tolist([1]),tolist(["a"])) => list(string) ["1","a"]
concat(tolist([1]),["a"]) => tuple([number,string]) [1,"a"]
concat([]) => tuple([]) []
concat(null,[]) => error
concat(toset(["a"]),[]) => error
merge(null,{a=1}) => object({a:number}) {"a":1}
merge(tomap({a=1}),tomap({b="x"})) => object({a:number,b:string}) {"a":1,"b":"x"}
merge(tomap({a="1"}),tomap({b="x"})) => map(string) {"a":"1","b":"x"}
merge(tomap({a="1"}),{b=1}) => object({a:string,b:number}) {"a":"1","b":1}
merge({a=1},{b=2}) => object({a:number,b:number}) {"a":1,"b":2}
merge({a=1},{a="x"}) => object({a:string}) {"a":"x"}
merge() => object({}) {}
merge(["a"]) => error
merge(null) => object({}) {}
flatten([[1,[2]],[[]],3,null]) => tuple([number,number,number,dynamic]) [1,2,3,null]
flatten(toset([["a"],["b"]])) => tuple([string,string]) ["a","b"]
flatten(tolist([["a"],["b"]])) => tuple([string,string]) ["a","b"]
flatten({}) => error
keys({b=1,a=2}) => tuple([string,string]) ["a","b"]
keys(tomap({b=1,a=2})) => list(string) ["a","b"]
keys({}) => tuple([]) []
values(tomap({b=1,a=2})) => list(number) [2,1]
values({b=1,a="x"}) => tuple([string,number]) ["x",1]
element([],0) => error
element(["a","b"],5) => string "b"
element(tolist(["a"]),0) => string "a"
index(["a","b"],"b") => number 1
lookup(tomap({a=1}),"b","3") => number 3
lookup({a=null},"a","x") => dynamic null
one([]) => dynamic null
one(tolist([])) => dynamic null
one(toset(["x"])) => string "x"
transpose({a=["x","y"],b=["y"]}) => map(list(string)) {"x":["a"],"y":["a","b"]}
transpose({}) => map(list(string)) {}
transpose({a=null}) => error
zipmap(["a","b"],[1,"x"]) => object({a:number,b:string}) {"a":1,"b":"x"}
zipmap(["a","a"],tolist([1,2])) => map(number) {"a":2}
zipmap([],[]) => object({}) {}
zipmap([null],[1]) => error
setproduct(["a","b"],[1,"x"]) => list(tuple([string,string])) [["a","1"],["a","x"],["b","1"],["b","x"]]
setproduct(["a","b"],toset([2,1])) => set(tuple([string,number])) [["a",1],["a",2],["b",1],["b",2]]
setproduct(["a"],[]) => list(tuple([string,dynamic])) []
setproduct(["a"],[true,1]) => error
slice(["a","b","c"],1,2) => tuple([string]) ["b"]
slice(tolist(["a"]),1,1) => list(string) []
slice(["a"],2,2) => error
slice([1,2],1,0) => error
slice("abc",0,1) => error
setunion(["b"],["a","b"],[1]) => set(string) ["1","a","b"]
setunion([],[]) => set(dynamic) []
setintersection(["b",1],["1"],["1","2"]) => set(string) ["1"]
setsubtract(["b","c"],["c"]) => set(string) ["b"]
setsubtract(["b","c"],[]) => set(string) ["b","c"]
sort(["b","a",1,"B",""]) => list(string) ["","1","B","a","b"]
sort([]) => list(string) []
reverse(toset(["a","b"])) => list(string) ["b","a"]
reverse([1,"a"]) => tuple([string,number]) ["a",1]
matchkeys(["a","b","c"],["x","y","x"],["x"]) => list(string) ["a","c"]
matchkeys(["a"],["x","y"],["x"]) => error
matchkeys(["a"],[1],["1"]) => list(string) ["a"]
distinct(["a","b","a"]) => list(string) ["a","b"]
distinct([1,"1"]) => list(string) ["1"]
distinct([]) => list(dynamic) []
distinct([{a=1},{a=1},{a=2}]) => list(object({a:number})) [{"a":1},{"a":2}]
chunklist([1,2,3],2) => list(list(number)) [[1,2],[3]]
chunklist([1,2,3],0) => list(list(number)) [[1,2,3]]
chunklist([],2) => list(list(dynamic)) []
chunklist([1],-1) => error
compact(["a","",null]) => list(string) ["a"]
compact(toset(["b","a",""])) => list(string) ["a","b"]
coalescelist([],["a"]) => tuple([string]) ["a"]
coalescelist(tolist([]),tolist(["x"])) => list(string) ["x"]
coalescelist([],[]) => error
coalescelist(["a"],null) => error
alltrue([true,null]) => bool false
alltrue(["true",true]) => bool true
alltrue([1]) => error
anytrue([false,"true"]) => bool true
anytrue([]) => bool false
index([1],"1") => error
length("👨‍👩‍👧x") => number 2
length({a=1}) => number 1
length(toset(["a","a"])) => number 1
length("") => number 0
compact([1,null,true]) => list(string) ["1","true"]
join(",",[1,true]) => string "1,true"
join(",",["a"],["b"]) => string "a,b"
join(",",[]) => string ""
join("",toset(["b","a"])) => string "ab"
join(1,["a","b"]) => string "a1b"
"##,
    );
}

#[test]
fn conversions_give_what_terraform_gives() {
    check(
        r##"
tolist(toset(["b","a"])) => list(string) ["a","b"]
toset([true,false,"x"]) => set(string) ["false","true","x"]
tomap({a=1,b="x"}) => map(string) {"a":"1","b":"x"}
tomap([1]) => error
tolist([1,"a",true]) => list(string) ["1","a","true"]
tolist([1,true]) => error
tolist("a") => error
tolist({a=1}) => error
toset([[1],[2]]) => set(tuple([number])) [[1],[2]]
toset([{a=2},{a=1}]) => set(object({a:number})) [{"a":1},{"a":2}]
toset([3,20,1]) => set(number) [1,3,20]
tobool("true") => bool true
tobool("1") => bool true
tobool(1) => error
tobool("True") => error
tonumber("1.50") => number 1.5
tonumber(true) => error
tonumber("") => error
tostring(1.50) => string "1.5"
tostring([1]) => error
tostring(null) => string null
tonumber(null) => number null
nonsensitive(1) => number 1
list(1) => error
map("a",1) => error
nosuch(1) => error
"##,
    );
}
