-- write creates a file and missing folders. read returns the content.
fs.write("notes/a.txt", "milk\n")         --> true
fs.read("notes/a.txt")                    --> milk\n
fs.append("notes/a.txt", "bread\r\neggs") --> true
fs.append("notes/new.txt", "x")           --> true
fs.write("notes/number", 12)              --> true
fs.read("notes/number")                   --> 12
fs.write("notes/empty", "")               --> true
fs.read("notes/empty")                    --> 
fs.write("notes/bytes", "\0\255\n")       --> true
#fs.read("notes/bytes")                   --> 3

-- The paths of the data folder.
fs.read(fs.data .. "/notes/new.txt")      --> x
fs.read(fs.join(fs.data, "notes", "new.txt"))  --> x
fs.exists("")                             --> true

-- lines have no line ends. The last line needs none.
local lines = {}
for line in fs.lines("notes/a.txt") do lines[#lines + 1] = line end
table.concat(lines, "|")                  --> milk|bread|eggs
fs.lines("notes/empty")()                 --> nil
fs.lines("nothing")                       --> fs.lines: not_found: nothing does not exist
fs.lines("notes")                         --> fs.lines: not_a_file: notes is a folder

-- read fails if the file is too large, or is no file.
fs.read("notes/a.txt", {max = 15})        --> nil, too_large: there are 16 bytes; the maximum is 15, too_large
#fs.read("notes/a.txt", {max = 16})       --> 16
fs.read("nothing")                        --> nil, not_found: nothing does not exist, not_found
fs.read("notes/a.txt/b")                  --> nil, not_found: notes/a.txt/b does not exist, not_found
fs.read("notes")                          --> nil, not_a_file: notes is a folder, not_a_file
fs.write("notes", "x")                    --> nil, not_a_file: notes is not a regular file, not_a_file
fs.append("notes", "x")                   --> nil, not_a_file: notes is not a regular file, not_a_file

-- Mistakes raise an error.
fs.read("a\0b")                           --> bad argument #1 to read (a path has no zero byte)
fs.read(("a"):rep(5000))                  --> bad argument #1 to read (the path has 5000 bytes; the maximum is 4096)
fs.read()                                 --> bad argument #1 to read (string expected, got nil)
fs.read("a", {max = 64 * 2^20 + 1})       --> bad argument #2 to read (max must be a whole number from 1 to 67108864, not 67108865)
fs.read("a", {maximum = 1})               --> bad argument #2 to read (there is no field 'maximum'; its fields are max)
fs.write("a")                             --> bad argument #2 to write (a string expected, got nil)
fs.write("a", {})                         --> bad argument #2 to write (a string expected, got table)
fs.write("a", "x", {mode = "0999"})       --> bad argument #3 to write (mode must be octal digits from "0001" to "0777", such as "0644", not a string)
fs.write("a", "x", {mode = "4755"})       --> bad argument #3 to write (mode must be octal digits from "0001" to "0777", such as "0644", not a string)
fs.write("a", "x", {sync = 1})            --> bad argument #3 to write (sync must be true or false, not 1)

-- The mode is a string of octal digits. A number with these digits will do.
fs.write("notes/mode", "x", {mode = "0600"})   --> true
fs.stat("notes/mode").mode                --> 0600
fs.write("notes/mode", "x", {mode = 0640, sync = false})   --> true
fs.stat("notes/mode").mode                --> 0640
fs.write("notes/mode", "y")               --> true
fs.stat("notes/mode").mode                --> 0640

-- stat describes a file or a folder.
fs.stat("notes/a.txt").type               --> file
fs.stat("notes/a.txt").size               --> 16
fs.stat("notes").type                     --> dir
math.abs(fs.stat("notes/a.txt").mtime - os.time()) < 60   --> true
fs.stat("nothing")                        --> nil, not_found: nothing does not exist, not_found
fs.exists("notes"), fs.exists("notes/a.txt"), fs.exists("nothing"), fs.exists("notes/a.txt/b")  --> true, true, false, false
fs.free("") > 0, fs.free("nothing/yet") > 0    --> true, true

-- mkdir creates all folders of a path.
fs.mkdir("m/n/o")                         --> true
fs.mkdir("m/n/o")                         --> true
fs.mkdir("")                              --> true
fs.mkdir("notes/a.txt")                   --> nil, exists: notes/a.txt exists already, exists
fs.mkdir("notes/a.txt/b")                 --> nil, not_found: notes/a.txt/b does not exist, not_found

-- remove says whether there was something.
fs.remove("m/n/o")                        --> true
fs.remove("m/n/o")                        --> false
fs.remove("m")                            --> nil, exists: m is not empty: the option recursive = true removes it with everything in it, exists
fs.remove("m", {recursive = true})        --> true
fs.exists("m")                            --> false
(select(2, pcall(fs.remove, "", {recursive = true})):gsub("fs.remove: .+ cannot", "it cannot"))   --> it cannot be removed, only what is in it

-- rename and copy replace a file, but no folder. They create missing folders.
fs.write("r/a", "a"), fs.write("r/b", "b")     --> true, true
fs.rename("r/a", "r/b")                   --> true
fs.read("r/b"), fs.exists("r/a")          --> a, false
fs.copy("r/b", "r/deep/c")                --> true
fs.read("r/b"), fs.read("r/deep/c")       --> a, a
fs.rename("r/deep", "r/deeper")           --> true
fs.read("r/deeper/c")                     --> a
fs.rename("r/b", "r/deeper")              --> nil, exists: r/deeper is a folder, exists
fs.rename("r/none", "r/x")                --> nil, not_found: r/none does not exist, not_found
fs.copy("r/none", "r/x")                  --> nil, not_found: r/none does not exist, not_found
fs.copy("r/deeper", "r/x")                --> nil, not_a_file: r/deeper is a folder, not_a_file
fs.copy("r/b", "r/deeper")                --> nil, not_a_file: r/deeper is not a regular file, not_a_file
fs.write("r/mode", "", {mode = "0600"})   --> true
fs.copy("r/mode", "r/mode2") and fs.stat("r/mode2").mode   --> 0600
fs.copy("r/mode", "r/b") and fs.stat("r/b").mode           --> 0644

-- temp makes an empty file in the data folder.
local temp = fs.temp(".wav")
fs.extension(temp), fs.stat(temp).size, fs.stat(temp).mode   --> .wav, 0, 0600
temp:sub(1, #fs.data) == fs.data, temp ~= fs.temp(".wav")    --> true, true
fs.temp("/x")                             --> bad argument #1 to temp (the suffix must be the end of a file name, such as .wav)
fs.temp(("x"):rep(101))                   --> bad argument #1 to temp (the suffix must be the end of a file name, such as .wav)
