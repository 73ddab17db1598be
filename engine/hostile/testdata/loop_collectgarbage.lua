-- Each call of collectgarbage would be a collection of the whole process.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do collectgarbage() collectgarbage("step") end end)
