-- gsub calls a replacement function that never returns.
--> error ran for 200ms without a wait
register_tool("attack", function() return (("x"):gsub("x", function() while true do end end)) end)
