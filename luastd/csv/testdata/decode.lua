local function show(...)
  local rows, reason, code = csv.decode(...)
  if not rows then return reason, code end
  return json.encode(json.array(rows))
end

show("name,age\nAnn,7\nBob,8\n")             --> [{"name":"Ann","age":"7"},{"name":"Bob","age":"8"}]
show("name,age\r\nAnn,7")                    --> [{"name":"Ann","age":"7"}]
show("a,b\n1,2", {header = false})           --> [["a","b"],["1","2"]]
show("a;b\n1,5;2", {separator = ";"})        --> [{"a":"1,5","b":"2"}]
show("a\tb\n1\t2", {separator = "\t"})       --> [{"a":"1","b":"2"}]
show("a§b\n1§2", {separator = "§"})          --> [{"a":"1","b":"2"}]

-- A byte order mark and empty lines are skipped. Values stay strings, with their spaces.
show("\239\187\191a,b\n\n1, 007 \n")         --> [{"a":"1","b":" 007 "}]
show("")                                     --> []
show("a,b\n")                                --> []

-- Quoted values may contain anything. CR LF becomes LF in them.
show('a,b\n"x, ""y""","1\r\n2"\n')           --> [{"a":"x, \"y\"","b":"1\n2"}]
show('a\n""\n')                              --> [{"a":""}]

-- A row may have fewer or more values than the header, and a column may have no name.
local row = csv.decode("a,b\n1")[1]
row.a, row.b                                 --> 1, nil
row = csv.decode("a,,c\n1,2,3,4")[1]
row.a, row[2], row.c, row[4]                 --> 1, 2, 3, 4
show("a,a\n1,2")                             --> invalid: two columns have the name "a": read the text with header = false, invalid
show("a,a\n1,2", {header = false})           --> [["a","a"],["1","2"]]

-- lazy accepts quotes in wrong places.
show('a,b\n1 "one" 1,"2" x\n')               --> [{"a":"1 \"one\" 1","b":"2\" x\n"}]
show('a,b\n1 "one",2\n', {lazy = false})     --> invalid: line 2, byte 3: a quote in a value that does not begin with a quote, invalid
show('a,b\n"1"x,2\n', {lazy = false})        --> invalid: line 2, byte 3: a quoted value has no end, or has text after its end, invalid
show('a\n"1\n', {lazy = false})              --> invalid: line 2, byte 4: a quoted value has no end, or has text after its end, invalid
show("a,b\n1,2\n1\n", {lazy = false})        --> invalid: line 3 has 1 values, but the header has 2, invalid
show("a,b\n1,2,3\n", {lazy = false})         --> invalid: line 2 has 3 values, but the header has 2, invalid
show("1,2\n3\n", {lazy = false, header = false})    --> invalid: line 2 has 1 values, but the first row has 2, invalid
show("1,2\n3,4\n", {lazy = false, header = false})  --> [["1","2"],["3","4"]]

-- Mistakes raise an error.
csv.decode()                                 --> bad argument #1 to decode (string expected, got nil)
csv.decode("", {seperator = ";"})            --> bad argument #2 to decode (there is no field 'seperator' (did you mean 'separator'?); its fields are header, separator, lazy)
csv.decode("", {separator = ";;"})           --> bad argument #2 to decode (separator must be one character, and no quote or line end, not ";;")
csv.decode("", {separator = ""})             --> bad argument #2 to decode (separator must be one character, and no quote or line end, not "")
csv.decode("", {separator = '"'})            --> bad argument #2 to decode (separator must be one character, and no quote or line end, not "\"")
csv.decode("", {separator = "\255"})         --> bad argument #2 to decode (separator must be one character, and no quote or line end, not "\xff")
csv.decode("", {header = "yes"})             --> bad argument #2 to decode (header must be true or false, not a string)

-- A text has at most 8 MiB, 200,000 rows and 10,000 values in a row.
csv.decode(("a"):rep(2^23 + 1))              --> nil, too_large: the text has 8388609 bytes; the maximum is 8388608, too_large
#csv.decode(("a\n"):rep(200000), {header = false})   --> 200000
csv.decode(("a\n"):rep(200001), {header = false})    --> nil, too_large: the text has more than 200000 rows or 1048576 values, too_large
csv.decode((","):rep(10000))                 --> nil, too_large: line 1 has 10001 values; the maximum is 10000, too_large
csv.decode((","):rep(5e6))                   --> nil, too_large: line 1 has more than 10000 values, which is the maximum, too_large
#csv.decode('"' .. (","):rep(5e5) .. '",b\nc,d', {header = false}) --> 2
csv.decode(((","):rep(9999) .. "\n"):rep(105), {header = false})  --> nil, too_large: the text has more than 200000 rows or 1048576 values, too_large
