-- A handler prints long lines in an endless loop.
--> error ran for 200ms without a wait|too much memory
register_tool("attack", function()
  local s = ("x"):rep(2^20)
  while true do print(s) end
end)
