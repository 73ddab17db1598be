-- xpcall's error handler fails, and is itself the failing function.
--> result ^false
register_tool("attack", function()
  local function handler() error("again") end
  local function f() return xpcall(f, f) end
  f()
  return tostring((xpcall(error, handler)))
end)
