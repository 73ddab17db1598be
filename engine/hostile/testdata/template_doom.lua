-- Templates whose loops multiply, and data that contains itself.
--> result ^\["string",false\]$
--> calm too much memory|is busy
register_tool("attack", function()
  local list = {}
  for i = 1, 1000 do list[i] = i end
  local why = {}
  why[1] = select(2, pcall(template.render, ("{{#l}}"):rep(6) .. "x" .. ("{{/l}}"):rep(6), { l = list }))
  why[2] = pcall(template.compile, ("{{#l}}"):rep(1e5))
  why[3] = pcall(template.compile, ("{{#l}}"):rep(1e5) .. ("{{/l}}"):rep(1e5))
  local cycle = { x = "x" }
  cycle.c = { cycle, cycle }
  pcall(template.render, ("{{#c}}"):rep(15) .. "{{x}}" .. ("{{/c}}"):rep(15), cycle)
  pcall(template.render, "{{" .. ("a."):rep(1e5) .. "a}}", cycle)
  pcall(template.render, "{{=" .. ("x"):rep(1e6), cycle)
  return { type(why[1]), why[2] }
end)
