-- TOML that is deep, wide, or defines its tables in odd ways.
--> result ^13$
--> calm too much memory|is busy
register_tool("attack", function()
  local n = 0
  for _, s in ipairs {
    "a = " .. ("["):rep(1e6), "a = " .. ("{a="):rep(1e5), ("a."):rep(1e5) .. "a = 1", "[" .. ("a."):rep(1e5) .. "a]",
    ("[[a]]\n"):rep(2e5), "a = 1" .. ("0"):rep(1e6), 'a = """' .. ("\\"):rep(1e6), "a = 1e" .. ("9"):rep(1000), "a = 99999999999999999999", "a = 9999-99-99",
    "[a]\n[a.b]\n[a]\n", "a = {}\na.b = 1", ("[[a" .. ".b"):rep(1000) .. "]]",
  } do
    local ok, r, reason = pcall(toml.decode, s)
    if ok and r and n ~= 4 and n ~= 11 then error(s:sub(1, 20) .. " was accepted") end
    n = n + 1
  end
  local keys = {}
  for i = 1, 1e5 do keys[i] = "[a" .. i .. ".b.c]" end
  pcall(toml.decode, table.concat(keys, "\n"))
  local cycle = {}
  cycle.a = cycle
  if pcall(toml.encode, cycle) then error("a cycle was written") end
  return n
end)
