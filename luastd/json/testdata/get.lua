-- json.get returns the value at a path, or nil if a part of the path is missing.
local doc = json.decode('{"a": {"b": [{"c": 1}, {"c": 2}], "x.y": 3}, "list": [[1, 2], [3]], "none": null, "text": "abc"}')

json.get(doc, "a.b[1].c")         --> 1
json.get(doc, "a.b[2].c")         --> 2
json.get(doc, 'a["x.y"]')         --> 3
json.get(doc, "list[2][1]")       --> 3
json.get(doc, "a.b[3].c")         --> nil
json.get(doc, "a.none.c")         --> nil
json.get(doc, "none")             --> nil
json.get(doc, "none.x")           --> nil
json.get(doc, "text.x")           --> nil
json.get(doc, "text")             --> abc
json.get({10, 20}, "[2]")         --> 20
json.get(nil, "a")                --> nil
json.get(json.null, "a")          --> nil
json.get(doc, "missing", "else")  --> else
json.get(doc, "none", 0)          --> 0
json.get(doc, "a..b")             --> bad argument #2 to get ("a..b" is not a path: a name is expected at byte 3)
json.get(doc, "a[b]")             --> bad argument #2 to get ("a[b]" is not a path: a number or a text in quotes is expected at byte 3)
json.get(doc, "a[1")              --> bad argument #2 to get ("a[1" is not a path: ] is expected at byte 4)
json.get(doc, "")                 --> bad argument #2 to get ("" is not a path: a name is expected at byte 1)
json.get(doc)                     --> bad argument #2 to get (string expected, got nil)
