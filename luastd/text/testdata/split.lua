local function show(list) return "[" .. table.concat(list, "|") .. "]" .. #list end

-- split takes the separator as it is, and keeps empty parts.
show(text.split("a.b.c", "."))               --> [a|b|c]3
show(text.split(",a,", ","))                 --> [|a|]3
show(text.split("", ","))                    --> []1
show(text.split("a, b, c", ", ", {max = 2})) --> [a|b, c]2
show(text.split("a,b", ",", {max = 1}))      --> [a,b]1
show(text.split("a,b", ",", {max = 2}))      --> [a|b]2

-- Without a separator, it splits at white space of any kind.
show(text.split(" a\t\n b c　d "))          --> [a|b|c|d]4
show(text.split(""))                         --> []0
show(text.split(" \n"))                      --> []0
show(text.split(" a  b  c ", nil, {max = 2}))  --> [a|b  c]2
show(text.split("a b", json.null))           --> [a|b]2
show(text.split("a\255 \254")) == "[a\255|\254]2"  --> true

text.split("a", "")                          --> bad argument #2 to split (the separator is empty; utf8.codes visits each character)
text.split("a", ",", {maximum = 2})          --> bad argument #3 to split (there is no field 'maximum'; its fields are max)
text.split("a", ",", {max = 0})              --> bad argument #3 to split (max must be a whole number from 1 to 200000, not 0)
text.split(("a,"):rep(200000), ",")          --> the text has more than 200000 parts
#text.split(("a,"):rep(200000), ",", {max = 200000})  --> 200000
text.split(("a "):rep(200001))               --> the text has more than 200000 parts
text.split(("a"):rep(8 * 2^20 + 1))          --> bad argument #1 to split (the text has 8388609 bytes; the maximum is 8388608)

-- lines visits each line, also empty ones.
local function lines(s)
  local list = {}
  for line in text.lines(s) do list[#list + 1] = line end
  return show(list)
end
lines("a\nb")                                --> [a|b]2
lines("a\r\n\r\nb\r\n")                      --> [a||b]3
lines("a\rb\n\n")                            --> [a\rb|]2
lines("")                                    --> []0
lines("\n")                                  --> []1

-- words follows the rules of Unicode.
show(text.words("Hello, world!"))            --> [Hello|world]2
show(text.words("l'été à 20°C — ça va?"))    --> [l'été|à|20|C|ça|va]6
show(text.words("can’t stop_it 1,234.5"))    --> [can’t|stop_it|1,234.5]3
show(text.words("привет мир"))               --> [привет|мир]2
show(text.words("🎉 ... "))                   --> []0
show(text.words(""))                         --> []0
show(text.words("a\255b"))                   --> [a|b]2
text.words(("a "):rep(200001))               --> the text has more than 200000 parts

text.trim(" \t a b \r\n")                    --> a b
text.trim("  　é\226\128\168")               --> é
"[" .. text.trim("  ") .. "]"                --> []
text.trim("\255 ") == "\255"                 --> true

text.starts("abc", "")                       --> true
text.starts("abc", "bc")                     --> false
text.starts("a", "ab")                       --> false
text.ends("abc", "bc")                       --> true
text.ends("abc", "")                         --> true
text.ends("a", "ab")                         --> false
