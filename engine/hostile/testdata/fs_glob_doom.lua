-- Patterns of names that could be matched in many ways.
--> result ^done$
register_tool("attack", function()
  for i = 1, 20 do fs.write("x/" .. ("a"):rep(100 + i), "", { sync = false }) end
  fs.mkdir(("x/"):rep(50) .. "y")
  fs.glob("x/" .. ("*a"):rep(50) .. "b")
  fs.glob("x/" .. ("a*"):rep(100) .. "b")
  fs.glob(("**/"):rep(60) .. "b")
  fs.glob(("**/*"):rep(60) .. "/b")
  pcall(fs.glob, ("["):rep(10000))
  pcall(fs.glob, "[" .. ("a-z"):rep(100000) .. "]")
  return "done"
end)
