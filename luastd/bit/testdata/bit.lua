-- The examples of LuaJIT's documentation.
bit.tobit(0xffffffff)             --> -1
bit.tobit(0xffffffff + 1)         --> 0
bit.tobit(2^40 + 1234)            --> 1234
bit.tohex(1)                      --> 00000001
bit.tohex(-1)                     --> ffffffff
bit.tohex(0xffffffff)             --> ffffffff
bit.tohex(-1, -8)                 --> FFFFFFFF
bit.tohex(0x21, 4)                --> 0021
bit.tohex(0x87654321, 4)          --> 4321
bit.bnot(0)                       --> -1
bit.bnot(0x12345678) == bit.tobit(0xedcba987)      --> true
bit.bor(1, 2, 4, 8)               --> 15
bit.band(0x12345678, 0xff)        --> 120
bit.tohex(bit.bxor(0xa5a5f0f0, 0xaa55ff00))        --> 0ff00ff0
bit.lshift(1, 0)                  --> 1
bit.lshift(1, 8)                  --> 256
bit.lshift(1, 40)                 --> 256
bit.rshift(256, 8)                --> 1
bit.rshift(-256, 8)               --> 16777215
bit.arshift(256, 8)               --> 1
bit.arshift(-256, 8)              --> -1
bit.tohex(bit.lshift(0x87654321, 12))              --> 54321000
bit.tohex(bit.rshift(0x87654321, 12))              --> 00087654
bit.tohex(bit.arshift(0x87654321, 12))             --> fff87654
bit.tohex(bit.rol(0x12345678, 12))                 --> 45678123
bit.tohex(bit.ror(0x12345678, 12))                 --> 67812345

-- Results are signed. Arguments may be signed or not, and only their lowest 32 bits count.
bit.bor(0x80000000, 0)            --> -2147483648
bit.lshift(1, 31)                 --> -2147483648
bit.band(-1, 0x7fffffff)          --> 2147483647
bit.tobit(-2^31)                  --> -2147483648
bit.tobit(-2^31 - 1)              --> 2147483647
bit.tobit(2^53 + 2)               --> 2
bit.tobit(-2^80)                  --> 0
bit.lshift(1, -1)                 --> -2147483648
bit.rol(1, 33)                    --> 2

-- Fractions are rounded, and strings that contain a number are converted.
bit.tobit(1.4)                    --> 1
bit.tobit(1.6)                    --> 2
bit.tobit(2.5)                    --> 2
bit.tobit(-1.6)                   --> -2
bit.bor("1", 2)                   --> 3

bit.band(5)                       --> 5
bit.tohex(255, 2)                 --> ff
bit.tohex(255, -2)                --> FF
bit.tohex(255, 1)                 --> f
bit.tohex(255, 0)                 --> 
bit.tohex(255, 100)               --> 000000ff
bit.tohex(255, -2^31)             --> 000000FF

-- Mistakes raise an error.
bit.band()                        --> bad argument #1 to band (number expected, got nil)
bit.band(1, nil)                  --> bad argument #2 to band (number expected, got nil)
bit.bnot({})                      --> bad argument #1 to bnot (number expected, got table)
bit.lshift(1)                     --> bad argument #2 to lshift (number expected, got nil)
bit.tobit(0/0)                    --> bad argument #1 to tobit (a finite number expected, got NaN)
bit.tobit(1/0)                    --> bad argument #1 to tobit (a finite number expected, got +Inf)
