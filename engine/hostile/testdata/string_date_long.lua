-- A date as long as its format lets it be.
--> error date format too long
register_tool("attack", function() return #os.date(("%c"):rep(1e6)) end)
