-- os.date gets a format of two megabytes.
--> error date format too long
register_tool("attack", function() return #os.date(("%c"):rep(1e6)) end)
