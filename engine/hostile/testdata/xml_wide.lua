-- A document of a million elements.
--> error too much memory|too_large|1000000
--> calm too much memory|is busy
register_tool("attack", function()
  local node, reason = xml.decode("<a>" .. ("<b/>"):rep(1e6) .. "</a>")
  error(reason or #node.children)
end)
