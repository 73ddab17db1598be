local function show(s)
  local v, reason, code = yaml.decode(s)
  if v == nil then return reason, code end
  return json.encode(v)
end

-- Mappings, lists and strings.
show("name: hall\nlamps:\n  - pin: 17\n    on: true\n  - {pin: 18, on: false}\n")  --> {"name":"hall","lamps":[{"pin":17,"on":true},{"pin":18,"on":false}]}
show("- a\n- 'it''s'\n- \"tab\\t\\u00e9\"\n")       --> ["a","it's","tab\té"]
show("text: |\n  one\n   two\n\nmore: >\n  three\n  four\n")  --> {"text":"one\n two\n","more":"three four\n"}
show('{"json": [1, null, "x"]}')                    --> {"json":[1,null,"x"]}
show("\239\187\191a: 1\r\nb: 2\r\n")                --> {"a":1,"b":2}
show("%YAML 1.2\n---\na: 1")                        --> {"a":1}

-- Lists and mappings stay what they are, even if they are empty. null is json.null.
show("a: []\nb: {}\nc:\nd: ~\ne: null\nf: 'null'")  --> {"a":[],"b":{},"c":null,"d":null,"e":null,"f":"null"}
yaml.decode("a:").a == json.null                    --> true
show("")                                            --> null
show("# only a comment\n")                          --> null
show("--- just text")                               --> "just text"
show("false")                                       --> false

-- Only true and false are booleans. Dates, times and 1e3 are strings.
show("[true, False, TRUE]")                         --> [true,false,true]
show("[yes, no, on, off, y, n, Yes, NO]")           --> ["yes","no","on","off","y","n","Yes","NO"]
show("[2026-05-27, 2026-05-27 07:30:00, 07:30, 1.2.3, 1e3, 1_000, 0x, 08, -]")  --> ["2026-05-27","2026-05-27 07:30:00","07:30","1.2.3","1e3","1_000","0x","08","-"]
show("[NULL, Null, nil]")                           --> [null,null,"nil"]

-- Numbers.
show("[12, -3, +4, 0, 010, 0o17, 0x1F, 0b11, 1.5, .5, 5., -1.5e3, 1.5e-3]")  --> [12,-3,4,0,8,15,31,3,1.5,0.5,5,-1500,0.0015]
show("[9007199254740992, 9007199254740993, -9007199254740993]")  --> [9007199254740992,"9007199254740993","-9007199254740993"]
show("[+99999999999999999999, 0xffffffffffffffffffff]")  --> ["99999999999999999999","1208925819614629174706175"]
#yaml.decode("+" .. ("1"):rep(5000))                --> 5000
yaml.decode(".inf"), yaml.decode("-.INF")           --> inf, -inf
local nan = yaml.decode(".nan")
nan == nan                                          --> false
yaml.decode("1.0e999")                              --> 1.0e999

-- Keys are always strings, and may occur only once.
show("1: a\ntrue: b\n~: c\n2026-05-27: d")          --> {"1":"a","true":"b","~":"c","2026-05-27":"d"}
show("a: 1\nb: 2\na: 3")                            --> invalid: line 3: the key "a" occurs twice, invalid
show("? [a, b]\n: c")                               --> invalid: line 1: a key must be a string, not a list or a mapping, invalid
show("&x a: 1\nb: {*x : 2}")                        --> {"a":1,"b":{"a":2}}

-- Tags of YAML itself count. Others are ignored.
show("[!!str 12, !!int '12', !!float '1.5', !!bool 'true', !!null '']")        --> ["12",12,1.5,true,null]
show("[!secret password, !include 'x', !a [1], !b {c: 2}, !n 12, !!binary aGk=]")  --> ["password","x",[1],{"c":2},12,"aGk="]

