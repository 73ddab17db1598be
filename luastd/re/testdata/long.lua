-- The results in a long text, with many waits, are those in a short text.
local long = ("ab "):rep(2^16)

re.test(long, "b c"), re.test(long, "b a")       --> false, true
re.find(long .. "xy", "x(y)")                    --> 196609, 196610, y
re.match(long, "x")                              --> nil
re.compile([[\bend$]]):find(long .. "end")       --> 196609, 196611
select(2, re.gsub(long, [[\b\w]], "x"))          --> 65536
select(2, re.gsub(long, [[\b\w]], "x", 300))     --> 300
(re.gsub(long, [[\b\w]], "$0$0")) == ("aab "):rep(2^16)     --> true
(re.gsub(long, "^a", "")) == long:sub(2)         --> true
re.gsub(long, "b", function() error("stop") end) --> stop
#re.split(long, " ")                             --> 65537
local count, last = 0, nil
for m in re.gmatch(long .. "end", [[(?P<word>\b\w+)]]) do count, last = count + 1, m.word end
count, last                                      --> 65537, end
re.test("x", ("("):rep(257))                     --> bad argument #2 to test (missing closing ): "((((((((((((((((((((((((((((((((((((((((...")
