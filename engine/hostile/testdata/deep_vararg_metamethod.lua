-- __call gets as many arguments as possible, through chains of callable tables.
--> result ^done$
register_tool("attack", function()
  local t = {}
  for n = 1, 7997 do t[n] = n end
  local a = setmetatable({}, { __call = function(self, ...) return select("#", ...) end })
  local b = setmetatable({}, { __call = a })
  local c = setmetatable({}, { __call = function(...) return a(...) end })
  for i = 1, 3 do pcall(a, unpack(t)) pcall(b, unpack(t)) pcall(c, unpack(t)) end
  return "done"
end)
