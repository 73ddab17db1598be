-- Files are those of Lua 5.1, on the folders that a script may use.
local f = assert(io.open("a.txt", "w"))
f:write("one\n", "two ", 2, "\n", 0.5, "\nlast")  --> true
f:close()                              --> true
io.type(f), io.type(io.stdout), io.type(1)  --> closed file, file, nil
f:read()                               --> attempt to use a closed file
tostring(f)                            --> file (closed)
tostring(io.stdout):match("^file %(")  --> file (
type(f)                                --> userdata

-- Reading
f = io.open("a.txt")
f:read()                               --> one
f:read(3, 1, 1)                        --> two,  , 2
f:read(0), f:read("*l")                --> , 
f:read("*n")                           --> 0.5
f:read("*a")                           --> \nlast
f:read("*a"), f:read("*l"), f:read(0), f:read(5)  --> , nil, nil, nil
f:read("*l", "*a")                     --> nil
f:seek("set")                          --> 0
f:read(1), f:seek(), f:seek("cur", 1), f:read(1), f:seek("end")  --> o, 1, 2, e, 18
f:seek("cur", -4), f:read("*a")        --> 14, last
f:seek("set", -1)                      --> nil, Invalid argument, 22
f:seek("x")                            --> bad argument #1 to 'seek' (invalid option 'x')
f:read("x")                            --> bad argument #1 to 'read' (invalid option)
f:read("*x")                           --> bad argument #1 to 'read' (invalid format)
f:read({})                             --> bad argument #1 to 'read' (invalid option)
f:write("x")                           --> nil, Bad file descriptor, 9
f.read()                               --> bad argument #1 to 'read' (FILE* expected, got no value)
f:close(), io.type(f)                  --> true, closed file

-- Numbers
local n = io.open("n.txt", "w")
n:write("  12 -3.5e1\n0x10 .5 7abc zzz 1e5x\n")
n:close()                              --> true
n = io.open("n.txt")
n:read("*n", "*n", "*n", "*n", "*n")   --> 12, -35, 16, 0.5, 7
n:read(3), n:read("*n"), n:read("*l")  --> abc, nil, zzz 1e5x
n:read("*n"), n:close()                --> nil, true

-- Lines
local function all(next)
  local lines = {}
  for line in next do lines[#lines + 1] = line end
  return table.concat(lines, "|")
end
all(io.lines("a.txt"))                 --> one|two 2|0.5|last
all(io.open("a.txt"):lines())          --> one|two 2|0.5|last
(function() local next = io.lines("a.txt") all(next) return next() end)()  --> file is already closed
io.lines("none.txt")                   --> bad argument #1 to 'lines' (none.txt: No such file or directory)
(function() local g = io.open("a.txt") local next = g:lines() g:close() return next() end)()  --> file is already closed

-- Modes
(function() local g = io.open("a.txt", "a") g:write("!") g:close() return io.open("a.txt"):read("*a") end)()  --> one\ntwo 2\n0.5\nlast!
(function() local g = io.open("a.txt", "r+b") g:write("ONE") g:close() return io.open("a.txt"):read("*a") end)()  --> ONE\ntwo 2\n0.5\nlast!
(function() local g = io.open("a.txt", "r+") local first = g:read(4) g:seek("cur", 0) g:write("TWO") g:seek("set") return first, g:read("*a") end)()  --> ONE\n, ONE\nTWO 2\n0.5\nlast!
(function() local g = io.open("a.txt", "a+") local first = g:read("*l") g:seek("cur", 0) g:write("?") g:seek("set") return first, g:read("*a") end)()  --> ONE, ONE\nTWO 2\n0.5\nlast!?
(function() local g = io.open("a.txt", "w+") g:write("new") g:seek("set") return g:read("*a") end)()  --> new
(function() local g = io.open("a.txt", "w") return g:read() end)()  --> nil, Bad file descriptor, 9
io.open("a.txt"):read("*a")            --> 
io.open("none.txt")                    --> nil, none.txt: No such file or directory, 2
io.open("none/none.txt", "w")          --> nil, none/none.txt: No such file or directory, 2
io.open("a.txt", "x")                  --> nil, a.txt: Invalid argument, 22
io.open("a.txt", "w"):setvbuf("no")    --> true
io.open("a.txt", "w"):setvbuf("x")     --> bad argument #1 to 'setvbuf' (invalid option 'x')
io.open("a.txt", "w"):flush()          --> true

-- Bytes
(function() local g = io.open("b.bin", "wb") g:write("\0\1\255\r\n\0") g:close() return #io.open("b.bin"):read("*a"), io.open("b.bin"):read(5) == "\0\1\255\r\n" end)()  --> 6, true
(function() local g = io.open("c.txt", "w") g:write("a\r\nb\n\nc") g:close() return all(io.lines("c.txt")) end)()  --> a\r|b||c
local function long()
  local g, sum = io.open("long.txt", "w"), 0
  for i = 1, 5000 do g:write(i, " ", ("x"):rep(i % 50), "\n") end
  g:close()
  for line in io.lines("long.txt") do sum = sum + line:match("^%d+") end
  return sum, #io.open("long.txt"):read("*a"), #io.open("long.txt"):read(100000), #io.open("long.txt"):read(1000000)
end
long()                                 --> 12502500, 151393, 100000, 151393

-- The default files
io.output("out.txt") == io.output()    --> true
io.write("to ", "a file\n")            --> true
io.output():write(7)                   --> true
io.output():close()                    --> true
io.write("x")                          --> standard output file is closed
io.output(io.stdout) == io.stdout      --> true
io.input("out.txt") == io.input()      --> true
io.read(), io.read("*n"), io.read("*l")  --> to a file, 7, nil
io.input("none.txt")                   --> bad argument #1 to 'input' (none.txt: No such file or directory)
all(io.lines("out.txt"))               --> to a file|7
io.close(io.input())                   --> true
io.input(io.stdin) == io.stdin         --> true
io.stdin:write("x")                    --> nil, Bad file descriptor, 9

-- Removing and renaming
os.rename("out.txt", "moved.txt")      --> true
io.open("out.txt"), io.open("moved.txt"):read()  --> nil, to a file
os.rename("out.txt", "x.txt")          --> nil, out.txt: No such file or directory, 2
os.remove("moved.txt")                 --> true
os.remove("moved.txt")                 --> nil, moved.txt: No such file or directory, 2
(function() local name = os.tmpname() local g = io.open(name, "w") g:write("x") g:close() local text = io.open(name):read("*a") return text, os.remove(name) end)()  --> x, true
(function() local g = io.tmpfile() g:write("temporary") g:seek("set") return g:read("*a"), g:close() end)()  --> temporary, true
