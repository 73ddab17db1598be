-- json.encode gets arrays whose only index is very large.
--> result ^done$
register_tool("attack", function()
  for _, i in ipairs { 1e6, 1e9, 2^52, 2^53, 1e300 } do pcall(json.encode, { [i] = 1 }) if json.array then pcall(function() return json.encode(json.array { [i] = 1 }) end) end end
  return "done"
end)
