-- A handler makes tracebacks of a deep stack in an endless loop.
--> error ran for 200ms without a wait
register_tool("attack", function()
  local function deep(n)
    if n > 0 then local r = deep(n - 1) return r end
    while true do debug.traceback() debug.getinfo(100) end
  end
  deep(1500)
end)
