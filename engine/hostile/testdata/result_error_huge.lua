-- nil and a reason of sixty-four megabytes.
--> error ^x+$
register_tool("attack", function() return nil, ("x"):rep(2^26) end)
