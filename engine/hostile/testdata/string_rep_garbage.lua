-- string.rep makes long strings in an endless loop, and none is kept.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function() while true do local s = ("x"):rep(2^25) end end)
