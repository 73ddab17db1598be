base64.encode("")                            --> 
base64.encode("f")                           --> Zg==
base64.encode("fo")                          --> Zm8=
base64.encode("foo")                         --> Zm9v
base64.encode("foobar")                      --> Zm9vYmFy
base64.encode("Grüße\0\255")                 --> R3LDvMOfZQD/
base64.encode(12)                            --> MTI=

-- url uses an alphabet that needs no escapes in a URL.
base64.encode("\251\255\254")                --> +//+
base64.encode("\251\255\254", {url = true})  --> -__-
base64.encode("f", {pad = false})            --> Zg
base64.encode("f", {url = true, pad = false}) --> Zg
base64.encode("f", {url = false})            --> Zg==
base64.encode("f", {pad = json.null})        --> Zg==

-- lines begins a new line after that many characters. The last line has no line end.
base64.encode("foobar", {lines = 4})         --> Zm9v\nYmFy
base64.encode("foobar", {lines = 3})         --> Zm9\nvYm\nFy
base64.encode("foobar", {lines = 8})         --> Zm9vYmFy
base64.encode("", {lines = 4})               --> 

-- Mistakes raise an error.
base64.encode()                              --> bad argument #1 to encode (string expected, got nil)
base64.encode({})                            --> bad argument #1 to encode (string expected, got table)
base64.encode("f", "url")                    --> bad argument #2 to encode (table expected, got string)
base64.encode("f", {padd = true})            --> bad argument #2 to encode (there is no field 'padd' (did you mean 'pad'?); its fields are url, pad, lines)
base64.encode("f", {true})                   --> bad argument #2 to encode (there is an entry [1]; its fields are url, pad, lines)
base64.encode("f", {url = 1})                --> bad argument #2 to encode (url must be true or false, not 1)
base64.encode("f", {lines = -1})             --> bad argument #2 to encode (lines must be a whole number from 0 to 1000, not -1)
base64.encode("f", {lines = 1.5})            --> bad argument #2 to encode (lines must be a whole number from 0 to 1000, not 1.5)
base64.encode("f", {lines = 0/0})            --> bad argument #2 to encode (lines must be a whole number from 0 to 1000, not NaN)
base64.encode("f", {lines = "76"})           --> bad argument #2 to encode (lines must be a whole number from 0 to 1000, not a string)

-- A long text is encoded in parts, and the result has at most 64 MiB.
local long = ("abc"):rep(1000000)
base64.encode(long) == ("YWJj"):rep(1000000) --> true
base64.encode(long .. "d"):sub(-8)           --> YWJjZA==
base64.encode(long, {lines = 4}) == ("YWJj\n"):rep(999999) .. "YWJj" --> true
base64.encode(("x"):rep(60 * 2^20))          --> resulting string too large (83886080 bytes; the maximum is 67108864)
