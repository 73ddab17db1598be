-- on_start raises an error of 32 MiB, which goes to the log.
--> says on_start: x+
on_start(function() error(("x"):rep(2^25), 0) end)
