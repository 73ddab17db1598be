-- loadstring and tonumber get numbers that are malformed or too large.
--> result ^done$
register_tool("attack", function()
  for _, n in ipairs { "1e", "0x", "1e999999999", "0x" .. ("f"):rep(10000), ("9"):rep(10000), "1.1.1", "1..1", "0xg", "1e+", ".e1", "0b1", "1_000", "nan", "inf", "1e-999999999" } do
    local f = loadstring("return " .. n)
    if f then pcall(f) end
    tonumber(n) tonumber(n, 36)
  end
  return "done"
end)
