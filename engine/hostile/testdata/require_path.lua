-- Changes of package.path and package.loaded must not let require read other files.
--> result ^done$
register_tool("attack", function()
  if package then
    package.path = "/etc/?;/proc/self/?" package.cpath = "/?.so"
    if package.loadlib then error("loadlib") end
    package.loaded = nil package.preload = nil package.loaders = nil
  end
  if pcall(require, "passwd") or pcall(require, "environ") then error("read") end
  return "done"
end)
