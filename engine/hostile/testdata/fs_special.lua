-- Files of the system that are not files, and paths with odd names.
--> result ^220$
register_tool("attack", function()
  local n = 0
  for _, path in ipairs { "/dev/zero", "/dev/stdin", "/proc/self/environ", "/proc/self/mem", "/proc/self/fd/0", "/proc/kmsg", "/etc/passwd", "../../../../../etc/passwd",
    "a\0b", ("a/"):rep(1e5), ("a"):rep(1e6), "a\nb/../../..", "./../../../etc/passwd", "~/x", "file:///etc/passwd", "./moonlark.toml", "./secrets.toml", ".", "..", "/" } do
    for _, use in ipairs { fs.read, fs.open, fs.stat, fs.lines, fs.list, fs.glob, function(p) return fs.write(p, "x") end, function(p) return fs.remove(p, { recursive = true }) end,
      function(p) return fs.rename(p, "x") end, function(p) return fs.copy(p, "x") end, function(p) return db.open(p) end } do
      pcall(use, path)
      n = n + 1
    end
  end
  if fs.exists("x") and fs.read("x"):find("root") then error("it has got /etc/passwd") end
  return n
end)
