for _, name in ipairs{"b.txt", "a.txt", ".hidden", "sub/c.txt", "sub/deep/d.txt", "sub/deep/e.csv"} do fs.write("l/" .. name, name) end
local function paths(list, why) if not list then return why end local t = {} for _, e in ipairs(list) do t[#t + 1] = e.path end return table.concat(t, " ") end

-- list returns the entries of one folder, sorted.
paths(fs.list("l"))                       --> l/.hidden l/a.txt l/b.txt l/sub
paths(fs.list("l/"))                      --> l/.hidden l/a.txt l/b.txt l/sub
paths(fs.list("l/sub", {recursive = true}))    --> l/sub/c.txt l/sub/deep l/sub/deep/d.txt l/sub/deep/e.csv
paths(fs.list())                          --> l
paths(fs.list(nil, {recursive = false}))  --> l
paths(fs.list("."))                       --> ./test.lua
local entry = fs.list("l")[2]
entry.name, entry.path, entry.type, entry.size    --> a.txt, l/a.txt, file, 5
entry.mtime == fs.stat("l/a.txt").mtime   --> true
fs.list("l")[4].type                      --> dir
fs.read(fs.list("l")[2].path)             --> a.txt
fs.list("nothing")                        --> nil, not_found: nothing does not exist, not_found
fs.list("l/a.txt")                        --> nil, not_found: l/a.txt is not a folder, not_found
fs.list("l", {limit = 3})                 --> nil, too_large: there are more than 3 files, too_large
#fs.list("l", {limit = 4})                --> 4
fs.list("l", {recursive = true, limit = 7})    --> nil, too_large: there are more than 7 files, too_large
#fs.list("l", {recursive = true, limit = 8})   --> 8
fs.list("l", {limit = 100001})            --> bad argument #2 to list (limit must be a whole number from 1 to 100000, not 100001)

-- glob returns the paths that match, in the form of the pattern.
table.concat(fs.glob("l/*.txt"), " ")     --> l/a.txt l/b.txt
table.concat(fs.glob("l/*"), " ")         --> l/a.txt l/b.txt l/sub
table.concat(fs.glob("l/.*"), " ")        --> l/.hidden
table.concat(fs.glob("l/**/*.txt"), " ")  --> l/a.txt l/b.txt l/sub/c.txt l/sub/deep/d.txt
table.concat(fs.glob("l/**"), " ")        --> l/a.txt l/b.txt l/sub l/sub/c.txt l/sub/deep l/sub/deep/d.txt l/sub/deep/e.csv
table.concat(fs.glob("l/**/**/d.*"), " ") --> l/sub/deep/d.txt
table.concat(fs.glob("l/**/deep"), " ")   --> l/sub/deep
table.concat(fs.glob("l/*/*/[de].???"), " ")   --> l/sub/deep/d.txt l/sub/deep/e.csv
table.concat(fs.glob("*/a.txt"), " ")     --> l/a.txt
table.concat(fs.glob("./*.lua"), " ")     --> ./test.lua
table.concat(fs.glob("l/a.txt"), " ")     --> l/a.txt
fs.glob(fs.data .. "/l/a*")[1] == fs.data .. "/l/a.txt"    --> true
#fs.glob("nothing"), #fs.glob("nothing/*"), #fs.glob("l/a.txt/*")    --> 0, 0, 0
fs.glob("l/[a")                           --> bad argument #1 to glob (the pattern is wrong: [a)
fs.glob("l/*/../x")                       --> bad argument #1 to glob (the pattern must not have ".." after a wildcard)
