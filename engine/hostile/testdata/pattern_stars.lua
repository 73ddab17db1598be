-- Too many ways for stars to share the text.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(40) .. "cb"):find(("a*"):rep(20) .. "[bd]") end)
