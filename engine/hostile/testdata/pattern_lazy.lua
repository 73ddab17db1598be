-- Lazy repetitions in a row, over a long text.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(1e6)):find(".-.-.-[bc]") end)
