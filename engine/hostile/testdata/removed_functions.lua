-- Functions that could reach outside the Lua state must not exist.
--> result ^done$
register_tool("attack", function()
  for _, name in ipairs { "os.setenv", "os.setlocale", "channel", "newproxy", "module",
    "_printregs", "debug.sethook", "debug.setmetatable", "debug.getupvalue", "debug.setupvalue", "debug.getlocal", "debug.setlocal", "debug.getregistry", "debug.getmetatable",
    "debug.setfenv", "debug.getfenv", "debug.debug", "debug.gethook", "package.loadlib", "goos", "_GOPHER_LUA_VERSION" } do
    local v = _G
    for part in name:gmatch("[^.]+") do v = type(v) == "table" and v[part] or nil end
    if v ~= nil then error(name .. " is there") end
  end
  for _, name in ipairs { "exit", "execute" } do if pcall(os[name], "true") then error("os." .. name) end end
  if pcall(io.popen, "true") then error("io.popen") end
  if pcall(string.dump, print) then error("string.dump") end
  for _, name in ipairs { "HOME", "PATH", "USER", "SECRET" } do if os.getenv(name) then error(name .. " can be read") end end
  return "done"
end)
