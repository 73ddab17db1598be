-- A mistake in a pattern raises an error when the match reaches it.
("a"):find("%")                                --> malformed pattern (ends with '%')
("a"):match("a%")                              --> malformed pattern (ends with '%')
("b"):match("a%")                              --> nil
("a"):match("[a")                              --> malformed pattern (missing ']')
("a"):match("[]")                              --> malformed pattern (missing ']')
("a"):match("[^]")                             --> malformed pattern (missing ']')
("a"):match("[a-")                             --> malformed pattern (missing ']')
("a"):match("[a%")                             --> malformed pattern (missing ']')
("a"):match("[a%]")                            --> malformed pattern (missing ']')
("a"):match("b[")                              --> nil
("a"):match("(a")                              --> unfinished capture
("a"):match("(a))")                            --> invalid pattern capture
("a"):match("a)")                              --> invalid pattern capture
("b"):match("a)")                              --> nil
("a"):match("%1")                              --> invalid capture index
("a"):match("(a)%2")                           --> invalid capture index
("a"):match("(a%1)")                           --> invalid capture index
("a"):match("%0")                              --> invalid capture index
("a"):match("(%0)")                            --> invalid capture index
("a"):match("%b")                              --> unbalanced pattern
("a"):match("%bx")                             --> unbalanced pattern
("a"):match("%f")                              --> missing '[' after '%f' in pattern
("a"):match("%fa")                             --> missing '[' after '%f' in pattern
("a"):match("%f[a")                            --> malformed pattern (missing ']')
("a"):match(("(a?)"):rep(33))                  --> too many captures
("a"):match(("()"):rep(33))                    --> too many captures
("abc"):gsub("(.", "x")                        --> xxx, 3
("abc"):gsub("(.", "%1")                       --> unfinished capture
("abc"):gsub("(.", {})                         --> unfinished capture
("abc"):gsub("(.", print)                      --> unfinished capture
("abc"):gsub("(.)", "%2")                      --> invalid capture index
("abc"):gsub(".", "%2")                        --> invalid capture index
("abc"):gsub("%", "x")                         --> malformed pattern (ends with '%')
("abc"):find("(b")                             --> unfinished capture
string.gmatch("abc", "(b")()                   --> unfinished capture
string.gmatch("abc", "%")()                    --> malformed pattern (ends with '%')
type(string.gmatch("abc", "%"))                --> function

-- A replacement that is not a string or number raises an error when it is used.
("a"):gsub("a", function() return {} end)      --> invalid replacement value (a table)
("a"):gsub("a", function() return true end)    --> invalid replacement value (a boolean)
("a"):gsub("a", function() return print end)   --> invalid replacement value (a function)
("a"):gsub("a", {a = true})                    --> invalid replacement value (a boolean)
("a"):gsub("a", {a = {}})                      --> invalid replacement value (a table)
("a"):gsub("b", {a = {}})                      --> a, 0
("a"):gsub("a", function() error("no luck", 0) end)  --> no luck

