-- A length that is no longer one.
--> error resulting string too large
register_tool("attack", function() return #("xy"):rep(1e18) end)
