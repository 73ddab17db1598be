-- Many locals in each of many calls: the stack of values is full before that of calls.
--> error stack overflow|registry overflow|ran for 200ms without a wait
register_tool("attack", function()
  local function f(...) return 1 + f(...) end
  local t = {}
  for i = 1, 7000 do t[i] = i end
  return f(unpack(t))
end)
