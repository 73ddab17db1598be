-- wrap counts characters, not bytes.
text.wrap("über äußere Öfen", 6)             --> über\näußere\nÖfen
text.wrap("👨‍👩‍👧 👨‍👩‍👧 👨‍👩‍👧", 3)                  --> 👨‍👩‍👧 👨‍👩‍👧\n👨‍👩‍👧
text.wrap("  a   b  ", 80)                   --> a b
text.wrap("a b\n\nc d\n", 80)                --> a b\n\nc d\n
text.wrap("abcdefg hi", 3)                   --> abc\ndef\ng\nhi
text.wrap("ab cdefgh", 5)                    --> ab\ncdefg\nh
text.wrap("a bc", 4)                         --> a bc
text.wrap("a bc", 3)                         --> a\nbc
text.wrap("", 3)                             --> 
text.wrap("a\255 b", 2) == "a\255\nb"       --> true
text.wrap("a", 0)                            --> bad argument #2 to wrap (a whole number from 1 to 8388608 expected, got 0)
text.wrap("a", 1.5)                          --> bad argument #2 to wrap (a whole number from 1 to 8388608 expected, got 1.5)

-- shorten cuts at a word, and adds nothing unless it is told to.
text.shorten("good morning", 8)              --> good
text.shorten("good morning", 4)              --> good
text.shorten("good morning", 5)              --> good
text.shorten("good morning", 12)             --> good morning
text.shorten("good  morning", 7)             --> good
text.shorten("good", 3)                      --> goo
text.shorten("  good", 4)                    -->   go
text.shorten("é é é", 3)                     --> é é
text.shorten("éclair", 2)                    --> éc
text.shorten("", 1)                          --> 
text.shorten("good morning", 8, {ending = "…"})     --> good…
text.shorten("good morning", 12, {ending = "…"})    --> good morning
text.shorten("goodmorning", 8, {ending = "..."})    --> goodm...
text.shorten("good", 3, {ending = "..."})    --> ...
text.shorten("good", 2, {ending = "..."})    --> bad argument #3 to shorten (ending is too long)
text.shorten("good", 2000, {ending = ("x"):rep(1025)})  --> good
text.shorten("good", 0)                      --> bad argument #2 to shorten (a whole number from 1 to 8388608 expected, got 0)

-- dedent removes what all lines with text have in common.
text.dedent("  a\n    b\n  c\n")             --> a\n  b\nc\n
text.dedent("\n  a\n \n  b")                 --> \na\n\nb
text.dedent("\ta\n  b") == "\ta\n  b"       --> true
text.dedent("a\n  b")                        --> a\n  b
text.dedent("  a\r\n\r\n  b\r\n")            --> a\r\n\r\nb\r\n
text.dedent("")                              --> 
