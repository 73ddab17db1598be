-- Registering when it is too late.
--> error only while the script loads, at its top level
register_tool("attack", function() register_tool("late", print) end)
