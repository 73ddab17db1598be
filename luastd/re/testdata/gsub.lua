re.gsub("hello world", "o", "0")                --> hell0 w0rld, 2
re.gsub("hello", "x", "y")                      --> hello, 0
re.gsub("hello", "", "-")                       --> -h-e-l-l-o-, 6
re.gsub("aab", "a*", "x")                       --> xbx, 2
re.gsub("abc", [[\w*]], "x")                    --> x, 1
re.gsub("a b", [[\b]], "|")                     --> |a| |b|, 4
re.gsub("a1b22", [[\d+]], 0)                    --> a0b0, 2
re.gsub("A a", "a", "x", nil, "i")              --> x x, 2

-- n limits the number of replacements.
re.gsub("aaa", "a", "b", 2)                     --> bba, 2
re.gsub("aaa", "a", "b", 0)                     --> aaa, 0
re.gsub("aaa", "a", "b", json.null)             --> bbb, 3
re.gsub("aaa", "a", "b", 1e15)                  --> bbb, 3
re.gsub("aaa", "a", "b", -1)                    --> bad argument #4 to gsub (a whole number from 0 to 9007199254740992 expected, got -1)
re.gsub("aaa", "a", "b", 1.5)                   --> bad argument #4 to gsub (a whole number from 0 to 9007199254740992 expected, got 1.5)
re.gsub("aaa", "a", "b", "i")                   --> bad argument #4 to gsub (the number of replacements expected; flags are argument 5 of re.gsub)

-- A replacement string.
re.gsub("ab", "(a)(b)", "$2$1")                 --> ba, 1
re.gsub("ab", "(a)(b)", "<$0>")                 --> <ab>, 1
re.gsub("ab", "(a)(b)", "${2}0")                --> b0, 1
re.gsub("ab", "(?P<x>a)(?P<y_1>b)", "$y_1-$x.${x}z")  --> b-a.az, 1
re.gsub("a", "a", "$$1 100%1 $$$$")             --> $1 100%1 $$, 1
re.gsub("ab", "(a)|(b)", "[$1$2]")              --> [a][b], 2
re.gsub("b", "(a)?b", "[$1]")                   --> [], 1
re.gsub("a1 2b", [[a(?P<n>\d)|(?P<n>\d)b]], "$n")     --> 1 2, 2
re.gsub("ab", "(a)", "$2")                      --> bad argument #3 to gsub ($2 in the replacement: the pattern has 1 groups)
re.gsub("ab", "(a)", "$10")                     --> bad argument #3 to gsub ($10 in the replacement: the pattern has 1 groups)
re.gsub("ab", "(a)", "${99999999999999999999}") --> bad argument #3 to gsub ($9999999999 in the replacement: the pattern has 1 groups)
re.gsub("ab", "(?P<year>a)", "$yaer")           --> bad argument #3 to gsub (the pattern has no group "yaer" (did you mean 'year'?))
re.gsub("ab", "a", "$1x")                       --> bad argument #3 to gsub ($1 in the replacement: the pattern has 0 groups)
re.gsub("ab", "a", "5 $")                       --> bad argument #3 to gsub ($ in the replacement must be followed by the number or the name of a group; $$ is a $)
re.gsub("ab", "a", "$(x)")                      --> bad argument #3 to gsub ($ in the replacement must be followed by the number or the name of a group; $$ is a $)
re.gsub("ab", "a", "${x")                       --> bad argument #3 to gsub (${ in the replacement must be followed by the name of a group and })
re.gsub("ab", "a", "${}")                       --> bad argument #3 to gsub (${ in the replacement must be followed by the name of a group and })
re.gsub("ab", "x", "$1")                        --> bad argument #3 to gsub ($1 in the replacement: the pattern has 0 groups)

-- A table is indexed with the first group, or the match. Metamethods count.
re.gsub("$a $b", [[\$(\w)]], {a = "1"})         --> 1 $b, 2
re.gsub("a b c", [[\w]], {a = "1", b = false, c = 3})  --> 1 b 3, 3
re.gsub("a", "a", {a = json.null})              --> a, 1
re.gsub("ab", [[\w]], setmetatable({}, {__index = function(_, k) return k .. k end}))  --> aabb, 2
re.gsub("b", "(a)|b", {})                       --> b, 1
re.gsub("a", "a", {a = {}})                     --> re.gsub: the replacement must be a string, not a table

-- A function gets the groups, or the match.
re.gsub("a1", [[(\w)(\d)]], function(...) return select("#", ...) .. table.concat({...}, "/") end)  --> 2a/1, 1
re.gsub("a1", [[\w\d]], function(...) return select("#", ...) .. ... end)   --> 1a1, 1
re.gsub("b", "(a)|(b)", function(a, b) return tostring(a) .. b end)         --> nilb, 1
re.gsub("ab", [[\w]], function(c) if c == "a" then return "x" end end)      --> xb, 2
re.gsub("a", "a", function() return json.null end)                          --> a, 1
re.gsub("ab", [[\w]], function(c) sleep(0) return c:upper() end)            --> AB, 2
re.gsub("a", "a", function() error("no") end)   --> no
re.gsub("a", "a", function() return true end)   --> re.gsub: the replacement must be a string, not a boolean

re.gsub("a", "a", nil)                          --> bad argument #3 to gsub (a string, a table or a function expected, got nil)
re.gsub("a", "a", true)                         --> bad argument #3 to gsub (a string, a table or a function expected, got a boolean)

-- Bounds of the replacement and of the result.
local long = ("x"):rep(2^20)
re.gsub("a", "a", long) == long                 --> true
re.gsub("a", "a", long .. "x")                  --> bad argument #3 to gsub (the replacement has 1048577 bytes; the maximum is 1048576: use a function)
re.gsub(("a"):rep(65), "a", long)               --> resulting string too large (68157440 bytes; the maximum is 67108864)
