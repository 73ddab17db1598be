-- Forty tool calls each add a value to a global table, until the memory is full.
--> flags --memory 32
--> error too much memory|is busy: its script is being loaded again; try again in a moment
--> result ^ok$
--> calls 40
--> says the script is loaded again
--> calm too much memory|is busy: its script is being loaded again; try again in a moment
kept = {}
register_tool("attack", function()
  for i = 1, 20000 do kept[#kept + 1] = ("x"):rep(500) .. i end
end)
