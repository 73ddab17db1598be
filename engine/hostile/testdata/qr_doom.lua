-- Texts that are too long, pictures that are too large, and many of the largest at the same time.
--> result ^done$
--> calls 2
register_tool("attack", function()
  for _, n in ipairs { 0, 2332, 2953, 2954, 100000, 10000000 } do
    local ok, code = pcall(qr.encode, ("x"):rep(n), { level = "L" })
    if n > 2953 and ok and code then error(n) end
  end
  for _, o in ipairs { { size = 0 }, { size = -1 }, { size = 2 ^ 40 }, { size = 0 / 0 }, { size = 1.5 }, { border = 1000000 }, { border = -1 }, { level = "X" }, { format = "gif" }, { nothing = 1 } } do
    if pcall(qr.encode, "x", o) then error(json.encode(o)) end
  end
  for i = 1, 3 do qr.encode(("9"):rep(2000), { size = 2048, border = 20, level = "L" }) qr.encode(("\0\255"):rep(1000), { format = "svg", level = "L" }) end
  return "done"
end)
