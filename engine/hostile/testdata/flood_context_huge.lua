-- A task sends one context message of 64 MiB.
--> result nil the text has 67108864 bytes; 262144 are allowed
register_tool("attack", function() local ok, why = session.context(("x"):rep(2^26)) return tostring(ok) .. " " .. why end)
