-- string.rep would make a string of ten billion bytes.
--> error resulting string too large \(10000000000 bytes; the maximum is 67108864\)
register_tool("attack", function() return #("x"):rep(1e10) end)
