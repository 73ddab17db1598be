base64.decode("Zm9vYmFy")      --> foobar
base64.decode("")              --> 
base64.decode("+//+") == "\251\255\254"  --> true

-- The other alphabet, text without =, and white space are accepted.
base64.decode("-__-") == "\251\255\254"  --> true
base64.decode("Zg==")          --> f
base64.decode("Zg")            --> f
base64.decode("Zm8=")          --> fo
base64.decode("Zm8")           --> fo
base64.decode(" Zm9v\r\n\tYmFy\n")  --> foobar
base64.decode("Z g = =")       --> f

-- Anything else is not base64.
base64.decode("Zm9v!")         --> nil, invalid: "!" at byte 5 is not a character of base64, invalid
base64.decode("Zm\0v")         --> nil, invalid: "\x00" at byte 3 is not a character of base64, invalid
base64.decode("Zmü")           --> nil, invalid: "\xc3" at byte 3 is not a character of base64, invalid
base64.decode("Z")             --> nil, invalid: the base64 is incomplete: 1 characters, invalid
base64.decode("Zm9vY")         --> nil, invalid: the base64 is incomplete: 5 characters, invalid
base64.decode("Zg=")           --> nil, invalid: the base64 has 2 characters and 1 = at its end, invalid
base64.decode("Zm9v=")         --> nil, invalid: the base64 has 4 characters and 1 = at its end, invalid
base64.decode("Zg==Zg==")      --> nil, invalid: base64 continues after = at byte 5, invalid
base64.decode("====")          --> nil, invalid: the base64 has 0 characters and 4 = at its end, invalid
base64.decode()                --> bad argument #1 to decode (string expected, got nil)

-- A long text is decoded in parts, and has at most 64 MiB.
local long = ("YWJj"):rep(1000000)
base64.decode(long) == ("abc"):rep(1000000)       --> true
base64.decode(long .. "ZA"):sub(-4)               --> abcd
base64.decode((" "):rep(2^26) .. " ")             --> nil, too_large: the text has 67108865 bytes; the maximum is 67108864, too_large
