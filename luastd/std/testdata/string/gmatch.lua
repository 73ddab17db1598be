-- gmatch returns a function that returns the next match each time it is called.
local function all(s, p)
  local t = {}
  for a, b, c in s:gmatch(p) do t[#t + 1] = table.concat({a, b, c}, ":") end
  return table.concat(t, "|")
end
all("one two  three", "%a+")                   --> one|two|three
all("a=1, b=2", "(%w+)=(%w+)")                 --> a:1|b:2
all("abc", "")                                 --> |||
all("abc", ".")                                --> a|b|c
all("abc", "()")                               --> 1|2|3|4
all("abc", "x*")                               --> |||
all("aXbXc", "[^X]*")                          --> a||b||c|
all("", "x")                                   --> 
all("", "x*")                                  --> 
all("13 14 10 = 11, 15= 16, 22=23", "(%d+)%s*=%s*(%d+)")  --> 10:11|15:16|22:23
all("alo alo th02 is 1hat", "()%f[%w%d]")      --> 1|5|9|14|17
all("xuxx uu ppar r", "()(.)%2")               --> 3:x|6:u|9:p
all("a,b,,c", "([^,]*)")                       --> a||b|||c|

-- The function can also be called outside of a for loop.
string.gmatch("abc", "%w")()                   --> a
string.gmatch("abc", "x")()                    --> 
string.gmatch("k=v", "(%w)=(%w)")()            --> k, v
local nextWord = ("one two"):gmatch("%a+")
nextWord(), nextWord(), nextWord()             --> one, two
select("#", nextWord())                        --> 0
type(string.gmatch("a", "b"))                  --> function

-- ^ is a character in gmatch, not an anchor.
all("^a^b", "^a")                              --> ^a
all("aaa", "^a")                               --> 

-- $ is an anchor in gmatch.
all("a b", "%a$")                              --> b
all("ab", "$")                                 --> 
