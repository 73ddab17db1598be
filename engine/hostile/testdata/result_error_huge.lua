-- The handler returns nil and a reason of 64 MiB.
--> error ^x+$
register_tool("attack", function() return nil, ("x"):rep(2^26) end)
