-- Sixty-four calls, each of which would never end: those that wait for the first ones are told so or have their turn.
--> error ran for 200ms without a wait
--> calls 8
register_tool("attack", function() while true do end end)
