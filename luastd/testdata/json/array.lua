-- An empty table is an object. json.array says that it is meant as an array.
json.encode{lamps = {}}                  --> {"lamps":{}}
json.encode{lamps = json.array()}        --> {"lamps":[]}
json.encode{lamps = json.array{}}        --> {"lamps":[]}

-- json.array returns the table that it was given.
local lamps = {}
json.array(lamps) == lamps               --> true
json.array(json.array(lamps)) == lamps   --> true

-- The table is used like any other, and stays an array.
table.insert(lamps, "hall")
lamps[#lamps + 1] = "kitchen"
table.sort(lamps, function(a, b) return a > b end)
json.encode(lamps)                       --> ["kitchen","hall"]
table.concat(lamps, " ")                 --> kitchen hall
table.remove(lamps)
table.remove(lamps)
json.encode(lamps)                       --> []

-- So does what was decoded.
local list = json.decode("[1]")
list[1] = nil
json.encode(list)                        --> []

-- A tagged array is as long as its highest key, and has null in its holes.
json.encode(json.array{1, nil, 3})           --> [1,null,3]
json.encode(json.array{[4] = "d"})           --> [null,null,null,"d"]
json.encode(json.array{1, json.null, 3})     --> [1,null,3]
json.encode(json.array{[1e9] = 1})           --> json.encode: an array of 1000000000 is longer than 8388608 bytes
json.encode{a = json.array{[2e6] = 1}}       --> json.encode: longer than 8388608 bytes

-- And it has nothing else.
json.encode{x = json.array{1, name = "n"}}   --> json.encode: x: an array cannot have the key "name"
json.encode(json.array{name = "n"})          --> json.encode: an array cannot have the key "name"
json.encode(json.array{[0] = "zero"})        --> json.encode: an array cannot have the key 0
json.encode(json.array{[1.5] = 1})           --> json.encode: a key must be a string or a whole number, not 1.5

-- The tag is a metatable, which the usual way of copying a table takes along.
local copy = setmetatable({}, getmetatable(json.array()))
json.encode(copy)                            --> []
getmetatable(copy).__jsontype                --> array

-- A table that has a metatable keeps it: json.array does not put its own in the place.
local Stack = {}
Stack.__index = Stack
function Stack:push(v) self[#self + 1] = v end
local stack = setmetatable({}, Stack)
json.array(stack)                            --> bad argument #1 to array (it has a metatable: put __jsontype = "array" in there)
Stack.__jsontype = "array"
json.array(stack) == stack                   --> true
json.encode(stack)                           --> []
stack:push("plate")
json.encode(stack)                           --> ["plate"]

json.array("x")                              --> bad argument #1 to array (table expected, got string)
