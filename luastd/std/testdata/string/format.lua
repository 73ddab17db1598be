-- format writes its arguments as C's printf does.
string.format("hello")                         --> hello
string.format("")                              --> 
string.format("%s is %d", "hall", 75)          --> hall is 75
string.format("100%%")                         --> 100%
string.format("%%%d %010d", 10, 23)            --> %10 0000000023
("%s-%s"):format("a", "b")                     --> a-b
string.format("%d", 1, 2, 3)                   --> 1

-- %d and %i: whole numbers. The fraction of a number is ignored.
string.format("%d %i", 42, -42)                --> 42 -42
string.format("%d %d", 3.99, -3.99)            --> 3 -3
string.format("%5d|%-5d|%05d", 42, 42, 42)     -->    42|42   |00042
string.format("%+d %+d % d % d", 5, -5, 5, -5)  --> +5 -5  5 -5
string.format("%.3d %.3d", 5, -5)              --> 005 -005
string.format("%8.3d|%-8.3d|%08.3d", 5, 5, 5)  -->      005|005     |     005
string.format("%.0d|%.0d|%5.0d|", 0, 1, 0)     --> |1|     |
string.format("%+.0d", 0)                      --> +
string.format("%+05d|%-+5d|% 05d", 42, 42, 42)  --> +0042|+42  | 0042
string.format("%d", 2^31), string.format("%d", -2^31), string.format("%d", 2^53)  --> 2147483648, -2147483648, 9007199254740992
string.format("%d", "10")                      --> 10
string.format("%d", "0x10")                    --> 16
string.format("%5d|", " 7 ")                   -->     7|
string.format("%d", -0)                        --> 0
string.format("%99d", 1) == (" "):rep(98) .. "1"  --> true
string.format("%-+ #0d|", 1)                   --> +1|
string.format("%.99d", 7) == ("0"):rep(98) .. "7"  --> true
string.format("%.d|%5.d|", 0, 3)               --> |    3|

-- %u, %o, %x and %X: without a sign.
string.format("%u %o %x %X", 255, 255, 255, 255)  --> 255 377 ff FF
string.format("%#o %#x %#X", 8, 255, 255)      --> 010 0xff 0XFF
string.format("%#o %#x", 0, 0)                 --> 0 0
string.format("%5x|%-5x|%05x", 255, 255, 255)  -->    ff|ff   |000ff
string.format("%#5x|%#-5x|%#05x", 10, 10, 10)  -->   0xa|0xa  |0x00a
string.format("%.4x %#.4x", 10, 10)            --> 000a 0x000a
string.format("%#.4o|%#.1o|%#.0o|%.0o|", 8, 8, 0, 0)  --> 0010|010|0||
string.format("%#6o|%#-6o|%#06o|", 8, 8, 8)    -->    010|010   |000010|
string.format("%#.0x|%.0x|", 0, 0)             --> ||
string.format("%x", -1)                        --> ffffffffffffffff
string.format("%u", 2^63)                      --> 9223372036854775808
string.format("%u", 4294967295)                --> 4294967295
string.format("%+x % u", 10, 10)               --> a 10
string.format("%x", "255")                     --> ff
string.format("%02x%02x", 10, 250)             --> 0afa

-- %c: one byte.
string.format("%c%c%c", 76, 117, 97)           --> Lua
string.format("%5c|%-5c|%05c", 65, 65, 65)     -->     A|A    |    A
string.format("%.0c|", 65)                     --> A|
string.format("%c", 65 + 256)                  --> A
string.format("%c", "65")                      --> A

