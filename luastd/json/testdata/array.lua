-- An empty table is an object. json.array makes it an array.
json.encode{lamps = {}}                  --> {"lamps":{}}
json.encode{lamps = json.array()}        --> {"lamps":[]}
json.encode{lamps = json.array{}}        --> {"lamps":[]}

-- json.array returns its argument.
local lamps = {}
json.array(lamps) == lamps               --> true
json.array(json.array(lamps)) == lamps   --> true

-- A tagged table can be used like any other table, and remains an array.
table.insert(lamps, "hall")
lamps[#lamps + 1] = "kitchen"
table.sort(lamps, function(a, b) return a > b end)
json.encode(lamps)                       --> ["kitchen","hall"]
table.concat(lamps, " ")                 --> kitchen hall
table.remove(lamps)
table.remove(lamps)
json.encode(lamps)                       --> []

-- A decoded array remains an array too.
local list = json.decode("[1]")
list[1] = nil
json.encode(list)                        --> []

-- A tagged array is as long as its highest key, and its holes become null.
json.encode(json.array{1, nil, 3})           --> [1,null,3]
json.encode(json.array{[4] = "d"})           --> [null,null,null,"d"]
json.encode(json.array{1, json.null, 3})     --> [1,null,3]
json.encode(json.array{[1e9] = 1})           --> json.encode: an array of 1000000000 elements is longer than 8388608 bytes
json.encode{a = json.array{[2e6] = 1}}       --> json.encode: longer than 8388608 bytes

-- A tagged array cannot have other keys.
json.encode{x = json.array{1, name = "n"}}   --> json.encode: x: an array cannot have the key "name"
json.encode(json.array{name = "n"})          --> json.encode: an array cannot have the key "name"
json.encode(json.array{[0] = "zero"})        --> json.encode: an array cannot have the key 0
json.encode(json.array{[1.5] = 1})           --> json.encode: a key must be a string or a whole number, not 1.5

-- The tag is a metatable, so a copy of the table with the same metatable is an array too.
local copy = setmetatable({}, getmetatable(json.array()))
json.encode(copy)                            --> []
getmetatable(copy).__jsontype                --> array

-- json.array does not replace the metatable of a table that has one.
local Stack = {}
Stack.__index = Stack
function Stack:push(v) self[#self + 1] = v end
local stack = setmetatable({}, Stack)
json.array(stack)                            --> bad argument #1 to array (the table has a metatable: set __jsontype = "array" in the metatable instead)
Stack.__jsontype = "array"
json.array(stack) == stack                   --> true
json.encode(stack)                           --> []
stack:push("plate")
json.encode(stack)                           --> ["plate"]

json.array("x")                              --> bad argument #1 to array (table expected, got string)
