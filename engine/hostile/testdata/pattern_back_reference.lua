-- A pattern with a back reference takes quadratic time.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(1e6)):find("(a*)%1[bc]") end)
