hex.decode("666f6f")           --> foo
hex.decode("666F6f")           --> foo
hex.decode("")                 --> 
hex.decode("00") == "\0"       --> true
hex.decode(3132)               --> 12

-- White space is accepted anywhere, as in the dumps that people copy.
hex.decode(" 66 6f\r\n6 f\t")  --> foo

-- Anything else is not hexadecimal.
hex.decode("6")                --> nil, invalid: the number of hexadecimal digits is odd: 1, invalid
hex.decode("666 f6")           --> nil, invalid: the number of hexadecimal digits is odd: 5, invalid
hex.decode("0x66")             --> nil, invalid: "x" at byte 2 is not a hexadecimal digit, invalid
hex.decode("66:6f")            --> nil, invalid: ":" at byte 3 is not a hexadecimal digit, invalid
hex.decode("6g")               --> nil, invalid: "g" at byte 2 is not a hexadecimal digit, invalid
hex.decode("66\0")             --> nil, invalid: "\x00" at byte 3 is not a hexadecimal digit, invalid
hex.decode("é")                --> nil, invalid: "\xc3" at byte 1 is not a hexadecimal digit, invalid
hex.decode()                   --> bad argument #1 to decode (string expected, got nil)

-- A long text is decoded in parts, and has at most 64 MiB.
hex.decode(("616263"):rep(1000000)) == ("abc"):rep(1000000)  --> true
hex.decode((" "):rep(2^26) .. " ")  --> nil, too_large: the text has 67108865 bytes; the maximum is 67108864, too_large
