//! Numbers.

use super::check;

#[test]
fn numeric_functions_give_what_terraform_gives() {
    check(
        r##"
sum([1,"2",0.5]) => number 3.5
sum([1,null]) => error
sum(["a"]) => error
sum(toset([1,1])) => number 1
sum({a=1}) => error
range(0) => list(number) []
range(-3) => list(number) [0,-1,-2]
range(1,4) => list(number) [1,2,3]
range(10,0,-3) => list(number) [10,7,4,1]
range(0,10,-1) => error
range(5,1) => list(number) [5,4,3,2]
range(1,2,0.25) => list(number) [1,1.25,1.5,1.75]
range(1025) => error
range("2") => list(number) [0,1]
abs("-5") => number 5
abs(-1,2) => error
ceil("1.2") => number 2
floor(-1.5) => number -2
ceil(-0.5) => number 0
floor(1/0) => number +Inf
log(16,2) => number 4
log(0,10) => number -Inf
log(1,0) => number -0
pow(2,10) => number 1024
pow(2,"0.5") => number 1.4142135623730951
pow(0,-1) => number +Inf
pow(10,400) => number +Inf
signum(-2.5) => error
signum(-5) => number -1
parseint("ff",16) => number 255
parseint("-FF",16) => number -255
parseint("Zz",62) => number 3817
parseint("12345678901234567890123",10) => number 12345678901234567890123
parseint("",10) => error
parseint("8",8) => error
parseint("1",63) => error
parseint("+5",10) => number 5
min(1,"0.5") => number 0.5
max(3,1/0) => number +Inf
max("a") => error
"##,
    );
}
