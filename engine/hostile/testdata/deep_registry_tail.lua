-- Each tail call passes three more arguments than the tail call before.
--> error overflow|ran for 200ms without a wait
register_tool("attack", function()
  local function f(...) return f(1, 2, 3, ...) end
  return f()
end)
