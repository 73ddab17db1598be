-- json.decode returns the value of a JSON text.
json.decode('"hi"')                      --> hi
json.decode(" 12 ")                      --> 12
json.decode("true")                      --> true
json.decode('{"room": "hall"}').room     --> hall
json.decode('[10, 20, [30, 31]]')[3][2]  --> 31
json.decode('{"a": 1, "a": 2}').a        --> 2

-- null becomes json.null, so that it keeps its place in a list.
json.decode("null")                      --> null
#json.decode("[1, null, 2]")             --> 3
json.decode("[1, null, 2]")[2] == json.null   --> true

-- The result is false for the text false. Compare the result with nil to find errors.
json.decode("false")                     --> false

-- A decoded value is encoded to the same text: keys keep their order, and [] and {} stay different.
local function again(s) return json.encode(assert(json.decode(s))) end
again('{"z":[],"a":{},"m":[null,{"k":[[]]}]}')   --> {"z":[],"a":{},"m":[null,{"k":[[]]}]}
again('[1.50, 1E2, -0, 1e-7]')                   --> [1.5,100,-0,1e-7]
again('[9007199254740993, 123456789012345678901]')   --> [9007199254740992,123456789012345680000]
again('["\\u0041\\u00e9\\ud83c\\udf89\\/\\b\\f\\n"]')  --> ["Aé🎉/\u0008\u000c\n"]

-- Half a surrogate pair, and bytes that are not UTF-8, become U+FFFD.
json.decode('"\\ud83c!"')                --> �!
json.decode('"\\udf89\\ud83c\\u0041"')   --> ��A
json.decode('"\255"')                    --> �

-- For a wrong text, json.decode returns nil, where and why the text is wrong, and a code.
json.decode("")                          --> nil, invalid: line 1, column 1: expected a value, not the end, invalid
json.decode("{room: 1}")                 --> nil, invalid: line 1, column 2: expected a key in quotes, not 'r', invalid
json.decode('{"room" 1}')                --> nil, invalid: line 1, column 9: expected ':', not '1', invalid
json.decode('{"a": 1 "b": 2}')           --> nil, invalid: line 1, column 9: expected ',' or '}', not '"', invalid
json.decode('{"a": 1,}')                 --> nil, invalid: line 1, column 9: expected a key in quotes, not '}', invalid
json.decode("[1, 2")                     --> nil, invalid: line 1, column 6: expected ',' or ']', not the end, invalid
json.decode("[1, 2,]")                   --> nil, invalid: line 1, column 7: expected a value, not ']', invalid
json.decode("[1] [2]")                   --> nil, invalid: line 1, column 5: expected the end, not '[', invalid
json.decode("[1,\n {\n  'a': 1}]")       --> nil, invalid: line 3, column 3: expected a key in quotes, not '\'', invalid
json.decode('["Grüße", x]')              --> nil, invalid: line 1, column 11: expected a value, not 'x', invalid
json.decode("nul")                       --> nil, invalid: line 1, column 1: expected a value, not 'n', invalid
json.decode("NaN")                       --> nil, invalid: line 1, column 1: expected a value, not 'N', invalid
json.decode("[tru]")                     --> nil, invalid: line 1, column 2: expected a value, not 't', invalid
json.decode("\239\187\191{}")            --> nil, invalid: line 1, column 1: expected a value, not '\ufeff', invalid
json.decode("1\0")                       --> nil, invalid: line 1, column 2: expected the end, not '\x00', invalid

-- Numbers must have the form that JSON defines.
json.decode("-")                         --> nil, invalid: line 1, column 2: expected a digit, not the end, invalid
json.decode("007")                       --> nil, invalid: line 1, column 1: a number cannot begin with 0, invalid
json.decode("[-01]")                     --> nil, invalid: line 1, column 3: a number cannot begin with 0, invalid
json.decode("1.")                        --> nil, invalid: line 1, column 3: expected a digit, not the end, invalid
json.decode("1.e3")                      --> nil, invalid: line 1, column 3: expected a digit, not 'e', invalid
json.decode("1e+")                       --> nil, invalid: line 1, column 4: expected a digit, not the end, invalid
json.decode("+1")                        --> nil, invalid: line 1, column 1: expected a value, not '+', invalid
json.decode(".5")                        --> nil, invalid: line 1, column 1: expected a value, not '.', invalid
json.decode("0x10")                      --> nil, invalid: line 1, column 2: expected the end, not 'x', invalid
json.decode("[1e999]")                   --> nil, invalid: line 1, column 2: a number that is too large, invalid
json.decode("1e-999")                    --> 0
json.decode("0.1") == 0.1                --> true
json.decode("179769313486231570e291") < math.huge    --> true

-- Strings may contain escapes, but no control characters.
json.decode('"abc')                      --> nil, invalid: line 1, column 5: expected '"', not the end, invalid
json.decode('"abc\\')                    --> nil, invalid: line 1, column 5: a backslash that begins no escape, invalid
json.decode('"\\x41"')                   --> nil, invalid: line 1, column 2: a backslash that begins no escape, invalid
json.decode('"\\u12g4"')                 --> nil, invalid: line 1, column 2: a backslash that begins no escape, invalid
json.decode('"a\nb"')                    --> nil, invalid: line 1, column 3: a control character in a string, not escaped, invalid
json.decode('"a\\n\tb"')                 --> nil, invalid: line 1, column 5: a control character in a string, not escaped, invalid

-- The depth and the length of a text are limited.
type(json.decode(("["):rep(100) .. ("]"):rep(100)))  --> table
json.decode(("["):rep(101) .. ("]"):rep(101))  --> nil, invalid: line 1, column 101: more than 100 nested arrays and objects, invalid
json.decode(("["):rep(1e6))              --> nil, invalid: line 1, column 101: more than 100 nested arrays and objects, invalid
json.decode((" "):rep(9e6))              --> nil, too_large: longer than 8388608 bytes, too_large
json.decode("[" .. ("[],"):rep(3e5) .. "1]")   --> nil, invalid: line 1, column 786431: more than 262144 arrays and objects, invalid

-- An argument that is not a string raises an error.
json.decode()                            --> bad argument #1 to decode (string expected, got nil)
json.decode({})                          --> bad argument #1 to decode (string expected, got table)

-- With big = "string", whole numbers that a Lua number cannot represent become strings of digits.
json.decode("[9007199254740993, 9007199254740992, -9007199254740993]", {big = "string"})[1]  --> 9007199254740993
json.encode(json.decode("[9007199254740993, 9007199254740992, 1e300, 1.5, -99999999999999999999]", {big = "string"}))  --> ["9007199254740993",9007199254740992,1e+300,1.5,"-99999999999999999999"]
json.decode("9007199254740993") == 9007199254740992  --> true
json.decode("1", {big = "number"})  --> bad argument #2 to decode (big must be "string", not a string)
json.decode("1", {bigg = "string"})  --> bad argument #2 to decode (there is no field 'bigg' (did you mean 'big'?); its fields are big)
