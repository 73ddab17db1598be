-- match returns the captures, or the whole match when the pattern has none.
("hello world"):match("%w+")                   --> hello
("2024-03-09"):match("(%d+)-(%d+)-(%d+)")      --> 2024, 03, 09
("level=75"):match("^(%w+)=(%d+)$")            --> level, 75
("level=x"):match("^(%w+)=(%d+)$")             --> nil
("hello"):match("()ll()")                      --> 3, 5
("hello"):match(".-")                          --> 
("hello"):match(".-(l+)(.*)")                  --> ll, o
("hello"):match("((h)(e))")                    --> he, h, e
("hello"):match("h", 2)                        --> nil
("hello"):match("l.*", -2)                     --> lo
("hello"):match("$", 9)                        --> 
("hello"):match("^(l)(.)", 4)                  --> l, o
("  trim me  "):match("^%s*(.-)%s*$")          --> trim me
(""):match(".*")                               --> 
(""):match(".+")                               --> nil
(""):match("(.?)")                             --> 
string.match(1234, "(%d)%d*(%d)")              --> 1, 4

-- * and + match as much as possible, - matches as little as possible, ? matches once or not at all.
("aaa"):match("a*")                            --> aaa
("baaa"):match("a*")                           --> 
("aaab"):match("a+b")                          --> aaab
("<<a>>"):match("<(.+)>")                      --> <a>
("<<a>>"):match("<(.-)>")                      --> <a
("/* a */ b /* c */"):match("/%*.-%*/")        --> /* a */
("/* a */ b /* c */"):match("/%*.*%*/")        --> /* a */ b /* c */
("colour color"):match("colou?r$")             --> color
("aXb"):match("a%u?b")                         --> aXb
("aaa"):match("^a-$")                          --> aaa
("aaab"):match("^(a-)(b?)$")                   --> aaa, b
("abc"):match("a?a?a?bc")                      --> abc
("aab"):match("a-ab")                          --> aab
("x=1;y=2"):match("(.*)=(.*)")                 --> x=1;y, 2
("x=1;y=2"):match("(.-)=(.*)")                 --> x, 1;y=2

-- The classes are those of ASCII. An upper case letter stands for all other bytes.
("a1 B_\t."):match("%a"), ("a1 B"):match("%u"), ("a1 B"):match("%l"), ("a1 B"):match("%d"), ("a1 B"):match("%s")  --> a, B, a, 1,  
("..a1_"):match("%w+"), ("..a1_"):match("%p+"), ("zzFfx"):match("%x+")  --> a1, .., Ff
("a\0b"):find("%z")                            --> 2, 2
("a\1b"):find("%c")                            --> 2, 2
("\127"):find("%c")                            --> 1, 1
("a b"):match("%S+"), ("a1"):match("%A"), ("a1"):match("%D"), ("aB"):match("%U"), ("aB"):match("%L")  --> a, 1, a, a, B
("a.b"):match("%P+"), ("\1a"):match("%C"), ("a-"):match("%W"), ("ag"):match("%X")  --> a, a, -, g
("\195\169"):find("%a")                        --> nil
("\195\169"):find("%A")                        --> 1, 1
("\160"):find("%s")                            --> nil
("\195\137"):match("[\128-\255]+") == "\195\137"  --> true
("a\tb\nc\rd\ve\ff"):gsub("%s", "")            --> abcdef, 5
(" !/09:@AZ[`az{~\127"):gsub("%p", "")         -->  09AZaz, 8

-- % before any other character stands for that character.
("a.b"):match("a%.b")                          --> a.b
("100%"):match("%d+%%")                        --> 100%
("(x)"):match("%((.)%)")                       --> x
("a-b"):match("a%-b")                          --> a-b
("[x]"):match("%[(.-)%]")                      --> x
("a,b"):match("%,")                            --> ,
("a b"):match("a% b")                          --> a b

