-- The same, and none of them kept: this is only garbage.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function() while true do local s = ("x"):rep(2^25) end end)
