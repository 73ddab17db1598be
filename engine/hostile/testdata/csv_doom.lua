-- Rows of a million columns, quotes without an end, and tables with cycles.
--> result ^7$
--> calm too much memory|is busy
register_tool("attack", function()
  local n = 0
  for _, s in ipairs { (","):rep(5e6), '"' .. ("x"):rep(5e6), ('"'):rep(5e6), ("\n"):rep(5e6), ("a,b\n"):rep(5e4), ('""",'):rep(1e6), ("\r"):rep(5e6) } do
    pcall(csv.decode, s)
    pcall(csv.decode, s, { header = false, lazy = false })
    n = n + 1
  end
  local ok, why = pcall(function() for row in csv.lines(function() return '"' .. ("x"):rep(1e5) end) do end end)
  local cycle = {}
  cycle[1] = cycle
  if pcall(csv.encode, { cycle }) then error("a cycle was written") end
  return n
end)
