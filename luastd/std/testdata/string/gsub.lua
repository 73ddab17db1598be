-- gsub replaces every match and returns the number of matches.
("hello world"):gsub("o", "0")                 --> hell0 w0rld, 2
("hello"):gsub("l", "")                        --> heo, 2
("hello"):gsub("x", "y")                       --> hello, 0
("hello"):gsub("", "-")                        --> -h-e-l-l-o-, 6
(""):gsub("", "-")                             --> -, 1
(""):gsub("x", "-")                            --> , 0
("hello"):gsub(".", "%0%0")                    --> hheelllloo, 5
("abc"):gsub("%w*", "x")                       --> xx, 2
("abc def"):gsub("%w*", "x")                   --> xx xx, 4
("abc"):gsub("b*", "-")                        --> -a--c-, 4
("a  b   c"):gsub(" +", " ")                   --> a b c, 2
("  trim  "):gsub("^%s+", "")                  --> trim  , 1
("  trim  "):gsub("%s+$", "")                  -->   trim, 1
("  trim  "):gsub("^%s*(.-)%s*$", "%1")        --> trim, 1
("aaa"):gsub("^a", "b")                        --> baa, 1
("hello"):gsub("$", "!")                       --> hello!, 1
("hello"):gsub("^", "!")                       --> !hello, 1
(""):gsub("^", "r")                            --> r, 1
(""):gsub("$", "r")                            --> r, 1
string.gsub(121, 1, 3)                         --> 323, 2

-- The fourth argument is the maximum number of matches to replace.
("aaaa"):gsub("a", "b", 2)                     --> bbaa, 2
("aaaa"):gsub("a", "b", 0)                     --> aaaa, 0
("aaaa"):gsub("a", "b", -1)                    --> aaaa, 0
("aaaa"):gsub("a", "b", 100)                   --> bbbb, 4
("aaaa"):gsub("a", "b", "3")                   --> bbba, 3
("aaaa"):gsub("a", "b", nil)                   --> bbbb, 4
("aaaa"):gsub("", "-", 2)                      --> -a-aaa, 2

-- In a replacement string, %0 stands for the match and %1 to %9 for its captures.
("hello world"):gsub("(%w+) (%w+)", "%2 %1")   --> world hello, 1
("abc"):gsub("(b)", "[%1]")                    --> a[b]c, 1
("abc"):gsub("b", "[%1]")                      --> a[b]c, 1
("abc"):gsub("%w", "%1%0")                     --> aabbcc, 3
("abc"):gsub("()b", "%1")                      --> a2c, 1
("a,b"):gsub(",", "%%")                        --> a%b, 1
("abc"):gsub("b", "%x")                        --> axc, 1
("abc"):gsub("b", "%.")                        --> a.c, 1
("abc"):gsub("b", "x%")                        --> ax\0c, 1
("alo alo"):gsub("()[al]", "%1")               --> 12o 56o, 4
("abc=xyz"):gsub("(%w*)(%p)(%w+)", "%3%2%1-%0")  --> xyz=abc-abc=xyz, 1
("abc"):gsub("b", 5)                           --> a5c, 1
("abc"):gsub("b", 0.5)                         --> a0.5c, 1
("a.b.c"):gsub("%.", "%%.")                    --> a%.b%.c, 2

-- A table is indexed with the first capture. The value nil or false keeps the match.
("$name is $age"):gsub("%$(%w+)", {name = "Ann", age = 7})  --> Ann is 7, 2
("$name is $age"):gsub("%$(%w+)", {name = "Ann"})  --> Ann is $age, 2
("abc"):gsub("%w", {a = "1", b = false})       --> 1bc, 3
("abc"):gsub("()", {"x", "y"})                 --> xaybc, 4
("alo alo"):gsub("(.).", {a = "AA", l = "K"})  --> AAo AAo, 3
("a alo b hi"):gsub("%w%w+", setmetatable({}, {__index = function(_, s) return s:upper() end}))  --> a ALO b HI, 2
("abc"):gsub("(b)(c)", {b = "x"})              --> ax, 1

-- A function is called with the captures, or with the match when there are none.
("hello"):gsub("l", string.upper)              --> heLLo, 2
("hello"):gsub("l", function() end)            --> hello, 2
("hello"):gsub("l", function() return false end)  --> hello, 2
("abc"):gsub("(a)(b)", function(a, b) return b .. a end)  --> bac, 1
("1 2 3"):gsub("%d", function(d) return d * 2 end)  --> 2 4 6, 3
("abc"):gsub("()b", function(at) return at end)  --> a2c, 1
("a b"):gsub("%w", function(w) return (w .. w):gsub(w, "<%0>") end)  --> <a><a> <b><b>, 2
("um (dois) tres (quatro)"):gsub("(%(%w+%))", string.upper)  --> um (DOIS) tres (QUATRO), 2
("abc"):gsub("%w", function(...) return select("#", ...) end)  --> 111, 3
("abc"):gsub("(%w)()", function(...) return select("#", ...) end)  --> 222, 3

-- An empty match may follow a match that is not empty.
("abc"):gsub("%a-", "-")                       --> -a-b-c-, 4
("a b"):gsub("%a*", "(%0)")                    --> (a)() (b)(), 4
("x"):gsub("x*", "-")                          --> --, 2
("xyx"):gsub("x?", "-")                        --> --y--, 4

-- The time that gsub takes is proportional to the length of the text.
select(2, (("ab,"):rep(60000)):gsub(",", ";"))  --> 60000
#((("a"):rep(100000)):gsub("a", "bb"))         --> 200000

-- gsub does not search the replacements.
("aa"):gsub("a", "aa")                         --> aaaa, 2
("%%"):gsub("%%", "%%%%")                      --> %%%%, 2
("a\0b\0"):gsub("%z", "0")                     --> a0b0, 2
("a\0b"):gsub("[%z]", "")                      --> ab, 1
