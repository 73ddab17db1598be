-- Strings, numbers and other values that are not tables.
json.encode("hi")                --> "hi"
json.encode(true)                --> true
json.encode(12)                  --> 12
json.encode(nil)                 --> null
json.encode(json.null)           --> null

-- A table whose keys are exactly 1 to n is an array, any other is an object.
json.encode{1, 2, 3}             --> [1,2,3]
json.encode{room = "hall"}       --> {"room":"hall"}
json.encode{{x = 1}, {x = 2}}    --> [{"x":1},{"x":2}]
json.encode{}                    --> {}
json.encode{list = {}}           --> {"list":{}}

-- Members are written in the order in which they were first set.
local lamp = {room = "hall", on = true, level = 0.5}
lamp.colour = "red"
json.encode(lamp)                --> {"room":"hall","on":true,"level":0.5,"colour":"red"}

-- A member that is nil is left out.
lamp.on = nil
json.encode(lamp)                --> {"room":"hall","level":0.5,"colour":"red"}
local queue = {"a", "b", "c"}
table.remove(queue)
json.encode(queue)               --> ["a","b"]

-- Keys that are whole numbers, but not exactly 1 to n, are written as strings.
json.encode{[10] = "ten"}              --> {"10":"ten"}
json.encode{[48213] = "bob"}           --> {"48213":"bob"}
json.encode{1, nil, 3}                 --> {"1":1,"3":3}
json.encode{[0] = "a", "b"}            --> {"1":"b","0":"a"}
json.encode{[-5] = "below"}            --> {"-5":"below"}
json.encode{[2^53] = 1}                --> {"9007199254740992":1}

-- Some keys cannot be in one table, and some cannot be in JSON at all.
json.encode{1, 2, name = "x"}          --> json.encode: string and integer keys mixed (1 and "name")
json.encode{a = 1, [7] = 2}            --> json.encode: string and integer keys mixed (7 and "a")
json.encode{a = 1, [-7] = 2}           --> json.encode: string and integer keys mixed ("a" and -7)
json.encode{[true] = 1}                --> json.encode: a key must be a string or a whole number, not true
json.encode{[1.5] = 1}                 --> json.encode: a key must be a string or a whole number, not 1.5
json.encode{[2^60] = 1}                --> json.encode: a key must be a string or a whole number, not 1152921504606846976
json.encode{[{}] = 1}                  --> json.encode: a key must be a string or a whole number, not a table
json.encode{x = {1, [print] = 1}}      --> json.encode: x: a key must be a string or a whole number, not a function

-- Whole numbers are exact up to 2^53. Other numbers are written as short as possible.
json.encode(2^53)                      --> 9007199254740992
json.encode(-2^53)                     --> -9007199254740992
json.encode(123456789012345678)        --> 123456789012345680
json.encode{1e15, 1e20, 1e21, 1e300}   --> [1000000000000000,100000000000000000000,1e+21,1e+300]
json.encode{0.5, 21.25, -3.125, 1/3}   --> [0.5,21.25,-3.125,0.3333333333333333]
json.encode(0.1 + 0.2)                 --> 0.30000000000000004
json.encode{0.000001, 0.0000001}       --> [0.000001,1e-7]
local zero = 0
json.encode{zero, -zero, 5e-324}       --> [0,-0,5e-324]

-- Special characters in strings are written as escapes.
json.encode('a "b" \\ c/d')            --> "a \"b\" \\ c/d"
json.encode("\n\t\r\0\8\31")       --> "\n\t\r\u0000\u0008\u001f"
json.encode("</script> & Grüße 🎉")    --> "</script> & Grüße 🎉"
json.encode("\255 and \226\130")       --> "� and ��"
json.encode{["two words"] = 1, [""] = 2}  --> {"two words":1,"":2}

-- The error has the path to the value that cannot be JSON.
json.encode(print)                                 --> json.encode: a function cannot be JSON
json.encode{items = {1, 2, {x = print}}}           --> json.encode: items[3].x: a function cannot be JSON
json.encode{1, 0/0}                                --> json.encode: [2]: NaN cannot be JSON
json.encode{low = -1/0}                            --> json.encode: low: an infinite number cannot be JSON
json.encode{co = coroutine.create(print)}          --> json.encode: co: a thread cannot be JSON
json.encode{["two words"] = {["9"] = print}}       --> json.encode: ["two words"]["9"]: a function cannot be JSON
json.encode{[7] = "a", [9] = print}                --> json.encode: [9]: a function cannot be JSON
json.encode{[("k"):rep(60)] = print}               --> json.encode: ["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk..."]: a function cannot be JSON

-- A table cannot contain itself. It can contain another table twice.
local room = {name = "hall"}
room.door = {leads_to = room}
json.encode{room}                                  --> json.encode: [1].door.leads_to: a table cannot contain itself
local home = {name = "home"}
json.encode{from = home, to = home}                --> {"from":{"name":"home"},"to":{"name":"home"}}

-- Up to a hundred tables may be nested.
local function nested(depth)
  local t = {}
  for i = 2, depth do t = {t} end
  return t
end
#json.encode(nested(100))                          --> 200
(select(2, pcall(json.encode, nested(101))):match("more than.*"))  --> more than 100 nested tables

-- A text may have up to 8 MB.
json.encode(("x"):rep(9e6))                        --> json.encode: longer than 8388608 bytes
json.encode{a = {("\1"):rep(3e6)}}                 --> json.encode: longer than 8388608 bytes

-- The functions of a metatable are not called.
local class = {__index = {inherited = 1}, __tostring = function() return "?" end}
json.encode(setmetatable({own = 2}, class))        --> {"own":2}

-- With pretty = true, the text is indented.
json.encode({name = "hall", lamps = {1, 2}, none = {}}, {pretty = true})  --> {\n  "name": "hall",\n  "lamps": [\n    1,\n    2\n  ],\n  "none": {}\n}
json.encode({1}, {pretty = false})                 --> [1]
json.encode({1}, {pretty = "no"})                  --> bad argument #2 to encode (pretty must be true or false, not a string)
json.encode({1}, {prety = true})                   --> bad argument #2 to encode (there is no field 'prety' (did you mean 'pretty'?); its fields are pretty)
json.encode()                                      --> bad argument #1 to encode (value expected)
