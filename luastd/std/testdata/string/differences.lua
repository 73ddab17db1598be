-- Differences from Lua 5.1. The results of Lua 5.1 are after the second arrow.

-- A number that an integer cannot hold becomes the nearest integer, and NaN becomes 0. C leaves this
-- undefined; on a PC, Lua 5.1 uses the smallest integer for all of them.
("hello"):sub(2, math.huge)       --> ello    --5.1-->
("hello"):sub(math.huge)          -->         --5.1--> hello
("hello"):byte(1, 1e300)          --> 104, 101, 108, 108, 111   --5.1-->
("hello"):find("l", math.huge)    --> nil     --5.1--> 3, 3
("aaa"):gsub("a", "b", 1e300)     --> bbb, 3  --5.1--> aaa, 0
("hello"):rep(-math.huge)         -->         --5.1-->
string.format("%d", 1e30)         --> 9223372036854775807    --5.1--> -9223372036854775808
string.format("%x", 2^64)         --> ffffffffffffffff       --5.1--> 0

-- Zero bytes are ordinary bytes. In Lua 5.1, they end a pattern and the text that %s and
-- %c write.
("a.\0b"):match("%.%z")           --> .\0     --5.1--> .\0
("x\0y"):match(".\0y")            --> x\0y    --5.1--> x
("x\0y"):match("[\0]")            --> \0      --5.1--> malformed pattern (missing ']')
string.format("%s|", "a\0b")      --> a\0b|   --5.1--> a|
string.format("%c|", 0)           --> \0|     --5.1--> |

-- The operator .. writes a number with all its digits. The functions
-- of the library do not: see rest.lua.
(0.1 + 0.2) .. ""                 --> 0.30000000000000004      --5.1--> 0.3
(2^53) .. ""                      --> 9007199254740992         --5.1--> 9.007199254741e+15

-- Memory and time are limited.
#(("x"):rep(64 * 1024 * 1024))           --> 67108864              --5.1--> 67108864
("x"):rep(64 * 1024 * 1024 + 1) == nil   --> resulting string too large (67108865 bytes; the maximum is 67108864)   --5.1--> false
select(2, pcall(string.rep, "xy", math.huge)):match("^result.*large")  --> resulting string too large  --5.1--> nil
#(("x"):rep(7e5):gsub("x", ("y"):rep(100)))  --> resulting string too large (67108900 bytes; the maximum is 67108864)   --5.1--> 70000000
#string.format("%s%s", ("x"):rep(4e7), ("x"):rep(4e7))   --> resulting string too large (80000000 bytes; the maximum is 67108864)   --5.1--> 80000000
(("x"):rep(8000)):byte(1, -1)            --> string slice too long (8000 bytes; the maximum is 8000)   --5.1--> stack overflow (string slice too long)
("a"):rep(2000):match(("a?"):rep(2000) .. "()")  --> pattern too complex (more than 1000 nested repetitions)  --5.1--> 2001
("x"):match(("[x]"):rep(22000))          --> pattern too long (66000 bytes; the maximum is 65536)   --5.1--> nil

-- A script cannot reach the metatable of strings.
type(getmetatable(""))                   --> string                --5.1--> table
type(string.gfind)                       --> nil                   --5.1--> function
