-- What is quoted is four times as long as what it was.
--> error resulting string too large \(134217730 bytes; the most is 67108864\)
register_tool("attack", function() return #string.format("%q", ("\0"):rep(2^25)) end)
