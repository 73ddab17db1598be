-- One message of sixty-four megabytes.
--> result
register_tool("attack", function() return tostring(session.context(("x"):rep(2^26))) end)
