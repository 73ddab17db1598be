-- The arguments have numbers that a float64 cannot hold exactly.
--> result ^true$
--> args {"a":1e308,"b":-0,"c":123456789012345678901234567890,"d":1e-400}
register_tool("attack", function(args) return tostring(type(args.a) == "number" and args.d == 0) end)
