-- A billion laughs in YAML, cycles, deep texts and many documents.
--> result ^10$
--> calm too much memory|is busy
register_tool("attack", function()
  local n = 0
  local function refused(s)
    n = n + 1
    local ok, r, reason, code = pcall(yaml.decode, s)
    if ok and r ~= nil then error(n .. " was accepted") end
  end
  local laughs = "a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n"
  for i = 1, 9 do laughs = laughs .. ("a%d: &a%d [%s]\n"):format(i, i, ("*a%d,"):rep(9):gsub("%%d", i - 1)) end
  refused(laughs)
  local merged = "a0: &a0 {x0: 1}\n"
  for i = 1, 30 do merged = merged .. ("a%d: &a%d\n  <<: [*a%d, *a%d]\n  x%d: *a%d\n"):format(i, i, i - 1, i - 1, i, i - 1) end
  pcall(yaml.decode, merged)
  refused("a: &a [*a]")
  refused("&a {x: *a}")
  refused(("["):rep(1e6))
  refused(("{a: "):rep(1e5))
  refused(("- "):rep(1e6))
  local deep = {}
  for i = 1, 2000 do deep[i] = (" "):rep(i) .. "a:" end
  refused(table.concat(deep, "\n"))
  refused(("? "):rep(1e5))
  refused(("!!map "):rep(1e5))
  refused("a: \"" .. ("\\x41"):rep(4e6) .. "\"")
  pcall(yaml.decode_all, ("---\na\n"):rep(2e5))
  pcall(yaml.decode, ("a: |\n"):rep(1e5))
  pcall(yaml.decode, ("&a "):rep(1e5) .. "x")
  pcall(yaml.decode, "a: !!binary " .. ("A"):rep(4e6))
  pcall(yaml.decode, "%TAG ! " .. ("x"):rep(1e6))
  local cycle = {}
  cycle[1] = cycle
  if pcall(yaml.encode, cycle) then error("a cycle was written") end
  return n
end)
