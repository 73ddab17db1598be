-- Each call of a recursion has many locals, so the value stack overflows before the call stack.
--> error stack overflow|registry overflow|ran for 200ms without a wait
register_tool("attack", function()
  local function f(...) return 1 + f(...) end
  local t = {}
  for i = 1, 7000 do t[i] = i end
  return f(unpack(t))
end)
