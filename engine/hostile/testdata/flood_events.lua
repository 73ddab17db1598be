-- A handler that is slower than the events come.
--> lasts 2s
--> says ping
--> calm same did not begin
on("ping", function() sleep(0.5) print("ping") end)
