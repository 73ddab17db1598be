-- json.lines gets lines that are large, deep, wrong, and no lines at all.
--> result ^\[false(,false)*\]$
register_tool("attack", function()
  local why = {}
  for i, line in ipairs { ("["):rep(1e6), "1 2", '{"a":' .. ("["):rep(200), ("[0],"):rep(3e6), "nul", "\0" } do
    why[i] = pcall(function() for v in json.lines(function() return line end) do end end)
  end
  why[#why + 1] = pcall(function() for v in json.lines(function() return {} end) do end end)
  why[#why + 1] = pcall(function() for v in json.lines(function() error("odd") end) do end end)
  return why
end)
