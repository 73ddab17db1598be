-- A pattern is tried at each position of a text, and each try reads the rest of the text.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("a"):rep(2e6)):find("a*[bc]") end)
