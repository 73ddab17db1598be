-- A goto jumps to itself, without a loop statement.
--> error ran for 200ms without a wait, at loop_goto.lua:4
register_tool("attack", function()
  ::again:: goto again
end)
