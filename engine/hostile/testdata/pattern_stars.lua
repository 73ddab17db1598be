-- A pattern with twenty stars takes exponential time.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(40) .. "cb"):find(("a*"):rep(20) .. "[bd]") end)
