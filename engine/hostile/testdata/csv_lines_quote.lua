-- csv.lines gets a quote that never ends, from lines that never end.
--> error too_large|too much memory|bytes|took longer
--> calm too much memory|is busy
register_tool { name = "attack", timeout = 10, handler = function()
  for row in csv.lines(function() return '"' .. ("x"):rep(1e5) end, { header = false }) do end
end }
