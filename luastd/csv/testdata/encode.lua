csv.encode{{name = "Ann", age = 7}, {name = "Bob", town = "Ulm"}}  --> name,age,town\nAnn,7,\nBob,,Ulm\n
csv.encode{{1, 2}, {"a", true}}              --> 1,2\na,true\n
csv.encode{}                                 --> 
csv.encode{{0.5, -3, 1e100, json.null}}      --> 0.5,-3,1e+100,\n

-- columns selects the columns of tables by name, and is the header of lists.
csv.encode({{a = 1, b = 2, c = 3}}, {columns = {"c", "a"}})  --> c,a\n3,1\n
csv.encode({{1, 2}}, {columns = {"x", "y"}})                 --> x,y\n1,2\n
csv.encode({}, {columns = {"x", "y"}})                       --> x,y\n
csv.encode({{}}, {columns = {"x", "y"}})                     --> x,y\n,\n

-- Values are quoted where it is necessary.
csv.encode{{'a "b"', "c,d", "e\nf", "g h", ""}}   --> "a ""b""","c,d","e\nf",g h,\n
csv.encode({{"a,b", "c;d"}}, {separator = ";"})   --> a,b;"c;d"\n
csv.encode{{""}}                                  --> ""\n

-- excel protects against formulas. A number is no formula.
csv.encode({{"=1+2", "+1", "-x", "@a", -1, "a=b"}}, {excel = true})  --> '=1+2,'+1,'-x,'@a,-1,a=b\n
csv.encode({{"=1+2"}}, {excel = false})                              --> =1+2\n

-- What encode has written, decode reads.
local rows = {{a = 'x "y"', b = "1\n2"}, {a = ",", b = ""}}
json.encode(csv.decode(csv.encode(rows))) == json.encode(rows)       --> true

-- Mistakes raise an error.
csv.encode()                                 --> bad argument #1 to encode (table expected, got nil)
csv.encode{1}                                --> bad argument #1 to encode (rows[1] must be a table, not a number)
csv.encode{{a = 1}, {2}}                     --> bad argument #1 to encode (rows[2] is a list, but other rows have names)
csv.encode{{a = 1, 2}}                       --> bad argument #1 to encode (rows[1] has values with names and values with numbers)
csv.encode{{[true] = 1}}                     --> bad argument #1 to encode (rows[1] has a key that is a boolean)
csv.encode{{a = {}}}                         --> bad argument #1 to encode (rows[1]["a"] must be a string, a number or a boolean, not a table)
csv.encode{{1, print}}                       --> bad argument #1 to encode (rows[1][2] must be a string, a number or a boolean, not a function)
csv.encode({}, {column = {}})                --> bad argument #2 to encode (there is no field 'column' (did you mean 'columns'?); its fields are columns, separator, excel)
csv.encode({}, {columns = "a"})              --> bad argument #2 to encode (columns must be a list of strings, not a string)
csv.encode({}, {columns = {1}})              --> bad argument #2 to encode (columns[1] must be a string, not a number)
csv.encode({}, {columns = {}})               --> bad argument #2 to encode (columns must have from 1 to 10000 names, not 0)
local long = ("x"):rep(2^20)
local many = {}
for i = 1, 65 do many[i] = {long} end
csv.encode(many)                             --> resulting string too large (67108927 bytes; the maximum is 67108864)
local wide = {}
for i = 1, 10001 do wide[i] = i end
csv.encode{wide}                             --> bad argument #1 to encode (rows[1] has 10001 values; the maximum is 10000)
