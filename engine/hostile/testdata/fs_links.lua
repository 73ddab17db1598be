-- Links that lead out of the folder, to themselves and to each other.
--> folder links
--> flags --allow-write=$DIR
--> result ^false$
local dir = os.getenv("MOONLARK_HOSTILE_DIR")
register_tool("attack", function()
  local what = {}
  for _, name in ipairs { "itself", "a", "none", "passwd", "relative", "outside/x", "process", "device", "up/../../../../etc/passwd", "root/etc/passwd", "here/here/here/here/here/here/passwd", ("here/"):rep(1000) .. "passwd" } do
    local path = dir .. "/" .. name
    for f, use in pairs {
      read = fs.read, lines = function(p) for l in fs.lines(p) do return l end end, open = fs.open, stat = fs.stat,
      copy = function(p) return fs.copy(p, "stolen") end, list = fs.list,
    } do
      local ok, r = pcall(use, path)
      if ok and r then error(f .. " of " .. name) end
    end
    for f, use in pairs {
      write = function(p) return fs.write(p, "x") end, append = function(p) return fs.append(p, "x") end, mkdir = function(p) return fs.mkdir(p .. "/x") end,
      open = function(p) return fs.open(p, "w") end, backup = function(p) return db.open("m", { mode = "memory" }):backup(p) end,
    } do
      if name ~= "none" then
        local ok, r = pcall(use, path)
        if ok and r and not name:find("outside") and fs.stat(path) == nil then error(f .. " of " .. name) end
      end
    end
  end
  for _, e in ipairs(fs.list(dir, { recursive = true })) do
    if e.type == "link" and e.path:find("etc") then error(e.path) end
  end
  fs.glob(dir .. "/**/passwd")
  fs.watch(dir, function() end, { recursive = true })
  fs.remove(dir .. "/root", { recursive = true })
  fs.remove(dir .. "/up", { recursive = true })
  fs.rename(dir .. "/passwd", dir .. "/renamed")
  return fs.exists("stolen")
end)
