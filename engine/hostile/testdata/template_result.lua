-- A template whose result has a gigabyte.
--> error too much memory|too large|MiB|bytes
--> calm too much memory|is busy
register_tool("attack", function()
  local list = {}
  for i = 1, 1000 do list[i] = ("x"):rep(1e6) end
  return #template.render("{{#l}}{{.}}{{/l}}", { l = list })
end)
