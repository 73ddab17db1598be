-- And one that answers nonsense.
--> error 'tostring' must return a string to 'print'
register_tool("attack", function() tostring = function() return {} end print(1) end)
