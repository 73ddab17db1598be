-- A handler raises errors deep in the stack in an endless loop. Each error has a traceback.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local function deep(n) if n == 0 then error("x") end local r = deep(n - 1) return r end
  while true do pcall(deep, 1500) end
end)
