-- The script removes the functions that raise and catch errors, such as error and pcall.
--> error attempt to index a nil value|index|nil
pcall, xpcall, error, assert, tostring, type, debug.traceback = nil, nil, nil, nil, nil, nil, nil
register_tool("attack", function() local x = nil return x.y end)
