-- A table cannot hold nil, so JSON's null is represented by json.null.
tostring(json.null)                       --> null
type(json.null)                           --> userdata
json.encode{room = json.null}             --> {"room":null}
json.encode{1, json.null}                 --> [1,null]

-- json.null is the same value everywhere in a script.
json.decode("null") == json.null          --> true
json.decode('{"a": null}').a == json.null --> true
json.null == nil                          --> false
json.null == false                        --> false

-- json.null counts as true in a condition. To find it, compare a value with json.null.
json.null and "yes"                       --> yes
local guests = json.decode('{"count": null}')
guests.count ~= json.null and guests.count or 0   --> 0

-- json.null can be a key of a table, but not in JSON.
local seen = {[json.null] = "seen"}
seen[json.null]                           --> seen
json.encode(seen)                         --> json.encode: a key must be a string or a whole number, not a userdata

-- json.null has no fields.
pcall(function() return json.null.x end)  --> false, attempt to index a non-table object(userdata) with key 'x'
