-- The functions of Lua that use files reach only what the script may reach.
--> result ^done$
register_tool("attack", function()
  for _, path in ipairs { "/etc/passwd", "../../etc/passwd", "/proc/self/environ", "/dev/null", "a/../../b", "secrets.toml", "./moonlark.toml", "./.hidden" } do
    for _, mode in ipairs { "r", "w", "a", "r+", "w+", "a+" } do
      if io.open(path, mode) then error(path .. " was opened with " .. mode) end
    end
    if pcall(io.lines, path) then error(path .. " was read") end
    if os.remove(path) then error(path .. " was removed") end
    if os.rename(path, "x") or os.rename("/etc/hostname", path) then error(path .. " was renamed") end
    if loadfile(path) or pcall(dofile, path) then error(path .. " was loaded") end
  end
  for _, path in ipairs { "", "\0", "a\0b", ("x"):rep(5000), ("x/"):rep(3000) } do
    if io.open(path) or io.open(path, "w") or loadfile(path) or os.remove(path) then error("a path that is wrong") end
  end
  return "done"
end)
