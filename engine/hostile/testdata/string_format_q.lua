-- %q makes a string four times as long, which is longer than a string may be.
--> error resulting string too large \(134217730 bytes; the maximum is 67108864\)
register_tool("attack", function() return #string.format("%q", ("\0"):rep(2^25)) end)
