-- More captures than there may be.
--> error captures
register_tool("attack", function() return ("a"):rep(100):find(("(a)"):rep(100)) end)
