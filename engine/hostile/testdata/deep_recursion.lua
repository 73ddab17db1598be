-- A function calls itself, and not as a tail call.
--> error stack overflow
register_tool("attack", function()
  local function f() return 1 + f() end
  return f()
end)
