local function each(lines)
  local i = 0
  return function() i = i + 1 return lines[i] end
end
local function show(lines, options)
  local rows = {}
  for row in csv.lines(each(lines), options) do rows[#rows + 1] = json.encode(row) end
  return table.concat(rows, " ")
end

show{"name,age", "Ann,7", "Bob,8"}             --> {"name":"Ann","age":"7"} {"name":"Bob","age":"8"}
show{"name,age\n", "Ann,7\r\n"}                --> {"name":"Ann","age":"7"}
show({"a;b", "c;d"}, {header = false, separator = ";"})  --> ["a","b"] ["c","d"]
show{"\239\187\191a", "1"}                     --> {"a":"1"}
show{}                                         --> 
show{"a"}                                      --> 

-- A quoted value may go on over several lines.
show{'a,b', '"1', '2",3'}                      --> {"a":"1\n2","b":"3"}

-- Each row is returned as soon as its last line has been read.
local read = 0
local next = csv.lines(function() read = read + 1 return tostring(read) end)
next()["1"], read                              --> 2, 2
next()["1"], read                              --> 3, 3

-- The iterator may wait.
local waiting = each{"a", "1"}
csv.lines(function() sleep(0) return waiting() end)().a  --> 1

-- After the end, the iterator returns nil again and again.
local short = csv.lines(each{"a", "1"})
short().a                                      --> 1
tostring(short()) .. tostring(short())         --> nilnil

-- Errors are raised, also those of the iterator that returns the lines.
show({"a,b", "1"}, {lazy = false})             --> csv.lines: invalid: line 2 has 1 values, but the header has 2
show{"a", 1}                                   --> csv.lines: invalid: the iterator must return strings, not a number
csv.lines(function() error("unplugged") end)() --> unplugged
csv.lines(each{'a', '"' .. ("x"):rep(2^20)})() --> csv.lines: too_large: a row has more than 1048576 bytes: a quote may be missing
csv.lines("a,b")                               --> bad argument #1 to lines (function expected, got string)
csv.lines(print, {headers = true})             --> bad argument #2 to lines (there is no field 'headers' (did you mean 'header'?); its fields are header, separator, lazy)
