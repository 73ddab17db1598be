hex.encode("")                 --> 
hex.encode("\0\1\127\255")     --> 00017fff
hex.encode("é")                --> c3a9
hex.encode(12)                 --> 3132

-- Mistakes raise an error.
hex.encode()                   --> bad argument #1 to encode (string expected, got nil)
hex.encode({})                 --> bad argument #1 to encode (string expected, got table)

-- A long text is encoded in parts, and the result has at most 64 MiB.
hex.encode(("abc"):rep(1000000)) == ("616263"):rep(1000000)  --> true
hex.encode(("x"):rep(2^25 + 1))  --> resulting string too large (67108866 bytes; the maximum is 67108864)
