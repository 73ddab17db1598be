-- A plain search with as many false starts as there can be.
--> result ^nil$
register_tool("attack", function()
  return tostring((("a"):rep(2^22)):find(("a"):rep(2^21) .. "b", 1, true))
end)
