-- A function with as many arguments as possible passes them and one more to itself.
--> error ran for 200ms without a wait|stack overflow|registry
register_tool("attack", function()
  local t = {}
  for i = 1, 7997 do t[i] = i end
  local function f(...) return f(1, ...) end
  f(unpack(t))
end)
