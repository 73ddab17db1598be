-- The result is too long.
--> error the result has 67108864 bytes; 262144 are allowed
register_tool("attack", function() return ("x"):rep(2^26) end)
