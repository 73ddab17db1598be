-- Replacements that multiply the text, and functions that never end.
--> error too large|too much memory|too_large|MiB|bytes
--> calm too much memory|is busy
register_tool("attack", function()
  return #re.gsub(("x"):rep(1e5), "x", ("y"):rep(1e5))
end)
