-- The arguments are a JSON array, not an object.
--> error the arguments must be a JSON object
--> args [1,2]
register_tool("attack", function() return "never" end)
