-- unpack returns the values and the position of the first byte that it has not read.
struct.unpack("<i4", "\1\0\0\0")                 --> 1, 5
struct.unpack(">i2 b", "\1\0\255rest")           --> 256, -1, 4
struct.unpack("<i3 >I3", "\254\255\255\255\255\255")   --> -2, 16777215, 7
struct.unpack("", "abc")                         --> 1
struct.unpack("b", "abc", 3)                     --> 99, 4
struct.unpack("b", "abc", -1)                    --> 99, 4
struct.unpack("", "abc", 4)                      --> 4
struct.unpack("b", "abc", 5)                     --> bad argument #3 to unpack (initial position out of string)
struct.unpack("b", "abc", 0)                     --> bad argument #3 to unpack (initial position out of string)
struct.unpack("b", "abc", 1.5)                   --> bad argument #3 to unpack (a whole number expected, got 1.5)

-- The bytes may be a list of numbers.
struct.unpack("<I2 B", {1, 2, 3})                --> 513, 3, 4
struct.unpack("B", {256})                        --> bad argument #2 to unpack (element 1 of the list is not a whole number from 0 to 255)
struct.unpack("B", {1, "2"})                     --> bad argument #2 to unpack (element 2 of the list is not a whole number from 0 to 255)
struct.unpack("B", 1)                            --> 49, 2
struct.unpack("B")                               --> bad argument #2 to unpack (string expected, got nil)

-- Numbers that are not exact in Lua become strings of digits.
local n = struct.unpack(">L", hex.decode("0020000000000000"))
n == 2^53                                        --> true
struct.unpack(">L", hex.decode("0020000000000001"))  --> 9007199254740993, 9
struct.unpack(">L", hex.decode("ffffffffffffffff"))  --> 18446744073709551615, 9
struct.unpack(">l", hex.decode("ffffffffffffffff"))  --> -1, 9
struct.unpack(">l", hex.decode("8000000000000000"))  --> -9223372036854775808, 9
type(struct.unpack(">l", hex.decode("8000000000000000")))  --> string
struct.unpack("<i16", ("\255"):rep(16))          --> -1, 17
struct.unpack("<I16", "\1" .. ("\0"):rep(15))    --> 1, 17
struct.unpack("<I16", ("\255"):rep(16))          --> nil, invalid: the integer of 16 bytes does not fit in 64 bits (at byte 1 of 16), invalid
struct.unpack("<i9", ("\0"):rep(7) .. "\128\0")  --> nil, invalid: the integer of 9 bytes does not fit in 64 bits (at byte 1 of 9), invalid
struct.unpack("<I9", ("\0"):rep(7) .. "\128\0")  --> 9223372036854775808, 10

-- Floating-point numbers and strings
struct.unpack(">f d", hex.decode("3f0000003fe0000000000000"))  --> 0.5, 0.5, 13
struct.unpack("z z", "ab\0c\0")                  --> ab, c, 6
struct.unpack("s1 s1", "\2abd\1")                --> nil, invalid: data string too short (at byte 4 of 5), invalid
struct.unpack("s1", "\2abd")                     --> ab, 4
struct.unpack("c2 x c1", "ab c")                 --> ab, c, 5
struct.unpack("<!4 b i4", "\1\0\0\0\2\0\0\0")    --> 1, 2, 9
struct.unpack("!4 b Xi4 b", "\1\0\0\0\2")        --> 1, 2, 6

-- Too few bytes can happen in a correct script. string.unpack raises an error, as in Lua 5.3.
struct.unpack("<i4", "\1\0")                     --> nil, invalid: data string too short (at byte 1 of 2), invalid
struct.unpack("b i2", "\1\2")                    --> nil, invalid: data string too short (at byte 2 of 2), invalid
struct.unpack("!4 b Xi4", "\1")                  --> nil, invalid: data string too short (at byte 2 of 1), invalid
struct.unpack("z", "ab")                         --> nil, invalid: unfinished string for format 'z' (at byte 1 of 2), invalid
struct.unpack("s", ("\255"):rep(8))              --> nil, invalid: data string too short (at byte 1 of 8), invalid
struct.unpack("s16", "\1" .. ("\0"):rep(14) .. "\1")  --> nil, invalid: data string too short (at byte 1 of 16), invalid
string.unpack("<i4", "\1\0")                     --> bad argument #2 to unpack (data string too short (at byte 1 of 2))
string.unpack("<i4", "\1\0\0\0")                 --> 1, 5
("b"):unpack("a")                                --> 97, 2

-- Mistakes in the format raise an error.
struct.unpack("y", "a")                          --> bad argument #1 to unpack (the format has an invalid option "y")
struct.unpack(("b"):rep(4001), ("a"):rep(5000))  --> bad argument #1 to unpack (the format has more than 4000 values)
select("#", struct.unpack(("b"):rep(4000), ("a"):rep(5000)))  --> 4001