-- The error has the number of the wrong argument. The object of a method call is not counted.
string.find()                                  --> bad argument #1 to 'find' (string expected, got no value)
string.find("a")                               --> bad argument #2 to 'find' (string expected, got no value)
string.find("a", {})                           --> bad argument #2 to 'find' (string expected, got table)
string.find(nil, "a")                          --> bad argument #1 to 'find' (string expected, got nil)
("a"):find()                                   --> bad argument #1 to 'find' (string expected, got no value)
("a"):find(nil)                                --> bad argument #1 to 'find' (string expected, got nil)
("a"):find("a", "x")                           --> bad argument #2 to 'find' (number expected, got string)
("a"):find("a", {})                            --> bad argument #2 to 'find' (number expected, got table)
string.match("a", true)                        --> bad argument #2 to 'match' (string expected, got boolean)
string.match({}, "a")                          --> bad argument #1 to 'match' (string expected, got table)
("a"):match()                                  --> bad argument #1 to 'match' (string expected, got no value)
string.gmatch("a")                             --> bad argument #2 to 'gmatch' (string expected, got no value)
("a"):gmatch()                                 --> bad argument #1 to 'gmatch' (string expected, got no value)
("a"):gmatch(print)                            --> bad argument #1 to 'gmatch' (string expected, got function)
string.gsub("x")                               --> bad argument #2 to 'gsub' (string expected, got no value)
string.gsub("x", "x")                          --> bad argument #3 to 'gsub' (string/function/table expected)
string.gsub("x", "x", nil)                     --> bad argument #3 to 'gsub' (string/function/table expected)
string.gsub("x", "x", true)                    --> bad argument #3 to 'gsub' (string/function/table expected)
("x"):gsub("x")                                --> bad argument #2 to 'gsub' (string/function/table expected)
("x"):gsub("x", print, "n")                    --> bad argument #3 to 'gsub' (number expected, got string)
string.rep()                                   --> bad argument #1 to 'rep' (string expected, got no value)
string.rep(nil)                                --> bad argument #1 to 'rep' (string expected, got nil)
string.rep("x")                                --> bad argument #2 to 'rep' (number expected, got no value)
string.rep("x", "y")                           --> bad argument #2 to 'rep' (number expected, got string)
("x"):rep()                                    --> bad argument #1 to 'rep' (number expected, got no value)
("x"):rep({})                                  --> bad argument #1 to 'rep' (number expected, got table)
("x"):rep("y")                                 --> bad argument #1 to 'rep' (number expected, got string)
string.len()                                   --> bad argument #1 to 'len' (string expected, got no value)
string.len({})                                 --> bad argument #1 to 'len' (string expected, got table)
string.sub()                                   --> bad argument #1 to 'sub' (string expected, got no value)
string.sub("x")                                --> bad argument #2 to 'sub' (number expected, got no value)
string.sub("x", {})                            --> bad argument #2 to 'sub' (number expected, got table)
("x"):sub()                                    --> bad argument #1 to 'sub' (number expected, got no value)
("x"):sub(1, {})                               --> bad argument #2 to 'sub' (number expected, got table)
string.upper()                                 --> bad argument #1 to 'upper' (string expected, got no value)
string.upper({})                               --> bad argument #1 to 'upper' (string expected, got table)
string.lower(nil)                              --> bad argument #1 to 'lower' (string expected, got nil)
string.reverse(false)                          --> bad argument #1 to 'reverse' (string expected, got boolean)
string.byte()                                  --> bad argument #1 to 'byte' (string expected, got no value)
string.byte({})                                --> bad argument #1 to 'byte' (string expected, got table)
("x"):byte({})                                 --> bad argument #1 to 'byte' (number expected, got table)
string.char("x")                               --> bad argument #1 to 'char' (number expected, got string)
string.char(1, {})                             --> bad argument #2 to 'char' (number expected, got table)
string.char(-1)                                --> bad argument #1 to 'char' (invalid value)
string.char(256)                               --> bad argument #1 to 'char' (invalid value)
string.char(65, 1000)                          --> bad argument #2 to 'char' (invalid value)
string.dump()                                  --> bad argument #1 to 'dump' (function expected, got no value)
string.dump(1)                                 --> bad argument #1 to 'dump' (function expected, got number)
string.dump(print)                             --> unable to dump given function

-- In a method call, the object itself can be wrong.
({rep = string.rep}):rep(3)                    --> calling 'rep' on bad self (string expected, got table)
({len = string.len}):len()                     --> calling 'len' on bad self (string expected, got table)
({find = string.find}):find("x")               --> calling 'find' on bad self (string expected, got table)
local s = {upper = string.upper}
s:upper()                                      --> calling 'upper' on bad self (string expected, got table)
s.upper(s)                                     --> bad argument #1 to 'upper' (string expected, got table)

-- The error has the name that the caller uses for the function, or ? when there is none.
local shout = string.upper
shout()                                        --> bad argument #1 to 'shout' (string expected, got no value)
shout({})                                      --> bad argument #1 to 'shout' (string expected, got table)
(string.upper)()                               --> bad argument #1 to 'upper' (string expected, got no value)
pcall(string.byte, "x", {}) == false           --> true
string.rep(string.rep())                       --> bad argument #1 to 'rep' (string expected, got no value)
string.rep(("x"):rep())                        --> bad argument #1 to 'rep' (number expected, got no value)
("x"):rep(string.rep("1", {}))                 --> bad argument #2 to 'rep' (number expected, got table)
