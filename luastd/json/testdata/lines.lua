-- json.lines returns the values of a text that has one JSON value on each line.
local function iterator(...)
  local lines, n = {...}, 0
  return function() n = n + 1 return lines[n] end
end

local function all(...)
  local values = {}
  for v in json.lines(iterator(...)) do values[#values + 1] = json.encode(v) end
  return table.concat(values, " ")
end

all('{"a":1}', '[2]\n', '"three"\r\n')   --> {"a":1} [2] "three"
all("null", "false", "0")                 --> null false 0
all("", "  ", "1", "\n", "2")             --> 1 2
all("\239\187\191[1]", "2")               --> [1] 2
all()                                     -->
all("1", "{")                             --> json.lines: invalid: line 2, column 2: expected a key in quotes, not the end
all("1", 2)                               --> json.lines: the iterator must return strings, not a number
all("[9007199254740993]")                 --> [9007199254740992]

local function big(...)
  for v in json.lines(iterator(...), {big = "string"}) do return v[1] end
end
big("[9007199254740993]")                 --> 9007199254740993

json.lines("x")                           --> bad argument #1 to lines (function expected, got string)
json.lines(iterator(), {big = true})      --> bad argument #2 to lines (big must be "string", not a boolean)
