-- Names that lead elsewhere.
--> result ^done$
register_tool("attack", function()
  for _, name in ipairs { "../other", "/etc/passwd", "..", ".", "", "/", "a/../../b", "\0", ("a."):rep(10000), ("x"):rep(1e6), "other\0", "C:\\x", "//x", "....", "os", "io", "debug", "string" } do
    local ok, what = pcall(require, name)
    if ok and type(what) == "table" and what.execute then error(name) end
  end
  return "done"
end)