-- %f: digits after a point.
string.format("%f", 1)                         --> 1.000000
string.format("%.2f %.0f %.1f", 3.14159, 2.5, 0.05)  --> 3.14 2 0.1
string.format("%.0f %.0f %.0f", 0.5, 1.5, 2.5)  --> 0 2 2
string.format("%8.2f|%-8.2f|%08.2f", 3.14159, 3.14159, 3.14159)  -->     3.14|3.14    |00003.14
string.format("%+.1f % .1f %+.1f", 1, 1, -1)   --> +1.0  1.0 -1.0
string.format("%#.0f %.0f", 3, 3)              --> 3. 3
string.format("%5.1f", "3")                    -->   3.0
string.format("%5.1f|", " 0x10 ")              -->  16.0|
string.format("%.20f", 0.1)                    --> 0.10000000000000000555
string.format("%.3f", 2.0005)                  --> 2.001
string.format("%f", 1e15)                      --> 1000000000000000.000000
string.format("%.10f", 1/3)                    --> 0.3333333333
#string.format("%99.99f", -1e308)              --> 410
string.format("%f %f", -0.4, 1e-10)            --> -0.400000 0.000000
string.format("%08.1f|%-08.1f|", -2.5, -2.5)   --> -00002.5|-2.5    |
string.format("%.99f", 1) == "1." .. ("0"):rep(99)  --> true

-- %e: an exponent of at least two digits.
string.format("%e", 12345.678)                 --> 1.234568e+04
string.format("%E", 0.00012)                   --> 1.200000E-04
string.format("%.2e %.0e %#.0e", 12345, 12345, 12345)  --> 1.23e+04 1e+04 1.e+04
string.format("%e", 0)                         --> 0.000000e+00
string.format("%e %e", 1e100, 1e-100)          --> 1.000000e+100 1.000000e-100
string.format("%15.3e|%-15.3e|%015.3e", 1, 1, -1)  -->       1.000e+00|1.000e+00      |-000001.000e+00
string.format("%.3E", 6.02214076e23)           --> 6.022E+23

-- %g: the shorter of %e and %f.
string.format("%g %g %g", 100, 1e20, 0.1)      --> 100 1e+20 0.1
string.format("%g %g %g %g", 100000, 1000000, 0.0001, 0.00001)  --> 100000 1e+06 0.0001 1e-05
string.format("%.3g %.10g %.14g", 1234.5, 1234.5, 0.1)  --> 1.23e+03 1234.5 0.1
string.format("%.14g", 2^53)                   --> 9.007199254741e+15
string.format("%.17g", 0.1)                    --> 0.10000000000000001
string.format("%.0g %.1g", 123, 123)           --> 1e+02 1e+02
string.format("%#g %#.3g %#.1g", 1, 1, 1)      --> 1.00000 1.00 1.
string.format("%#g %#g %#g", 1e10, 0.0001, 123456)  --> 1.00000e+10 0.000100000 123456.
string.format("%#.3g %#.3g %#.3g", 99.44, 1234, 0.000012345)  --> 99.4 1.23e+03 1.23e-05
string.format("%G %G", 1e-10, 1e20)            --> 1E-10 1E+20
string.format("%10g|%-10g|%010g", 1.5, 1.5, 1.5)  -->        1.5|1.5       |00000001.5
string.format("%+g % g", 1.5, 1.5)             --> +1.5  1.5
string.format("%g", 0), string.format("%#.0g", 0)  --> 0, 0.
string.format("%.3g", 999999)                  --> 1e+06
string.format("%g %g", 999999.5, 999999.4)     --> 1e+06 999999
string.format("%.99g", 0.1)                    --> 0.1000000000000000055511151231257827021181583404541015625
string.format("%g", 123456789012)              --> 1.23457e+11
string.format("%5.3g|", 0.00001234)            --> 1.23e-05|

-- NaN and infinite numbers.
string.format("%f %f", 1/0, -1/0)              --> inf -inf
(string.format("%f", 0/0):gsub("-", ""))       --> nan
string.format("%g %e %.1f", 1/0, 1/0, 1/0)     --> inf inf inf
string.format("%G %E", 1/0, -1/0)              --> INF -INF
string.format("%6.1f|%-6f|%06f|%+f|% f", 1/0, 1/0, 1/0, 1/0, 1/0)  -->    inf|inf   |   inf|+inf| inf
string.format("%#g %#.0f", 1/0, 1/0)           --> inf inf

