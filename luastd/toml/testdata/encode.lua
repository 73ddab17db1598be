toml.encode{name = "hall", level = 0.5, on = true}    --> name = "hall"\nlevel = 0.5\non = true\n
toml.encode{}                                         --> 

-- Tables are written after the other members, because all lines after a header belong to its table.
toml.encode{lamp = {name = "a", at = {x = 1}}, n = 1} --> n = 1\n\n[lamp]\nname = "a"\n\n[lamp.at]\nx = 1\n
toml.encode{a = {b = {c = {}}}}                       --> [a.b.c]\n

-- A list of tables.
toml.encode{lamps = {{name = "a"}, {name = "b", at = {x = 1}}}}  --> [[lamps]]\nname = "a"\n\n[[lamps]]\nname = "b"\n\n[lamps.at]\nx = 1\n
toml.encode{a = {{}, {}}}                             --> [[a]]\n\n[[a]]\n
toml.encode{a = {{x = 1}, 2}}                         --> a = [{x = 1}, 2]\n
toml.encode{a = {{{x = 1, y = {}}}}}                  --> a = [[{x = 1, y = {}}]]\n
toml.encode{a = json.array{}, b = {}}                 --> a = []\n\n[b]\n

-- Keys are quoted if it is necessary. Whole numbers that are not exactly 1 to n become keys.
toml.encode{["two words"] = 1, [""] = 2, ["a-b_1"] = 3, ["a.b"] = {}}  --> "two words" = 1\n"" = 2\na-b_1 = 3\n\n["a.b"]\n
toml.encode{a = {[5] = "five"}}                       --> [a]\n5 = "five"\n
toml.encode{[2] = "two"}                              --> 2 = "two"\n

-- Numbers.
toml.encode{n = {0, -3, 2^53, 0.1, 1e-9, 1e300, 2^60}}  --> n = [0, -3, 9007199254740992, 0.1, 1e-09, 1e+300, 1.152921504606847e+18]\n
toml.encode{n = {1/0, -1/0}}                          --> n = [inf, -inf]\n
toml.encode{n = 0/0}                                  --> n = nan\n
local zero = 0
toml.encode{n = -zero}                                --> n = -0.0\n

-- Strings.
toml.encode{s = 'a "b" \\ c\n\t\r\0\127 é'}           --> s = "a \"b\" \\ c\n\t\r\u0000\u007f é"\n
toml.encode{s = "\255"}                               --> s = "�"\n

-- TOML has no null. A member that is json.null is left out.
toml.encode{a = json.null, b = 1}                     --> b = 1\n
toml.encode{a = {1, json.null}}                       --> toml.encode: a[2]: TOML has no null
toml.encode{a = json.array{[2] = 1}}                  --> toml.encode: a[1]: TOML has no null

-- What encode has written, decode reads.
local config = {z = {1, {x = "y"}, {}}, a = {b = {{c = "1\n2"}, {}}}, n = 0.1}
local again = toml.decode(toml.encode(config))
again.z[2].x, again.a.b[1].c, #again.a.b, again.n     --> y, 1\n2, 2, 0.1

-- The error has the path to the value that cannot be TOML.
toml.encode{items = {1, {x = print}}}                 --> toml.encode: items[2].x: a function cannot be TOML
toml.encode{a = 1, [7] = 2}                           --> toml.encode: string and integer keys mixed (7 and "a")
local loop = {} loop.a = loop
toml.encode(loop)                                     --> toml.encode: a: a table cannot contain itself
toml.encode{1, 2}                                     --> bad argument #1 to encode (a table with names expected, not a list)
toml.encode()                                         --> bad argument #1 to encode (table expected, got nil)
toml.encode("a")                                      --> bad argument #1 to encode (table expected, got string)

-- Bounds.
toml.encode{a = ("x"):rep(2^20)}                      --> toml.encode: longer than 1048576 bytes
toml.encode{a = ("\1"):rep(2^18)}                     --> toml.encode: longer than 1048576 bytes
local many = {}
for i = 1, 50000 do many[i] = i end
toml.encode{a = many}                                 --> toml.encode: more than 50000 values
