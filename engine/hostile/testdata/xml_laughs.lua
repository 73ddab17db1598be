-- A billion laughs in XML, outer entities, deep and wide texts.
--> result ^9$
--> calm too much memory|is busy
register_tool("attack", function()
  local n = 0
  local function refused(s)
    n = n + 1
    local ok, r, reason, code = pcall(xml.decode, s)
    if ok and r ~= nil then error(n .. " was accepted") end
  end
  local laughs = { '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol0 "lol">' }
  for i = 1, 9 do laughs[#laughs + 1] = ('<!ENTITY lol%d "%s">'):format(i, ("&lol" .. i - 1 .. ";"):rep(10)) end
  refused(table.concat(laughs) .. "]><lolz>&lol9;</lolz>")
  refused('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>')
  refused('<!DOCTYPE x [<!ENTITY % e SYSTEM "http://10.0.0.1/"> %e;]><x/>')
  refused(("<a>"):rep(1e6))
  refused(("<a>"):rep(1e5) .. ("</a>"):rep(1e5))
  refused("<a " .. ("b"):rep(9e6) .. "='1'/>")
  refused(("<!--"):rep(1e6))
  refused("<a>" .. ("<![CDATA["):rep(1e5))
  refused("<" .. ("a:"):rep(1e6) .. "/>")
  local attributes = {}
  for i = 1, 1e5 do attributes[i] = "a" .. i .. "='1'" end
  pcall(xml.decode, "<a " .. table.concat(attributes, " ") .. "/>")
  pcall(xml.decode, "<a " .. ("b='1' "):rep(1e5) .. "/>")
  pcall(xml.decode, "<a>" .. ("&#x41;"):rep(1e6) .. "</a>")
  pcall(feed.parse, "<rss><channel>" .. ("<item><title>x</title></item>"):rep(2e5) .. "</channel></rss>")
  local cycle = { tag = "a" }
  cycle.children = { cycle }
  if pcall(xml.encode, cycle) then error("a cycle was written") end
  return n
end)