-- %s: a string, cut to the precision and padded to the width.
string.format("%5s|%-5s|%s", "ab", "ab", "ab")  -->    ab|ab   |ab
string.format("%.2s|%5.2s|%-5.2s|%.0s|%.s|", "abc", "abc", "abc", "abc", "abc")  --> ab|   ab|ab   |||
string.format("%.20s", ("x"):rep(200)) == ("x"):rep(20)  --> true
#string.format("%s", ("x"):rep(200)), #string.format("%50s", ("x"):rep(200)), #string.format("%50s", "x")  --> 200, 200, 50
string.format("%05s|%+s|%#s|% s", "ab", "ab", "ab", "ab")  -->    ab|ab|ab|ab
string.format("%s %s", 12, -3)                 --> 12 -3
string.format("%s", "100%")                    --> 100%
string.format("%s\0%s", "a", "b") == "a\0b"    --> true
string.format("%.3s", "h\195\169llo") == "h\195\169"  --> true

-- %q: a string literal of Lua.
string.format("%q", "hello")                   --> "hello"
string.format("%q", 'say "hi"\\')              --> "say \"hi\"\\"
string.format("%q", "a\nb")                    --> "a\\nb"
string.format("%q", "a\rb\0c\t")               --> "a\rb\000c	"
string.format("%q", 12)                        --> "12"
string.format("%10q|%-10.1q|", "a", "a")       --> "a"|"a"|
loadstring("return " .. string.format("%q", "\0\1\n\r\"\\\255"))() == "\0\1\n\r\"\\\255"  --> true

-- Mistakes raise errors.
string.format()                                --> bad argument #1 to 'format' (string expected, got no value)
string.format(nil)                             --> bad argument #1 to 'format' (string expected, got nil)
string.format({})                              --> bad argument #1 to 'format' (string expected, got table)
string.format("%d")                            --> bad argument #2 to 'format' (no value)
string.format("%d %d", 1)                      --> bad argument #3 to 'format' (no value)
string.format("%d", "x")                       --> bad argument #2 to 'format' (number expected, got string)
string.format("%d", nil)                       --> bad argument #2 to 'format' (number expected, got nil)
string.format("%d", {})                        --> bad argument #2 to 'format' (number expected, got table)
string.format("%d", "")                        --> bad argument #2 to 'format' (number expected, got string)
string.format("%f", "1x")                      --> bad argument #2 to 'format' (number expected, got string)
string.format("%x", true)                      --> bad argument #2 to 'format' (number expected, got boolean)
string.format("%c", "a")                       --> bad argument #2 to 'format' (number expected, got string)
string.format("%s", nil)                       --> bad argument #2 to 'format' (string expected, got nil)
string.format("%s", true)                      --> bad argument #2 to 'format' (string expected, got boolean)
string.format("%s", {})                        --> bad argument #2 to 'format' (string expected, got table)
string.format("%s")                            --> bad argument #2 to 'format' (no value)
string.format("%q", nil)                       --> bad argument #2 to 'format' (string expected, got nil)
string.format("%q")                            --> bad argument #2 to 'format' (no value)
("%d"):format("x")                             --> bad argument #1 to 'format' (number expected, got string)
("%s"):format()                                --> bad argument #1 to 'format' (no value)
("%s %s"):format("a", nil)                     --> bad argument #2 to 'format' (string expected, got nil)
string.format("%y", 1)                         --> invalid option '%y' to 'format'
string.format("%", 1)                          --> invalid option '%' to 'format'
string.format("%")                             --> bad argument #2 to 'format' (no value)
string.format("%5", 1)                         --> invalid option '%' to 'format'
string.format("%F", 1)                         --> invalid option '%F' to 'format'
string.format("%a", 1)                         --> invalid option '%a' to 'format'
string.format("%p", 1)                         --> invalid option '%p' to 'format'
string.format("%n", 1)                         --> invalid option '%n' to 'format'
string.format("%ld", 1)                        --> invalid option '%l' to 'format'
string.format("%*d", 5, 1)                     --> invalid option '%*' to 'format'
string.format("%5%", 1)                        --> invalid option '%%' to 'format'
string.format("%100d", 1)                      --> invalid format (width or precision too long)
string.format("%.100f", 1)                     --> invalid format (width or precision too long)
string.format("%99999999d", 1)                 --> invalid format (width or precision too long)
string.format("%-+ #0-d", 1)                   --> invalid format (repeated flags)
string.format("%------d", 1)                   --> invalid format (repeated flags)
string.format("%1.123s", "x")                  --> invalid format (width or precision too long)
