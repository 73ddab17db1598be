-- find returns where the first match begins and ends, and then its captures.
("hello world"):find("world")                  --> 7, 11
("hello world"):find("o w")                    --> 5, 7
("hello"):find("l+")                           --> 3, 4
("hello"):find("(l)(l)")                       --> 3, 4, l, l
("hello"):find("xyz")                          --> nil
("key = value"):find("(%w+) = (%w+)")          --> 1, 11, key, value
("hello"):find("")                             --> 1, 0
(""):find("")                                  --> 1, 0
(""):find("x")                                 --> nil
("hello"):find("()ll()")                       --> 3, 4, 3, 5

-- The search begins at init, which counts from the end when it is negative.
("hello"):find("l", 4)                         --> 4, 4
("hello"):find("l", 5)                         --> nil
("hello"):find("l", -2)                        --> 4, 4
("hello"):find("l", -100)                      --> 3, 3
("hello"):find("h", 0)                         --> 1, 1
("hello"):find("h", 2)                         --> nil
("hello"):find("", 3)                          --> 3, 2
("hello"):find("", 6)                          --> 6, 5
("x"):find("", 10)                             --> 2, 1
("x"):find("", 2)                              --> 2, 1
("x"):find("x", 10)                            --> nil
("hello"):find("l", "4")                       --> 4, 4
("hello"):find("l", 3.9)                       --> 3, 3
("hello"):find("l", nil)                       --> 3, 3

-- With plain, find searches for the text of the pattern.
("a.b"):find(".", 1, true)                     --> 2, 2
("a.b"):find(".", 1, false)                    --> 1, 1
("a+b"):find("+", 1, true)                     --> 2, 2
("a.b"):find("%.", 1, true)                    --> nil
("abc"):find("b", 1, 0)                        --> 2, 2
("abc"):find("b", 100, true)                   --> nil
("abc"):find("", 100, true)                    --> 4, 3
("abc"):find("", 2, true)                      --> 2, 1
("x(y"):find("(", 1, true)                     --> 2, 2
("aXb"):find("[X]", 1, true)                   --> nil

-- find also searches for the text of a pattern that has none of the characters ^$*+?.([%-.
("a)b"):find(")")                              --> 2, 2
("a]b"):find("]")                              --> 2, 2
("a,b"):find(",")                              --> 2, 2
("abc"):find("a)")                             --> nil

-- A ^ at the beginning ties the match to the place where the search begins. Elsewhere it is a character.
("hello"):find("^h")                           --> 1, 1
("hello"):find("^e")                           --> nil
("hello"):find("^l", 3)                        --> 3, 3
("hello"):find("^", 3)                         --> 3, 2
("a^b"):find("a^b")                            --> 1, 3
("a^b"):find("[%^]")                           --> 2, 2
("^"):find("^^")                               --> 1, 1

-- A $ at the end ties the match to the end of the text. Elsewhere it is a character.
("hello"):find("o$")                           --> 5, 5
("hello"):find("l$")                           --> nil
("hello"):find("$")                            --> 6, 5
("a$b"):find("a$b")                            --> 1, 3
("a$"):find("a$$")                             --> 1, 2
("$"):find("^$$")                              --> 1, 1
(""):find("^$")                                --> 1, 0
("a"):find("^$")                               --> nil

-- Numbers are accepted as strings.
string.find(12345, 34)                         --> 3, 4
string.find(12345, "3.")                       --> 3, 4
