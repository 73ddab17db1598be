-- A slow expression and a text of ten megabytes: other tasks run meanwhile.
--> error took longer than 3s|too much memory
--> calm too much memory|is busy
register_tool { name = "attack", timeout = 3, handler = function()
  while true do re.gsub(("a"):rep(1e7), "(a|b|ab)*(c|d)|a{1,200}$", "x") end
end }
