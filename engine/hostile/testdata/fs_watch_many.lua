-- Watches of folders, whose handlers never end, and more changes than may wait.
--> result ^16$
--> says 16
--> says written
--> lasts 2s
n = 0
on_start(function()
  fs.mkdir("x")
  for i = 1, 16 do fs.watch("x", function(e) n = n + 1 while true do sleep(10) end end, { recursive = true }) end
  print(select(2, pcall(fs.watch, "x", print)))
  for i = 1, 1500 do fs.write("x/" .. i, "", { sync = false }) end
  print("written")
end)
register_tool("attack", function() for i = 1, 100 do if n == 16 then break end sleep(0.1) end return n end)
