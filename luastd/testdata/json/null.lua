-- A table cannot keep a nil, so the null of JSON is a value of its own.
tostring(json.null)                       --> null
type(json.null)                           --> userdata
json.encode{room = json.null}             --> {"room":null}
json.encode{1, json.null}                 --> [1,null]

-- There is one in a script, whoever made it.
json.decode("null") == json.null          --> true
json.decode('{"a": null}').a == json.null --> true
json.null == nil                          --> false
json.null == false                        --> false

-- It is true in a condition. Compare it.
json.null and "yes"                       --> yes
local guests = json.decode('{"count": null}')
guests.count ~= json.null and guests.count or 0   --> 0

-- It is a fine key of a table, but not in JSON.
local seen = {[json.null] = "seen"}
seen[json.null]                           --> seen
json.encode(seen)                         --> json.encode: a key must be a string or a whole number, not a userdata

-- It has nothing in it.
pcall(function() return json.null.x end)  --> false, attempt to index a non-table object(userdata) with key 'x'
