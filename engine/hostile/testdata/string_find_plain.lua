-- string.find with plain set searches a text with as many partial matches as possible.
--> result ^nil$
register_tool("attack", function()
  return tostring((("a"):rep(2^22)):find(("a"):rep(2^21) .. "b", 1, true))
end)
