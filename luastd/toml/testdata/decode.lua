local function show(s)
  local t, reason, code = toml.decode(s)
  if not t then return reason, code end
  return json.encode(t)
end

-- Keys, tables and arrays.
show('name = "hall"\nlevel = 0.5\non = true')         --> {"name":"hall","level":0.5,"on":true}
show("[lamps.hall]\nlevel = 1\n[lamps.attic]\n")      --> {"lamps":{"hall":{"level":1},"attic":{}}}
show("[[lamps]]\nname = 'a'\n[[lamps]]\nname = 'b'")  --> {"lamps":[{"name":"a"},{"name":"b"}]}
show("a.b.c = 1\na.d = {e = [1, 2.5, 'x', {}]}")      --> {"a":{"b":{"c":1},"d":{"e":[1,2.5,"x",{}]}}}
show("")                                              --> {}
show("# only a comment")                              --> {}
show("\239\187\191a = 1\r\n'b c' = 2\r\n\"\" = 3")    --> {"a":1,"b c":2,"":3}

-- Keys have the order of the text.
show("z = 1\na = 2\n[m]\n[k]\nx = 1\nb = 2\n[m.y]\n[m.c]")   --> {"z":1,"a":2,"m":{"y":{},"c":{}},"k":{"x":1,"b":2}}

-- An empty array is an array when it is written again.
json.encode(toml.decode("a = []"))                    --> {"a":[]}

-- Strings.
toml.decode([[s = "tab\t \u00e9 \U0001F389 \"q\" \\ \x41"]]).s   --> tab	 é 🎉 "q" \ A
toml.decode("s = 'C:\\new'").s                        --> C:\new
toml.decode('s = """\none \\\n    two\n three"""').s  --> one two\n three
toml.decode("s = '''\nit's\n'''").s                   --> it's\n

-- Integers are exact: beyond 2^53 they are strings of digits.
toml.decode("n = 1_000_000").n                        --> 1000000
toml.decode("n = 0xff").n + toml.decode("n = 0o17").n + toml.decode("n = 0b11").n   --> 273
toml.decode("n = 9007199254740992").n == 2^53          --> true
type(toml.decode("n = 9007199254740992").n)           --> number
toml.decode("n = 9007199254740993").n                 --> 9007199254740993
type(toml.decode("n = 9007199254740993").n)           --> string
toml.decode("n = -9223372036854775808").n             --> -9223372036854775808

-- Other numbers.
toml.decode("n = -1.5e-3").n                          --> -0.0015
toml.decode("n = inf").n == math.huge                 --> true
toml.decode("n = -inf").n == -math.huge               --> true
local nan = toml.decode("n = nan").n
nan == nan                                            --> false

-- A date with a time and an offset from UTC is a moment: Unix seconds.
toml.decode("d = 1970-01-02T00:00:00Z").d             --> 86400
toml.decode("d = 2026-05-27T07:30:00Z").d             --> 1779867000
toml.decode("d = 2026-05-27 09:30:00.25+02:00").d     --> 1779867000.25
os.date("!%H:%M", toml.decode("d = 2026-05-27T07:30Z").d)   --> 07:30

-- Other dates and times are strings, because they do not say in which time zone they are.
toml.decode("d = 2026-05-27T07:30:00").d              --> 2026-05-27T07:30:00
toml.decode("d = 2026-05-27 07:30:00.500").d          --> 2026-05-27T07:30:00.5
toml.decode("d = 2026-05-27").d                       --> 2026-05-27
toml.decode("d = 07:30:00").d                         --> 07:30:00
toml.decode("d = 07:30").d                            --> 07:30:00

-- For a wrong text, decode returns nil, where and why it is wrong, and a code.
toml.decode("a = ")                                   --> nil, invalid: line 1, byte 4: unexpected EOF; expected value, invalid
toml.decode("a = 1\nb = [1 2]")                       --> nil, invalid: line 2, byte 8: expected a comma (',') or array terminator (']'), but got '2', invalid
toml.decode("a = 1\na = 2")                           --> nil, invalid: line 2, byte 7: Key 'a' has already been defined, invalid
toml.decode("a = 2026-13-01")                         --> nil, invalid: line 1, byte 5: invalid datetime: "2026-13-01", invalid
toml.decode("a = 012")                                --> nil, invalid: line 1, byte 5: Invalid integer "012": cannot have leading zeroes, invalid
toml.decode("a = 9223372036854775808")                --> nil, invalid: line 1, byte 5: 9223372036854775808 is out of range for int64, invalid
toml.decode("a = '\255'")                             --> nil, invalid: line 1, byte 5: invalid UTF-8 byte: 0xff, invalid
toml.decode("a\0=\0")                                 --> nil, invalid: line 1, byte 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8, invalid
toml.decode("a = 0b\n")                                --> nil, invalid: line 1, byte 5: not a binary number: '0b ', invalid
toml.decode("{}")                                     --> nil, invalid: line 1, byte 1: expected '.' or '=', but got '{' instead, invalid

-- Bounds.
toml.decode("#" .. ("x"):rep(2^20))                   --> nil, too_large: the text has 1048577 bytes; the maximum is 1048576, too_large
#toml.decode("a = [" .. ("1,"):rep(49000) .. "]").a   --> 49000
toml.decode("a = [" .. ("1,"):rep(50000) .. "]")      --> nil, too_large: more than 50000 values, too_large
toml.decode("a = " .. ("["):rep(1e6))                 --> nil, too_large: more than 100 nested arrays and tables, too_large
type(toml.decode("a = " .. ("["):rep(99) .. ("]"):rep(99)))   --> table
toml.decode("a.b = " .. ("["):rep(99) .. ("]"):rep(99))       --> nil, too_large: more than 100 nested arrays and tables, too_large
toml.decode("[" .. ("a."):rep(100) .. "a]")           --> nil, too_large: a key with more than 100 parts, too_large

-- An argument that is not a string raises an error.
toml.decode()                                         --> bad argument #1 to decode (string expected, got nil)
toml.decode({})                                       --> bad argument #1 to decode (string expected, got table)
