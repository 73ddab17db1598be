local r = re.compile([[(\w)(\d)]])
r:match("-a1")[2]                               --> 1
r:find("-a1")                                   --> 2, 3, a, 1
r:test("a")                                     --> false
r:gsub("a1 b2", "$2$1")                         --> 1a 2b, 2
r:gsub("a1 b2", "$2$1", 1)                      --> 1a b2, 1
table.concat(r:split("xa1yb2z"), "|")           --> x|y|z
local found = {}
for m in r:gmatch("a1 b2") do found[#found + 1] = m[0] end
table.concat(found, "|")                        --> a1|b2
re.compile("b", "i"):test("ABC")                --> true

tostring(r), type(r)                            --> re.compile("(\\w)(\\d)"), userdata
tostring(re.compile("a", "im"))                 --> re.compile("a", "im")
tostring(re.compile(("a"):rep(100)))            --> re.compile("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...")
getmetatable(r)                                 --> compiled pattern

r.match("a1")                                   --> bad argument #1 to match (a compiled pattern expected: call its methods with a colon, as in r:match(s))
r:match()                                       --> bad argument #2 to match (string expected, got nil)
re.compile("(")                                 --> bad argument #1 to compile (missing closing ): "(")
re.compile("a", "x")                            --> bad argument #2 to compile (there is no flag "x"; the flags are i, m, s and U)

-- A pattern has at most 64 KiB, 100 groups, repetitions of 1,000 and 250,000 states.
re.test("a", "a|" .. ("b"):rep(2^16 - 2))       --> true
re.test("a", "a|" .. ("b"):rep(2^16 - 1))           --> bad argument #2 to test (the pattern has 65537 bytes; the maximum is 65536)
#re.match("a", ("()"):rep(100) .. "a")          --> 100
re.match("a", ("()"):rep(101) .. "a")           --> bad argument #2 to match (the pattern has 101 groups; the maximum is 100)
re.test(("a"):rep(1000), "^a{1000}$")           --> true
re.test("a", "a{1001}")                         --> bad argument #2 to test (invalid repeat count: "{1001}"; the maximum is 1000, also of nested repetitions together)
re.test("a", "((a{100}){100}){100}")            --> bad argument #2 to test (invalid repeat count: "{100}"; the maximum is 1000, also of nested repetitions together)
re.test("a", ("a{1000}"):rep(300))              --> bad argument #2 to test (the pattern is too large: it has 300000 states; the maximum is 250000)
re.test("a", "(" .. ("a{1000}"):rep(130) .. ")")  --> bad argument #2 to test (the pattern is too large: it has 260004 states; the maximum is 250000)
re.test("a", ("\\pL|\\pN|"):rep(500))           --> true
re.test("a", ("a{1000}"):rep(9000))             --> bad argument #2 to test (the pattern is too large: expression too large)
re.test("a", ("(?:"):rep(1001) .. ("a*)*"):rep(1001))  --> bad argument #2 to test (the pattern is too large: expression nests too deeply)
re.test(("a"):rep(2^24), "^b")                  --> false
re.test(("a"):rep(2^24) .. "a", "^b")           --> bad argument #1 to test (the text has 16777217 bytes; the maximum is 16777216)
