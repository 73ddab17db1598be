-- A pattern with forty optional letters takes exponential time.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40) .. "[bc]") end)
