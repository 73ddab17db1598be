-- A pattern has more captures than allowed.
--> error captures
register_tool("attack", function() return ("a"):rep(100):find(("(a)"):rep(100)) end)
