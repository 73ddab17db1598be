-- The process ends although a program ignores SIGTERM.
--> flags --allow-run=sh
--> says hello
--> lasts 500ms
on_start(function()
  for i = 1, 5 do exec.start { "sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done" } end
  spawn(function() exec.run({ "sh", "-c", "trap '' TERM INT HUP; while :; do sleep 1; done" }, { timeout = 600 }) end)
  print("hello")
end)
