local function show(m)
  if not m then return m end
  local keys = {}
  for k, v in pairs(m) do keys[#keys + 1] = tostring(k) .. "=" .. v end
  table.sort(keys)
  return table.concat(keys, " ")
end

show(re.match("Born 1985-04-01", [[(?P<year>\d+)-(\d+)]]))   --> 0=1985-04 1=1985 2=04 year=1985
show(re.match("Born 1985", [[(?<year>\d+)]]))                --> 0=1985 1=1985 year=1985
show(re.match("abc", "b"))                                   --> 0=b
show(re.match("abc", "x"))                                   --> nil
show(re.match("", "x*"))                                     --> 0=
show(re.match(12.5, [[\d+$]]))                               --> 0=5

-- A group that took no part is nil. An empty group is "".
show(re.match("b", "(a)|(b)()"))                             --> 0=b 2=b 3=
local m = re.match("b", "(a)|(b)()")
m[1], m[2], m[3]                                             --> nil, b, 
re.find("xb", "(a)|(b)")                                     --> 2, 2, nil, b

-- If several groups have the same name, the one that took part counts.
re.match("7px", [[(?P<n>\d+)px|px(?P<n>\d+)]]).n             --> 7
re.match("px7", [[(?P<n>\d+)px|px(?P<n>\d+)]]).n             --> 7

-- Positions are bytes, from 1, with an inclusive end.
re.find("abcabc", "bc")                                      --> 2, 3
re.find("äbc", "b")                                          --> 3, 3
re.find("abc", "")                                           --> 1, 0
re.find("abc", "$")                                          --> 4, 3
re.find("abc", "(x)")                                        --> nil

-- Bytes that are not UTF-8, and zero bytes, are characters.
re.find("a\255\0b", "a..b")                                  --> 1, 4
#re.match("\255\254", ".*")[0]                               --> 2

-- The first alternative wins, as in Perl, and not the longest.
re.match("abcd", "a|abcd")[0]                                --> a

re.test("abc", "b"), re.test("abc", "x")                     --> true, false
re.test("abc", "^b"), re.test("abc", [[\Bb]])                --> false, true

-- flags
re.test("ABC", "b"), re.test("ABC", "b", "i")                --> false, true
re.test("ÄÖ", "äö", "i")                                     --> true
re.test("a\nb", "^b"), re.test("a\nb", "^b", "m")            --> false, true
re.test("a\nb", "a.b"), re.test("a\nb", "a.b", "s")          --> false, true
re.match("aaa", "a+", "U")[0], re.match("aaa", "a+?", "U")[0]    --> a, aaa
re.test("A\nB", "a.^b", "ims")                               --> true
re.test("a|B", "x|b", "i")                                   --> true
re.test("abc", "b", ""), re.test("abc", "b", nil), re.test("abc", "b", json.null)  --> true, true, true
re.test("a", "a", "g")                                       --> bad argument #3 to test (there is no flag "g"; the flags are i, m, s and U)
re.test("a", "a", "ix")                                      --> bad argument #3 to test (there is no flag "x"; the flags are i, m, s and U)
re.test("a", "a", "jo")                                      --> bad argument #3 to test (there is no flag "j"; the flags are i, m, s and U)
re.test("a", "a", "iiiii")                                   --> bad argument #3 to test (there are more than four flags)
re.test("a", "a", {})                                        --> bad argument #3 to test (string expected, got table)

-- What some other programs support is named.
re.match("", "a(?=b)")         --> bad argument #2 to match (a look-ahead is not supported: "(?=")
re.match("", "a(?!b)")         --> bad argument #2 to match (a look-ahead is not supported: "(?!")
re.match("", "(?<=a)b")        --> bad argument #2 to match (a look-behind is not supported: "(?<=a)b")
re.match("", "(?<!a)b")        --> bad argument #2 to match (a look-behind is not supported: "(?<!a)b")
re.match("", [[(a)\1]])        --> bad argument #2 to match (a back reference is not supported: "\\1")
re.match("", [[(a)\9]])        --> bad argument #2 to match (a back reference is not supported: "\\9")
re.match("", [[\k<n>]])        --> bad argument #2 to match (a back reference is not supported: "\\k")
re.match("", "(?P=n)")         --> bad argument #2 to match (a back reference by name, or a recursion, is not supported: "(?P")
re.match("", "(?>a)")          --> bad argument #2 to match (an atomic group is not supported: "(?>")
re.match("", "(?R)")           --> bad argument #2 to match (a recursion is not supported: "(?R")
re.match("", "(?&n)")          --> bad argument #2 to match (a recursion is not supported: "(?&")
re.match("", "(?(1)a)")        --> bad argument #2 to match (a condition is not supported: "(?(")
re.match("", "(?#a)")          --> bad argument #2 to match (a comment is not supported: "(?#")
re.match("", "(?|a)")          --> bad argument #2 to match (a branch reset is not supported: "(?|")
re.match("", "a++")            --> bad argument #2 to match (a possessive repetition is not supported: "++")
re.match("", [[\Z]])           --> bad argument #2 to match (\Z (write \z) is not supported: "\\Z")
re.match("", [[\u20AC]])       --> bad argument #2 to match (\u (write \x{20AC}) is not supported: "\\u")
re.match("", [[\h]])           --> bad argument #2 to match (\h (write [ \t]) is not supported: "\\h")

-- Other wrong patterns.
re.match("", "(a")             --> bad argument #2 to match (missing closing ): "(a")
re.match("", "a)")             --> bad argument #2 to match (unexpected ): "a)")
re.match("", "(a", "i")        --> bad argument #2 to match (missing closing ): "(a")
re.match("", "a)(b")           --> bad argument #2 to match (unexpected ): "a)(b")
re.match("", "[a")             --> bad argument #2 to match (missing closing ]: "[a")
re.match("", "*")              --> bad argument #2 to match (missing argument to repetition operator: "*")
re.match("", "a**")            --> bad argument #2 to match (invalid nested repetition operator: "**")
re.match("", [[\q]])           --> bad argument #2 to match (invalid escape sequence: "\\q")
re.match("", "\\")             --> bad argument #2 to match (trailing backslash at end of expression)
re.match("", "\255")           --> bad argument #2 to match (invalid UTF-8: "\xff")
re.match("", [[\p{Klingon}]])  --> bad argument #2 to match (invalid character class range: "\\p{Klingon}")
re.match("a")                  --> bad argument #2 to match (string expected, got nil)
re.match(nil, "a")             --> bad argument #1 to match (string expected, got nil)
re.match({}, "a")              --> bad argument #1 to match (string expected, got table)
