-- %b looks for a closing bracket that never comes, from each opening bracket.
--> error pattern takes too long|ran for 200ms without a wait
register_tool("attack", function() return (("<"):rep(2e6) .. ">"):find("%b<>$") end)
