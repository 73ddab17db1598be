-- More for the user to say than anybody can.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do session.send("x") end end)