-- Sets in brackets, with ranges and classes.
("hello"):match("[aeiou]")                     --> e
("hello"):match("[^aeiou]+")                   --> h
("hello"):match("[a-f]+")                      --> e
("x-1"):match("[%w-]+")                        --> x-1
("x-1"):match("[a%-z]+")                       --> -
("a]b"):match("[]]")                           --> ]
("a]b"):match("[^]]+")                         --> a
("a^b"):match("[b^]")                          --> ^
("a^b"):match("[%^]")                          --> ^
("a-b"):match("[a-]+")                         --> a-
("a-b"):match("[-a]+")                         --> a-
("0xFF"):match("[%da-fA-F]+$")                 --> FF
("a%b"):match("[%%]")                          --> %
("tab\tx"):match("[\t ]x")                     --> 	x
("b"):match("[c-a]")                           --> nil
("."):match("[.]")                             --> .
("a.b"):match("[^.]+")                         --> a
("z-"):match("[%a-z]+")                        --> z-
("+,-"):match("[+--]+")                        --> +,-
("ab"):match("[a-a]")                          --> a
("\255"):find("[\250-\255]")                   --> 1, 1
("]"):match("[^a]")                            --> ]
("a"):match("[%s%a]")                          --> a

-- %b matches from an opening character to the closing one that belongs to it.
("f(a(b)c)d"):match("%b()")                    --> (a(b)c)
("f(a(b)c"):match("%b()")                      --> (b)
("x [[y]] z"):match("%b[]")                    --> [[y]]
("'a' 'b'"):match("%b''")                      --> 'a'
("((a)"):match("%b()")                         --> (a)
("if x then y end"):match("%bxy")              --> x then y
("()"):find("%b()")                            --> 1, 2
("("):find("%b()")                             --> nil
(")("):find("%b()")                            --> nil

-- %f matches where a set begins. Zero bytes count as being before and after the text.
("THE (quick) fox"):find("%f[%a]%a+")          --> 1, 3
("THE (quick) fox"):match("%f[%l]%a+")         --> quick
("hello"):find("%f[%z]")                       --> 6, 5
("hello"):find("%f[%Z]")                       --> 1, 0
("foo.bar"):gsub("%f[%w]%w", string.upper)     --> Foo.Bar, 2
("aaa aa a aaa a"):gsub("%f[%w]a", "x")        --> xaa xa x xaa x, 5
("[[]] [][] [[[["):gsub("%f[[].", "x")         --> x[]] x]x] x[[[, 4
("01abc45de3"):gsub("%f[%d]", ".")             --> .01abc.45de.3, 3
("01abc45 de3x"):gsub("%f[%D]%w", ".")         --> 01.bc45 de3., 2
("function"):gsub("%f[\1-\255]%w", ".")        --> .unction, 1
("function"):gsub("%f[^\1-\255]", ".")         --> function., 1
(""):find("%f[a]")                             --> nil
(""):find("%f[^a]")                            --> nil

-- %1 to %9 match the text of a capture.
("hello"):match("(.)%1")                       --> l
("abab"):match("(..)%1")                       --> ab
("abcabd"):match("(...)%1")                    --> nil
([[say "it's" now]]):match([[(["'])(.-)%1]])   --> ", it's
("aa bb"):match("(%a)%1 (%a)%2")               --> a, b
("a1a"):match("()a%1")                         --> nil
("x==x"):match("(.)(=)%2%1")                   --> x, =
("aaaa"):match("^(a*)%1$")                     --> aa

-- Captures may be nested and may be empty. A pattern may have up to 32.
("abc"):match("(a(b(c)))")                     --> abc, bc, c
("abc"):match("()(a)()(b)()")                  --> 1, a, 2, b, 3
("abc"):match("(a)(x?)(b)")                    --> a, , b
("0123456789"):match("(.+(.?)())")             --> 0123456789, , 11
("abc"):match("(a*(.)%w(%s*))")                --> abc, b, 
select("#", (("x"):rep(32)):match(("(x)"):rep(32)))  --> 32
select("#", (("x"):rep(32)):find(("(x)"):rep(32)))  --> 34

-- The matcher must handle long texts. It raises an error if a pattern is nested too deep.
#(("a"):rep(300000)):match("^a*.?$")           --> 300000
(("a"):rep(300000)):find("^a*.?b$")            --> nil
#(("a"):rep(300000)):match("^a-.?$")           --> 300000
#(("a"):rep(80)):match((".?"):rep(80))         --> 80
#(("a"):rep(200)):match(("a?"):rep(200) .. "$")  --> 200
#(("ab"):rep(1000)):match("(.*)b$")            --> 1999
