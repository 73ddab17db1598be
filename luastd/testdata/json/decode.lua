-- A JSON text becomes the value that it stands for.
json.decode('"hi"')                      --> hi
json.decode(" 12 ")                      --> 12
json.decode("true")                      --> true
json.decode('{"room": "hall"}').room     --> hall
json.decode('[10, 20, [30, 31]]')[3][2]  --> 31
json.decode('{"a": 1, "a": 2}').a        --> 2

-- null is json.null, so that it has a place, and a list does not close up.
json.decode("null")                      --> null
#json.decode("[1, null, 2]")             --> 3
json.decode("[1, null, 2]")[2] == json.null   --> true

-- false is a value: ask whether the result is nil, not whether it is true.
json.decode("false")                     --> false

-- What goes in comes out again, [] and {} too, in the same order.
local function again(s) return json.encode(assert(json.decode(s))) end
again('{"z":[],"a":{},"m":[null,{"k":[[]]}]}')   --> {"z":[],"a":{},"m":[null,{"k":[[]]}]}
again('[1.50, 1E2, -0, 1e-7]')                   --> [1.5,100,-0,1e-7]
again('[9007199254740993, 123456789012345678901]')   --> [9007199254740992,123456789012345680000]
again('["\\u0041\\u00e9\\ud83c\\udf89\\/\\b\\f\\n"]')  --> ["Aé🎉/\u0008\u000c\n"]

-- Half a surrogate pair, and bytes that are not UTF-8, become U+FFFD.
json.decode('"\\ud83c!"')                --> �!
json.decode('"\\udf89\\ud83c\\u0041"')   --> ��A
json.decode('"\255"')                    --> �

-- A text that is wrong is no mistake of the script: nil, and where and why.
json.decode("")                          --> nil, line 1, column 1: expected a value, not the end
json.decode("{room: 1}")                 --> nil, line 1, column 2: expected a key in quotes, not 'r'
json.decode('{"room" 1}')                --> nil, line 1, column 9: expected ':', not '1'
json.decode('{"a": 1 "b": 2}')           --> nil, line 1, column 9: expected ',' or '}', not '"'
json.decode('{"a": 1,}')                 --> nil, line 1, column 9: expected a key in quotes, not '}'
json.decode("[1, 2")                     --> nil, line 1, column 6: expected ',' or ']', not the end
json.decode("[1, 2,]")                   --> nil, line 1, column 7: expected a value, not ']'
json.decode("[1] [2]")                   --> nil, line 1, column 5: expected the end, not '['
json.decode("[1,\n {\n  'a': 1}]")       --> nil, line 3, column 3: expected a key in quotes, not '\''
json.decode('["Grüße", x]')              --> nil, line 1, column 11: expected a value, not 'x'
json.decode("nul")                       --> nil, line 1, column 1: expected a value, not 'n'
json.decode("NaN")                       --> nil, line 1, column 1: expected a value, not 'N'
json.decode("[tru]")                     --> nil, line 1, column 2: expected a value, not 't'
json.decode("\239\187\191{}")            --> nil, line 1, column 1: expected a value, not '\ufeff'
json.decode("1\0")                       --> nil, line 1, column 2: expected the end, not '\x00'

-- Numbers.
json.decode("-")                         --> nil, line 1, column 2: expected a digit, not the end
json.decode("007")                       --> nil, line 1, column 1: a number cannot begin with 0
json.decode("[-01]")                     --> nil, line 1, column 3: a number cannot begin with 0
json.decode("1.")                        --> nil, line 1, column 3: expected a digit, not the end
json.decode("1.e3")                      --> nil, line 1, column 3: expected a digit, not 'e'
json.decode("1e+")                       --> nil, line 1, column 4: expected a digit, not the end
json.decode("+1")                        --> nil, line 1, column 1: expected a value, not '+'
json.decode(".5")                        --> nil, line 1, column 1: expected a value, not '.'
json.decode("0x10")                      --> nil, line 1, column 2: expected the end, not 'x'
json.decode("[1e999]")                   --> nil, line 1, column 2: a number beyond what can be held
json.decode("1e-999")                    --> 0
json.decode("0.1") == 0.1                --> true
json.decode("179769313486231570e291") == math.huge   --> true

-- Strings.
json.decode('"abc')                      --> nil, line 1, column 5: expected '"', not the end
json.decode('"abc\\')                    --> nil, line 1, column 5: a backslash that begins no escape
json.decode('"\\x41"')                   --> nil, line 1, column 2: a backslash that begins no escape
json.decode('"\\u12g4"')                 --> nil, line 1, column 2: a backslash that begins no escape
json.decode('"a\nb"')                    --> nil, line 1, column 3: a control character in a string, not escaped
json.decode('"a\\n\tb"')                 --> nil, line 1, column 5: a control character in a string, not escaped

-- How deep and how long a text may be.
type(json.decode(("["):rep(100) .. ("]"):rep(100)))  --> table
json.decode(("["):rep(101) .. ("]"):rep(101))  --> nil, line 1, column 101: more than 100 arrays and objects in each other
json.decode(("["):rep(1e6))              --> nil, line 1, column 101: more than 100 arrays and objects in each other
json.decode((" "):rep(9e6))              --> nil, longer than 8388608 bytes
json.decode("[" .. ("[],"):rep(3e5) .. "1]")   --> nil, line 1, column 786431: more than 262144 arrays and objects

-- Anything but a string is a mistake of the script.
json.decode()                            --> bad argument #1 to decode (string expected, got nil)
json.decode({})                          --> bad argument #1 to decode (string expected, got table)
