-- tostring, sort, gsub and pcall call each other without end.
--> result ^done$
register_tool("attack", function()
  local f
  local t = setmetatable({}, { __tostring = function() f() return "x" end, __index = function() f() end, __lt = function() f() end })
  local n = 0
  function f()
    n = n + 1
    if n % 4 == 0 then return tostring(t) end
    if n % 4 == 1 then return table.sort({ t, t }) end
    if n % 4 == 2 then return (("x"):gsub("x", function() f() end)) end
    return pcall(f)
  end
  pcall(f)
  return "done"
end)
