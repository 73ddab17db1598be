-- A pattern has several lazy repetitions, and the text is long.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(1e6)):find(".-.-.-[bc]") end)
