-- A match that is tried from each place to the end.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(2e6)):find("a*[bc]") end)
