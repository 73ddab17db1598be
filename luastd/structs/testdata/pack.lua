local function show(...)   -- the bytes that pack returns, in hexadecimal
  return (hex.encode(struct.pack(...)))
end

-- Integers
show("<i4", 1)                    --> 01000000
show(">i4", 1)                    --> 00000001
show("<i4", -2)                   --> feffffff
show("bBhH", -1, 255, -1, 65535)  --> ffffffffffff
show("<i3 >I3", -2, 2^24 - 1)     --> feffffffffff
show("<l>j", 1, 1)                --> 01000000000000000000000000000001
show("<i16", -1)                  --> ffffffffffffffffffffffffffffffff
show(">I16", 1)                   --> 00000000000000000000000000000001
show("<b>h<h", 1, 2, 3)           --> 0100020300
show("=h", 1) == show("h", 1)     --> true

-- Integers beyond 2^53 may be strings of digits, which are exact.
show(">L", "18446744073709551615")   --> ffffffffffffffff
show(">l", "-9223372036854775808")   --> 8000000000000000
show(">l", "9007199254740993")       --> 0020000000000001
show(">h", "0x10")                   --> 0010
show(">L", 2^63)                     --> 8000000000000000

-- Numbers that do not fit
struct.pack("b", 128)             --> bad argument #2 to pack (the number does not fit in a signed 1-byte integer)
struct.pack("b", -129)            --> bad argument #2 to pack (the number does not fit in a signed 1-byte integer)
struct.pack("Bb", 1, 200)         --> bad argument #3 to pack (the number does not fit in a signed 1-byte integer)
struct.pack("B", 256)             --> bad argument #2 to pack (the number does not fit in an unsigned 1-byte integer)
struct.pack("B", -1)              --> bad argument #2 to pack (the number does not fit in an unsigned 1-byte integer)
struct.pack("l", 2^63)            --> bad argument #2 to pack (the number does not fit in a signed 8-byte integer)
struct.pack("L", 2^64)            --> bad argument #2 to pack (the number 1.8446744073709552e+19 is not a whole number of 64 bits)
struct.pack("h", 1.5)             --> bad argument #2 to pack (the number 1.5 is not a whole number of 64 bits)
struct.pack("h", 0/0)             --> bad argument #2 to pack (the number NaN is not a whole number of 64 bits)
struct.pack("h", "x")             --> bad argument #2 to pack (number expected, got string)
struct.pack("h")                  --> bad argument #2 to pack (number expected, got nil)

-- Floating-point numbers
show(">f", 0.5)                   --> 3f000000
show(">d", 0.5)                   --> 3fe0000000000000
show("<n", -1)                    --> 000000000000f0bf
show(">f", 1/0)                   --> 7f800000
struct.pack("f", {})              --> bad argument #2 to pack (number expected, got table)

-- Strings
show("z", "ab")                   --> 616200
show("<s2", "ab")                 --> 02006162
show("s1", "ab")                  --> 026162
show("<s", "a")                   --> 010000000000000061
show("c4", "ab")                  --> 61620000
show("c0", "")                    --> 
struct.pack("c1", "ab")           --> bad argument #2 to pack (the string has 2 bytes, which is more than the 1 of the format)
struct.pack("z", "a\0b")          --> bad argument #2 to pack (the string contains a zero byte)
struct.pack("s1", ("x"):rep(256)) --> bad argument #2 to pack (the length of the string does not fit in the given size)
#struct.pack("s1", ("x"):rep(255))  --> 256

-- Padding
show("bxb", 1, 2)                 --> 010002
show("<!4 b i4", 1, 2)            --> 0100000002000000
show("<!2 b i4", 1, 2)            --> 010002000000
show("< b i4", 1, 2)              --> 0102000000
show("<! b d", 1, 0)              --> 01000000000000000000000000000000
show("!4 b Xi4", 1)               --> 01000000
show("!4 b Xi4 b", 1, 2)          --> 0100000002
show("<!4 b s2", 1, "a")          --> 0100010061
show("!8 b c3", 1, "abc")         --> 01616263

-- Mistakes in the format
struct.pack("y", 1)               --> bad argument #1 to pack (the format has an invalid option "y")
struct.pack("i0", 1)              --> bad argument #1 to pack (a size of 0 is not from 1 to 16)
struct.pack("i17", 1)             --> bad argument #1 to pack (a size of 17 is not from 1 to 16)
struct.pack("i99999999999999999999", 1)  --> bad argument #1 to pack (a size of 1073741824 is not from 1 to 16)
struct.pack("c", "a")             --> bad argument #1 to pack (the format has c without a size)
struct.pack("c99999999", "a")     --> bad argument #1 to pack (the size after c is more than 67108864)
struct.pack("X")                  --> bad argument #1 to pack (the format has X without an option after it)
struct.pack("Xz")                 --> bad argument #1 to pack (the format has an invalid option after X)
struct.pack("!8 b i3", 1, 1)      --> bad argument #1 to pack (a size of 3 bytes is not a power of 2 and cannot be aligned)
struct.pack()                     --> bad argument #1 to pack (string expected, got nil)

-- The bounds
struct.pack((" "):rep(2^16 + 1))                     --> bad argument #1 to pack (the format has 65537 bytes; the maximum is 65536)
struct.pack("c40000000c40000000", "", "")            --> resulting string too large (80000000 bytes; the maximum is 67108864)
struct.pack("zz", ("x"):rep(2^25), ("x"):rep(2^25))  --> resulting string too large (67108865 bytes; the maximum is 67108864)
struct.size(("b"):rep(4000))                         --> 4000
struct.size(("b"):rep(4001))                         --> bad argument #1 to size (the format has more than 4000 values)
struct.size("c40000000c40000000")                    --> bad argument #1 to size (the format has more than 67108864 bytes)

-- size
struct.size("<i4 i2 d")           --> 14
struct.size("!8 b Xd d x")        --> 17
struct.size("")                   --> 0
struct.size("z")                  --> bad argument #1 to size (the size of a format with s or z depends on the strings)
struct.size("s1")                 --> bad argument #1 to size (the size of a format with s or z depends on the strings)

-- string.pack and string.packsize are the same functions.
string.pack(">h", 1) == struct.pack(">h", 1)   --> true
(">h"):pack(1) == struct.pack(">h", 1)         --> true
string.packsize("i4 i2")          --> 6
