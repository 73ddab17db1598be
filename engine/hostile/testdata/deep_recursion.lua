-- A function that calls itself, and not last.
--> error stack overflow
register_tool("attack", function()
  local function f() return 1 + f() end
  return f()
end)
