-- A handler calls collectgarbage in an endless loop. It must not collect the whole heap of the process.
--> error ran for 200ms without a wait
register_tool("attack", function() while true do collectgarbage() collectgarbage("step") end end)
