local function all(...)
  local found = {}
  for m in re.gmatch(...) do found[#found + 1] = m[0] end
  return table.concat(found, "|")
end

all("one two three", [[\w+]])                   --> one|two|three
all("one two", "x")                             --> 
all("A a", "a", "i")                            --> A|a

-- Empty matches: one at each position, but none directly after a match.
all("abc", "")                                  --> |||
all("äb", "")                                   --> ||
all("aab", "a*")                                --> aa|
all("baac", "a*")                               --> |aa|
all("", "")                                     --> 
select("#", re.gmatch("", "")())                --> 1

-- ^, $ and \b look at the character before, also after a match.
all("aaa", "^a")                                --> a
all("aaa", [[\Aa]])                             --> a
all("a\na", "^a", "m")                          --> a|a
all("ab cd", [[\b\w]])                          --> a|c
all("abcd", [[\B\w]])                           --> b|c|d
all("aa", [[a\b|^a]])                           --> a|a
all("äé", [[.\B]])                              --> ä|é
all([[a"b]], [[^a|\Q"]])                        --> a|"

-- Groups that take no part do not leave anything of the match before.
local groups = {}
for m in re.gmatch("ab", "(a)|(b)") do groups[#groups + 1] = tostring(m[1]) .. tostring(m[2]) end
table.concat(groups, " ")                       --> anil nilb

-- After the last match, the iterator returns nil again and again.
local next = re.gmatch("a", "a")
next()[0], next(), next()                       --> a, nil, nil

local function split(...) return table.concat(re.split(...), "|") end
split("a, b;c", [[\s*[,;]\s*]])                 --> a|b|c
split("abc", "x")                               --> abc
split(",a,,b,", ",")                            --> |a||b|
split("abc", "")                                --> a|b|c
split("axbXc", "x", "i")                        --> a|b|c
split("a1b", "(1)")                             --> a|b
split("a b", [[\b]])                            --> a| |b
#re.split("", ","), #re.split("", ""), #re.split(",", ",")  --> 1, 1, 2
#re.split((","):rep(199999), ",")               --> 200000
re.split((","):rep(200000), ",")                --> re.split: the text has more than 200000 parts

re.escape("a.b*c+d?e(f)[g]{h}|i^j$k\\l-m")      --> a\.b\*c\+d\?e\(f\)\[g\]\{h\}\|i\^j\$k\\l-m
re.find("x[a]", re.escape("[a]"))               --> 2, 4
re.escape(("a"):rep(2^16)) == ("a"):rep(2^16)   --> true
re.escape(("a"):rep(2^16 + 1))                  --> bad argument #1 to escape (the text has 65537 bytes; the maximum is 65536, as of a pattern)
re.escape()                                     --> bad argument #1 to escape (string expected, got nil)
