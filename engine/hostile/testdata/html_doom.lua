-- Pages that take long to read: deep, badly nested, with many attributes, and selectors of doom.
--> result ^14$
register_tool { name = "attack", timeout = 60, handler = function()
  local n = 0
  local function page(s)
    n = n + 1
    local began = time.monotonic()
    local doc = html.parse(s)
    if doc then
      pcall(html.text, doc) pcall(html.markdown, doc) pcall(html.links, doc, "http://x/")
      pcall(function() return doc:html() end)
      pcall(doc.select, doc, "div div div div div div div div b")
      pcall(doc.select, doc, "* > * > * > * ~ * ~ * + b:not(b):not(i)")
      pcall(doc.select, doc, ":has(:has(:has(b)))")
    end
    local took = time.monotonic() - began
    if took > 30 then error(("page %d took %.1f s"):format(n, took)) end
  end
  page(("<div>"):rep(1e5))
  page(("<b><i><p>"):rep(3e3))
  page(("<a><b><i><u>"):rep(400) .. ("</a></p>"):rep(400))
  page(("<table><tr><td>"):rep(3000))
  page("<a " .. ("x "):rep(1e5) .. ">")
  local attributes = {}
  for i = 1, 3e4 do attributes[i] = "a" .. i end
  page("<a " .. table.concat(attributes, " ") .. ">")
  page(("<select><option>"):rep(2e4))
  page(("<!--"):rep(1e5))
  page(("&amp;"):rep(1e5) .. ("&"):rep(1e5))
  page(("<script>"):rep(1e5))
  page(("<svg><math>"):rep(5e3))
  page(("<form><input>"):rep(2e4))
  page(("<template>"):rep(2e3))
  page(("<li>"):rep(5e4))
  pcall(function() html.parse("<a>"):select(("a "):rep(1e5)) end)
  pcall(function() html.parse("<a>"):select((":not("):rep(1e5)) end)
  pcall(function() html.parse("<a>"):select("[" .. ("a"):rep(1e6) .. "=") end)
  pcall(html.unescape, ("&#x"):rep(1e6))
  return n
end }
