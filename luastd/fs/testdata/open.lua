-- open returns a file. "w" writes a new file, "a" appends.
local f = fs.open("o/a", "w")
tostring(f), getmetatable(f)              --> file o/a (open), file
f:write("one\ntwo\r\n")                   --> true
f:write(3)                                --> true
f:seek()                                  --> 10
f:seek("set", 1)                          --> 1
f:write("N")                              --> true
f:close(), f:close(), tostring(f)         --> true, true, file o/a (closed)
f:write("x")                              --> file:write: o/a is closed
f:read()                                  --> file:read: o/a is closed
f:seek()                                  --> file:seek: o/a is closed
f = fs.open("o/a", "ab")
f:write("!"), f:close()                   --> true, true
fs.read("o/a")                            --> oNe\ntwo\r\n3!

-- read returns a line, a number of bytes, or the rest; nil at the end.
f = fs.open("o/a")
f:read(), f:read("*l"), f:read("l"), f:read()  --> oNe, two, 3!, nil
f:read("*a"), f:read(1), f:read(0)        --> , nil, nil
f:seek("set"), f:read(2), f:read(0), f:read(100), f:read(1)    --> 0, oN, , e\ntwo\r\n3!, nil
f:seek("end", -2), f:read("*a")           --> 9, 3!
f:seek("set", 2), f:read(1), f:seek(), f:seek("cur", -1), f:read(1)    --> 2, e, 3, 2, e
f:seek("cur", -100)                       --> file:seek: the position would be before the beginning of o/a
f:seek(), f:read(), f:read()              --> 3, , two
f:seek("start")                           --> bad argument #2 to seek ("start" is not one of set, cur, end)
f:read("*n")                              --> bad argument #2 to read ("*l", "*a" or a number of bytes expected)
f:read(-1)                                --> bad argument #2 to read (a whole number from 0 to 67108864 expected, got -1)
f:write("x")                              --> file:write: o/a was opened with the mode "r"
f.read("x")                               --> bad argument #1 to read (a file expected: use a colon, as in file:read())
f:seek("set", 4), f:lines()()             --> 4, two
f:close()                                 --> true
f:lines()                                 --> file:lines: o/a is closed

-- "r+" reads and writes.
f = fs.open("o/a", "r+")
f:read(3), f:write("X"), f:read(3)        --> oNe, true, two
f:seek("set", 0), f:read("*a")            --> 0, oNeXtwo\r\n3!
f:close()                                 --> true
f = fs.open("o/a", "w")
f:read()                                  --> file:read: o/a was opened with the mode "w"
f:close(), fs.stat("o/a").size            --> true, 0

-- A file that becomes longer can be read further.
local reader, writer = fs.open("o/a"), fs.open("o/a", "a")
reader:read()                             --> nil
writer:write("more\n")                    --> true
reader:read()                             --> more
reader:close(), writer:close()            --> true, true

fs.open("nothing")                        --> nil, not_found: nothing does not exist, not_found
fs.open("nothing", "r+")                  --> nil, not_found: nothing does not exist, not_found
fs.open("o")                              --> nil, not_a_file: o is a folder, not_a_file
fs.open("o", "w")                         --> nil, not_a_file: o is not a regular file, not_a_file
fs.open("o/a", "w+")                      --> bad argument #2 to open ("w+" is not one of "r", "w", "a", "r+")
