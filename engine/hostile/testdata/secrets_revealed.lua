-- A script reveals a secret and sends its text to the log, to errors and to results, also encoded.
--> result secret hostile
local text = assert(secrets.get("hostile")):reveal()
register_tool("attack", function()
  print(text)
  log.warn(text)
  log.warn(base64.encode(text), hex.encode(text), json.encode { text }, url.encode(text))
  pcall(error, text)
  spawn(function() error(text) end)
  spawn(function() error({ text }) end)
  sleep(0.05)
  return { a = text, x = "x" .. text .. "x", b = base64.encode(text), h = hex.encode(text) }
end)
