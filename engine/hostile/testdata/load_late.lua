-- A handler registers a tool, which only the top level may do.
--> error the script has loaded already: call it at the top level of the script
register_tool("attack", function() register_tool("late", print) end)
