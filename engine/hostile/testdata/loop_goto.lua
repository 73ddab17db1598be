-- A loop of goto: there is no block that it could be seen by.
--> error ran for 200ms without a wait, at loop_goto.lua:4
register_tool("attack", function()
  ::again:: goto again
end)
