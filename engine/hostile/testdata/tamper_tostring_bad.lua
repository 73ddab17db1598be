-- The script replaces tostring with a function that returns a table, and calls print.
--> error 'tostring' must return a string to 'print'
register_tool("attack", function() tostring = function() return {} end print(1) end)
