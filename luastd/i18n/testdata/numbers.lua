local function number(x, language, decimals) return i18n.number(x, {language = language, decimals = decimals}) end
number(0, "en")                              --> 0
number(-1234.5, "en")                        --> -1,234.5
number(999, "en")                            --> 999
number(1e15, "en")                           --> 1,000,000,000,000,000
number(-0.0001, "en")                        --> 0
number(0.12345, "en")                        --> 0.123
number(0.1 + 0.2, "en", 15)                  --> 0.3
number(2.5, "en", 0)                         --> 2
number(1234.5, "de")                         --> 1.234,5
number(1234.5, "fr") == "1\226\128\175234,5"  --> true
number(1234.5, "ru") == "1\194\160234,5"     --> true
number(1234.5, "es")                         --> 1234,5
number(12345.5, "es")                        --> 12.345,5
number(1234.5, "es-MX")                      --> 1,234.5
number(1234.5, "es-AR")                      --> 1234,5
number(1234.5, "pl")                         --> 1234,5
number(1234.5, "de-CH")                      --> 1’234.5
number(123456789, "hi")                      --> 12,34,56,789
number(1234567, "en-IN")                     --> 12,34,567
number(1234567, "xx")                        --> 1,234,567
number("0042.50", "en")                      --> 0,042.50
number("-9007199254740993", "de")            --> -9.007.199.254.740.993
i18n.number(1234.5)                          --> 1,234.5
i18n.number(1/0)                             --> bad argument #1 to number (the number must be finite)
i18n.number("1e5")                           --> bad argument #1 to number ("1e5" is not a number in at most 1000 decimal digits)
i18n.number(("1"):rep(1001))                 --> bad argument #1 to number ("1111111111111111111111111111111111111111..." is not a number in at most 1000 decimal digits)
number(1, "en", 16)                          --> bad argument #2 to number (decimals must be a whole number from 0 to 15, not 16)

local function list(language, kind, ...) return i18n.list({...}, {language = language, kind = kind}) end
list("en", "and")                            --> 
list("en", "and", "a")                       --> a
list("en", "and", "a", 2)                    --> a and 2
list("en", "or", "a", "b", "c", "d")         --> a, b, c, or d
list("en-GB", "and", "a", "b", "c")          --> a, b and c
list("de-AT", nil, "a", "b", "c")            --> a, b und c
list("ja", "and", "a", "b", "c")             --> a、b、c
list("ja", "or", "a", "b", "c")              --> a、b、またはc
list("zh-Hant", "and", "a", "b", "c")        --> a、b和c
list("ar", "and", "a", "b", "c")             --> a وb وc
list("es", "and", "leche", "huevos")         --> leche y huevos
list("es", "and", "madre", "hija")           --> madre e hija
list("es", "and", "agua", "hielo")           --> agua y hielo
list("es", "or", "siete", "ocho")            --> siete u ocho
list("es", "or", "mujer", "hombre")          --> mujer u hombre
list("xx", "and", "a", "b", "c")             --> a, b, and c
i18n.list({"a", "b"})                        --> a and b
i18n.list({"a", {}})                         --> bad argument #1 to list (element 2 must be a string or a number, not a table)
i18n.list({"a"}, {kind = "nor"})             --> bad argument #2 to list (kind must be one of and, or, not "nor")
local many = {}
for i = 1, 10001 do many[i] = "x" end
i18n.list(many)                              --> bad argument #1 to list (the list has 10001 elements; the maximum is 10000)
local long = ("x"):rep(2^20)
i18n.list({long, "x"})                       --> the list has more than 1048576 bytes
