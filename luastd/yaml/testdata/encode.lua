yaml.encode{name = "hall", level = 0.5, on = true}   --> name: hall\nlevel: 0.5\n"on": true\n
yaml.encode{lamps = {{pin = 17}, {pin = 18}}}        --> lamps:\n  - pin: 17\n  - pin: 18\n
yaml.encode{1, {2, {}}, json.array{}, json.null}     --> - 1\n- - 2\n  - {}\n- []\n- null\n
yaml.encode{a = json.array{1, nil, 3}}               --> a:\n  - 1\n  - null\n  - 3\n
yaml.encode("text")                                  --> text\n
yaml.encode(nil)                                     --> null\n
yaml.encode{[10] = "ten"}                            --> "10": ten\n

-- Numbers.
yaml.encode{0, -3, 2^53, 0.1, 1e-9, 1e300, 2^60}     --> - 0\n- -3\n- 9007199254740992\n- 0.1\n- 1.0e-09\n- 1.0e+300\n- 1.152921504606847e+18\n
yaml.encode{1/0, -1/0, 0/0}                          --> - .inf\n- -.inf\n- .nan\n
local zero = 0
yaml.encode(-zero)                                   --> -0.0\n

-- Strings are quoted if they could be taken for something else, also by a reader of YAML 1.1.
yaml.encode{"no", "Y", "off", "true", "~", "", "12", "010", "1e3", "0xfffffffffffffffffff"}  --> - "no"\n- "Y"\n- "off"\n- "true"\n- "~"\n- ""\n- "12"\n- "010"\n- "1e3"\n- "0xfffffffffffffffffff"\n
yaml.encode{"12:30", "2026-05-27", "a: b", "# a", "- a", "*a", " a", "<<"}  --> - "12:30"\n- "2026-05-27"\n- 'a: b'\n- '# a'\n- '- a'\n- '*a'\n- ' a'\n- "<<"\n
yaml.encode{no = 1, ["a b"] = 2, ["a\nb"] = 3}       --> "no": 1\na b: 2\n? "a\nb"\n: 3\n
yaml.encode{"not", "12 lamps", "1.2.3", "Grüße"}     --> - not\n- 12 lamps\n- 1.2.3\n- Grüße\n

-- Text of several lines is written as it is if this is possible.
yaml.encode{text = "one\n two: 2\n"}                 --> text: "one\n two: 2\n"\n
yaml.encode{text = "one\n\n# two\n"}                 --> text: |\n  one\n\n  # two\n
yaml.encode{text = "one\ntwo"}                       --> text: |-\n  one\n  two\n
yaml.encode{"a\n\n", "\na", "a\r\nb", "\1\n"}        --> - "a\n\n"\n- "\na"\n- "a\r\nb"\n- "\x01\n"\n
yaml.encode{"\255", "\226\130\n"}                    --> - �\n- |\n  ��\n

-- What encode has written, decode reads.
local config = {z = {1, {x = "y"}, {}}, a = {b = {{c = "1\n2\n"}, {}}}, n = 0.1, s = "no"}
json.encode(yaml.decode(yaml.encode(config))) == json.encode(config)   --> true

-- The error has the path to the value that cannot be YAML.
yaml.encode{items = {1, {x = print}}}                --> yaml.encode: items[2].x: a function cannot be YAML
yaml.encode{a = 1, [7] = 2}                          --> yaml.encode: string and integer keys mixed (7 and "a")
local loop = {} loop.a = loop
yaml.encode(loop)                                    --> yaml.encode: a: a table cannot contain itself
yaml.encode()                                        --> bad argument #1 to encode (value expected)

-- Bounds.
#yaml.encode(("x"):rep(2^20 - 1))                    --> 1048576
yaml.encode(("x"):rep(2^20))                         --> yaml.encode: longer than 1048576 bytes
yaml.encode(("x"):rep(2^20 + 1))                     --> yaml.encode: longer than 1048576 bytes
local many = {}
for i = 1, 100000 do many[i] = i end
yaml.encode(many)                                    --> yaml.encode: more than 100000 values
