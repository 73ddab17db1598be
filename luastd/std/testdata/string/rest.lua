-- sub returns a part of a string. Negative indices count from the end.
("123456789"):sub(2, 4)                        --> 234
("123456789"):sub(7)                           --> 789
("123456789"):sub(7, 6)                        --> 
("123456789"):sub(7, 7)                        --> 7
("123456789"):sub(0, 0)                        --> 
("123456789"):sub(-10, 10)                     --> 123456789
("123456789"):sub(1, 9)                        --> 123456789
("123456789"):sub(-10, -20)                    --> 
("123456789"):sub(-1)                          --> 9
("123456789"):sub(-4)                          --> 6789
("123456789"):sub(-6, -4)                      --> 456
("123456789"):sub(0)                           --> 123456789
("123456789"):sub(0, 3)                        --> 123
("123456789"):sub(3, 100)                      --> 3456789
("123456789"):sub(10)                          --> 
("123456789"):sub(100, 200)                    --> 
("123456789"):sub("2", "3")                    --> 23
("123456789"):sub(2.9, 3.9)                    --> 23
("123456789"):sub(-2.9)                        --> 89
("123456789"):sub(2, nil)                      --> 23456789
(""):sub(1), (""):sub(-1), (""):sub(0)         --> , , 
("hello"):sub(-math.huge)                      --> hello
("hello"):sub(1, -math.huge)                   --> 
("hello"):sub(1, -6)                           --> 
string.sub(12345, 2, 3)                        --> 23

-- byte returns the codes of bytes, by default of one byte.
("A"):byte()                                   --> 65
("ABC"):byte(2)                                --> 66
("ABC"):byte(-1)                               --> 67
("ABC"):byte(1, -1)                            --> 65, 66, 67
("ABC"):byte(1, 2)                             --> 65, 66
("ABC"):byte(2, 1)                             --> 
("ABC"):byte(0)                                --> 
("ABC"):byte(10)                               --> 
("ABC"):byte(-10)                              --> 
("ABC"):byte(-10, 2)                           --> 65, 66
("ABC"):byte(0, 1)                             --> 65
("ABC"):byte(2, 100)                           --> 66, 67
("ABC"):byte(nil)                              --> 65
("ABC"):byte(nil, -1)                          --> 65, 66, 67
("ABC"):byte("2")                              --> 66
(""):byte()                                    --> 
select("#", (""):byte())                       --> 0
("\0\255"):byte(1, -1)                         --> 0, 255
("hi"):byte(9, 10)                             --> 
#{(("x"):rep(7990)):byte(1, -1)}               --> 7990
string.byte(7)                                 --> 55

-- char is the inverse of byte.
string.char()                                  --> 
string.char(72, 105)                           --> Hi
string.char("72", 105.9)                       --> Hi
string.char(0, 255) == "\0\255"                --> true
string.char(("hello"):byte(1, -1))             --> hello

-- rep repeats a string, reverse reverses it, and len returns its length.
("ab"):rep(3)                                  --> ababab
("ab"):rep(1)                                  --> ab
("ab"):rep(0)                                  --> 
("ab"):rep(-1)                                 --> 
("ab"):rep("2")                                --> abab
("ab"):rep(2.9)                                --> abab
(""):rep(10)                                   --> 
(""):rep(1000000)                              --> 
string.rep(7, 3)                               --> 777
#(("abc"):rep(100000))                         --> 300000
("a\0b"):rep(2) == "a\0ba\0b"                  --> true
("hello"):reverse()                            --> olleh
(""):reverse()                                 --> 
("a\0b"):reverse() == "b\0a"                   --> true
string.reverse(123)                            --> 321
("hello"):len()                                --> 5
(""):len()                                     --> 0
("a\0b"):len()                                 --> 3
string.len(12.5)                               --> 4
string.len(1234)                               --> 4

-- upper and lower change ASCII letters and keep all other bytes.
("Hello, World 1!"):upper()                    --> HELLO, WORLD 1!
("Hello, World 1!"):lower()                    --> hello, world 1!
("abc"):lower()                                --> abc
("ABC"):upper()                                --> ABC
(""):upper()                                   --> 
("\195\169"):upper() == "\195\169"             --> true
("\195\137x"):lower() == "\195\137x"           --> true
("a\0b"):upper() == "A\0B"                     --> true
("@AZ[`az{"):lower(), ("@AZ[`az{"):upper()     --> @az[`az{, @AZ[`AZ{
string.upper(12)                               --> 12

-- A number that is converted to a string has up to 14 digits.
string.rep(0.1 + 0.2, 1)                       --> 0.3
string.rep(2^53, 1)                            --> 9.007199254741e+15
string.len(1/3)                                --> 16
string.format("%s %s %s", 1e15, 1e100, -0.5)   --> 1e+15 1e+100 -0.5
string.format("%s %s", 1/0, -1/0)              --> inf -inf
("x"):gsub("x", 1/3)                           --> 0.33333333333333, 1
("x"):gsub("x", function() return 1e15 end)    --> 1e+15, 1

-- The functions of the library are methods of strings. A script cannot replace their metatable.
("x"):rep(2):upper()                           --> XX
#("x"):rep(5)                                  --> 5
("x").len == string.len                        --> true
("x").nothing                                  --> nil
string.nothing                                 --> nil
type(string.find)                              --> function

-- A script can change the table string.
function string.trim(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end
("  x "):trim()                                --> x
string.trim = nil
("x").trim                                     --> nil