-- An alias is a copy: a change of one does not change the other.
local v = yaml.decode("a: &x {level: 1}\nb: *x")
v.b.level = 2
v.a.level, v.b.level                                --> 1, 2
show("- &x [1]\n- &x [2]\n- *x")                    --> [[1],[2],[2]]
show("a: *x")                                       --> invalid: unknown anchor 'x' referenced, invalid
show("&x [1, {a: *x}]")                             --> invalid: line 1: the anchor "x" contains itself, invalid

-- << adds the members of other mappings. Those that are there already count.
show("d: &d {x: 1, y: 2}\ne:\n  <<: *d\n  y: 3")    --> {"d":{"x":1,"y":2},"e":{"y":3,"x":1}}
show("<<: [{a: 1}, {a: 2, b: 3}]")                  --> {"a":1,"b":3}
show("'<<': 1")                                     --> {"<<":1}
show("<<: 1")                                       --> invalid: line 1: << needs a mapping or a list of mappings, invalid
show("<<: [[1]]")                                   --> invalid: line 1: << needs a mapping or a list of mappings, invalid

-- decode_all reads texts with several documents.
json.encode(yaml.decode_all("a: 1\n---\n- 2\n---\n"))  --> [{"a":1},[2],null]
#yaml.decode_all("")                                --> 0
show("a: 1\n---\nb: 2")                             --> invalid: the text has 2 documents: use yaml.decode_all, invalid
yaml.decode_all("a: 1\n---\n[")                     --> nil, invalid: line 3: did not find expected node content, invalid

-- For a wrong text, decode returns nil, where and why it is wrong, and a code.
yaml.decode("a: b: c")                              --> nil, invalid: line 1: mapping values are not allowed in this context, invalid
yaml.decode("a:\n\t- b")                            --> nil, invalid: line 2: found character that cannot start any token, invalid
yaml.decode("- a\nb: c")                            --> nil, invalid: line 2: did not find expected '-' indicator, invalid
yaml.decode("a: 'b")                                --> nil, invalid: line 1: found unexpected end of stream, invalid
yaml.decode("a: [1, 2")                             --> nil, invalid: line 1: did not find expected ',' or ']', invalid
yaml.decode("a: \1")                                --> nil, invalid: control characters are not allowed, invalid
yaml.decode("a: \255")                              --> nil, invalid: invalid leading UTF-8 octet, invalid
yaml.decode("\255\254a\0")                          --> nil, invalid: the text is UTF-16: save or send it as UTF-8, invalid

-- Bounds.
yaml.decode(("x"):rep(2^20 + 1))                    --> nil, too_large: the text has 1048577 bytes; the maximum is 1048576, too_large
#yaml.decode(("- x\n"):rep(50000))                  --> 50000
yaml.decode(("- x\n"):rep(50001))                   --> nil, too_large: the text has 100002 lines, commas, colons and brackets; the maximum is 100000, too_large
#yaml.decode(("["):rep(100) .. ("]"):rep(100))      --> 1
yaml.decode(("["):rep(101) .. ("]"):rep(101))       --> nil, too_large: line 1: more than 100 nested lists and mappings, too_large
yaml.decode(("["):rep(20000))                       --> nil, too_large: more than 100 nested lists and mappings, too_large
yaml.decode(("- "):rep(101) .. "a")                 --> nil, too_large: line 1: more than 100 nested lists and mappings, too_large
yaml.decode(("%TAG !a! b\n"):rep(101) .. "---\na")  --> nil, too_large: the text has 101 %TAG directives; the maximum is 100, too_large
local bomb = "a: &a [1,1,1,1,1,1,1,1,1]\n"
for c in ("bcdefgh"):gmatch(".") do
  local before = string.char(c:byte() - 1)
  bomb = bomb .. c .. ": &" .. c .. " [" .. ("*" .. before .. ","):rep(9) .. "]\n"
end
yaml.decode(bomb)                                   --> nil, too_large: more than 100000 values, with those that aliases repeat, too_large

-- An argument that is not a string raises an error.
yaml.decode()                                       --> bad argument #1 to decode (string expected, got nil)
yaml.decode_all({})                                 --> bad argument #1 to decode_all (string expected, got table)
