-- on_unload runs endless loops. The process must end all the same.
--> says hello
print("hello")
on_unload(function() while true do pcall(sleep, 1) end end)
on_unload(function() while true do end end)
