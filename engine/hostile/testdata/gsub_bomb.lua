-- gsub replaces each of a million letters by a megabyte.
--> error resulting string too large|too much memory
register_tool("attack", function() return #(("x"):rep(1e6):gsub("x", ("y"):rep(1e6))) end)
